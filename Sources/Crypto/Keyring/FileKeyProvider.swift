/// A key ring unlocked by a key file beside it: `vault.key` (32 random bytes) opens `ring.sealed`.
///
/// Whoever can read the directory can open the vault, so it is 0700, its files are 0600, and it belongs on another
/// medium and in another backup than the data.
public struct FileKeyProvider: KeyProvider {
    public let name = "file"
    private let directory: KeyDirectory
    private static let keyName = "vault.key"
    static let ringName = "ring.sealed"

    /// - Parameter directory: where the two files are; made on ``create(vaultID:)``.
    public init(directory: String) {
        self.directory = KeyDirectory(path: directory)
    }

    public func exists() -> Bool { directory.exists(Self.ringName) }

    public func create(vaultID: UInt128) throws(CryptoError) -> KeyRing {
        guard !exists() else {
            throw CryptoError.keyFile(
                "\(directory.path(of: Self.ringName)) is there already: this vault has its keys. "
                    + "To start a new vault, use another directory.")
        }
        try directory.prepare()
        // A key without a ring is what a crash between the two writes leaves: it has sealed nothing, so use it.
        if !directory.exists(Self.keyName) {
            try SecretBytes(count: SealingKey.size).withBytes { (bytes) throws(CryptoError) in
                try directory.write(bytes, to: Self.keyName, .new)
            }
        }
        let ring = KeyRing(newFor: vaultID)
        let file = try seal(ring)
        try directory.write(file.span, to: Self.ringName, .new)
        return ring
    }

    public func unlock() throws(CryptoError) -> KeyRing {
        let file = try KeyRingFile.read(from: directory, Self.ringName)
        return try open(file.bytes)
    }

    public func save(_ ring: KeyRing) throws(CryptoError) {
        let file = try seal(ring)
        try directory.write(file.span, to: Self.ringName, .replacing)
    }

    public func seal(_ ring: KeyRing) throws(CryptoError) -> [UInt8] {
        KeyRingFile.seal(ring, unlocking: .keyFile, with: try unlockingKey())
    }

    public func open(_ sealed: [UInt8]) throws(CryptoError) -> KeyRing {
        let header = try KeyRingFile.header(of: sealed)
        guard case .keyFile = header.unlocking else {
            throw header.unlocking.refusal(to: "a key file", at: directory.path(of: Self.ringName))
        }
        let key = try unlockingKey()
        do {
            return try KeyRingFile.open(sealed, with: key)
        } catch .openFailed {
            throw CryptoError.keyFile(
                "\(directory.path(of: Self.keyName)) does not open \(directory.path(of: Self.ringName)): "
                    + "the two do not belong together, or one is damaged. Put back both from the same key backup.")
        }
    }

    /// Makes a key file if there is none, and locks a ring with it that another provider had.
    package func adopt(_ ring: KeyRing) throws(CryptoError) {
        try directory.prepare()
        if !directory.exists(Self.keyName) {
            try SecretBytes(count: SealingKey.size).withBytes { (bytes) throws(CryptoError) in
                try directory.write(bytes, to: Self.keyName, .new)
            }
        }
        try save(ring)
    }

    /// Removes the key file of a ring that another provider has now. Older copies of the ring still open with its copies.
    package static func removeKey(from directory: String) { KeyDirectory(path: directory).remove(keyName) }

    public func selfTest() throws(CryptoError) {
        // With a key of the moment: the cipher is tested, and that the ring's own key is there is for `unlock` to say.
        try KeyRingFile.selfTest(.keyFile, with: .random())
    }

    public var problems: [String] {
        var problems = directory.problems(with: [Self.keyName, Self.ringName])
        let hasKey = directory.exists(Self.keyName)
        if exists(), !hasKey { problems.append(missingKey) }
        if !exists() {
            problems.append(KeyRingFile.missingRing(directory.path(of: Self.ringName)))
        }
        return problems
    }

    private var missingKey: String {
        "\(directory.path(of: Self.keyName)) is missing. Put it back from your key backup; "
            + "without it nothing in this vault can be opened."
    }

    private func unlockingKey() throws(CryptoError) -> SealingKey {
        let bytes = try directory.read(Self.keyName, maximumSize: 4096, ifMissing: missingKey)
        guard bytes.count == SealingKey.size else {
            throw CryptoError.keyFile(
                "\(directory.path(of: Self.keyName)) has \(bytes.count) bytes instead of \(SealingKey.size): "
                    + "cut off or another file. Put it back from your key backup.")
        }
        return SealingKey(bytes)
    }
}
