/// A key ring unlocked by a passphrase through Argon2id, whose salt and cost stand in the header of `ring.sealed`.
public struct PassphraseKeyProvider: KeyProvider {
    public let name = "passphrase"
    private let directory: KeyDirectory
    /// Nil until somebody gives it.
    private let passphrase: Passphrase?
    private let parameters: PasswordParameters

    /// The one owner of the passphrase, so that the provider itself can be copied.
    private final class Passphrase: Sendable {
        let secret: SecretBytes
        init(_ secret: consuming SecretBytes) { self.secret = secret }
    }

    /// - Parameters:
    ///   - directory: where the ring is; made on ``create(vaultID:)``.
    ///   - passphrase: its bytes as typed (UTF-8).
    ///   - parameters: what a new or saved ring costs to unlock; an existing one says so itself.
    public init(
        directory: String, passphrase: consuming SecretBytes, parameters: PasswordParameters = .sensitive
    ) {
        self.directory = KeyDirectory(path: directory)
        self.passphrase = Passphrase(passphrase)
        self.parameters = parameters
    }

    /// A provider whose passphrase nobody has given yet: it finds the ring and cannot open it.
    public init(directory: String) {
        self.directory = KeyDirectory(path: directory)
        passphrase = nil
        parameters = .sensitive
    }

    public func exists() -> Bool { directory.exists(FileKeyProvider.ringName) }

    public func create(vaultID: UInt128) throws(CryptoError) -> KeyRing {
        guard !exists() else {
            throw CryptoError.keyFile(
                "\(ringPath) is there already: this vault has its keys. To start a new vault, use another directory.")
        }
        guard try given().secret.count > 0 else {
            throw CryptoError.keyFile("an empty passphrase protects nothing. Choose a long one.")
        }
        try directory.prepare()
        let ring = KeyRing(newFor: vaultID)
        let file = try seal(ring)
        try directory.write(file.span, to: FileKeyProvider.ringName, .new)
        return ring
    }

    public func unlock() throws(CryptoError) -> KeyRing {
        let file = try KeyRingFile.read(from: directory, FileKeyProvider.ringName)
        return try open(file.bytes)
    }

    public func open(_ sealed: [UInt8]) throws(CryptoError) -> KeyRing {
        let header = try KeyRingFile.header(of: sealed)
        guard case .passphrase(let parameters, let salt) = header.unlocking else {
            throw header.unlocking.refusal(to: "a passphrase", at: ringPath)
        }
        let key = try unlockingKey(salt: salt, parameters: parameters)
        do {
            return try KeyRingFile.open(sealed, with: key)
        } catch .openFailed {
            throw CryptoError.passphraseWrong
        }
    }

    public func save(_ ring: KeyRing) throws(CryptoError) {
        let file = try seal(ring)
        try directory.write(file.span, to: FileKeyProvider.ringName, .replacing)
    }

    /// Every sealed ring has a salt of its own.
    public func seal(_ ring: KeyRing) throws(CryptoError) -> [UInt8] {
        let salt = Random.bytes(Argon2id.saltSize)
        let key = try unlockingKey(salt: salt, parameters: parameters)
        return KeyRingFile.seal(ring, unlocking: .passphrase(parameters, salt: salt), with: key)
    }

    public func selfTest() throws(CryptoError) {
        // Argon2id at its cheapest: whether it works is asked, not how long it takes.
        let salt = Random.bytes(Argon2id.saltSize)
        let key = try Argon2id.key(from: salt.span, salt: salt, parameters: .insecureForTests)
        let again = try Argon2id.key(from: salt.span, salt: salt, parameters: .insecureForTests)
        guard key.isSame(as: again) else { throw CryptoError.custody(.nonsense("Argon2id gives two different keys")) }
        try KeyRingFile.selfTest(.passphrase(.insecureForTests, salt: salt), with: key)
    }

    public var problems: [String] {
        var problems = directory.problems(with: [FileKeyProvider.ringName])
        if !exists() { problems.append(KeyRingFile.missingRing(ringPath)) }
        return problems
    }

    private var ringPath: String { directory.path(of: FileKeyProvider.ringName) }

    private func given() throws(CryptoError) -> Passphrase {
        guard let passphrase else { throw CryptoError.custody(.passphraseNeeded) }
        return passphrase
    }

    private func unlockingKey(salt: [UInt8], parameters: PasswordParameters) throws(CryptoError) -> SealingKey {
        try given().secret.withBytes { (bytes) throws(CryptoError) in
            try Argon2id.key(from: bytes, salt: salt, parameters: parameters)
        }
    }
}
