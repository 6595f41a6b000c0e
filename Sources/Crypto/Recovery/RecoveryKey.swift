/// The public half of a recovery key: what key bundles are sealed to. No secret.
public struct RecoveryPublicKey: Sendable, Hashable {
    /// 32 bytes (X25519, RFC 7748).
    public let bytes: [UInt8]

    /// - Returns: nil unless there are exactly 32.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == SealedMessage.publicKeySize else { return nil }
        self.bytes = bytes
    }

    /// The half that belongs to a secret one: always a key, so nothing can go wrong here.
    init(of secret: borrowing SecretBytes) { bytes = SealedMessage.publicKey(of: secret) }

    /// Reads ``text``.
    public init?(parsing text: String) {
        guard let bytes = RecoveryText.decode(text, prefix: RecoveryText.publicPrefix) else { return nil }
        self.init(bytes)
    }

    /// `CSVAULT-RECOVERY-PUBLIC-` and base 32 of the key and four bytes of checksum.
    public var text: String { RecoveryText.encode(bytes, prefix: RecoveryText.publicPrefix) }

    /// Eight groups of four digits, to compare by eye.
    public var fingerprint: String {
        let digits = Hex.encode(Array(SHA256Hash.of(Array("cloudspace recovery key".utf8) + bytes).prefix(16)))
        var groups: [String] = []
        var rest = digits[...]
        while !rest.isEmpty {
            groups.append(String(rest.prefix(4)))
            rest = rest.dropFirst(4)
        }
        return groups.joined(separator: "-")
    }

    /// Seals a key so that only the secret half opens it: 80 bytes.
    ///
    /// - Throws: `.openFailed` for a public key that is no point of the curve.
    public func seal(_ key: SealingKey) throws(CryptoError) -> [UInt8] {
        guard let sealed = SealedMessage.seal(key.secret, to: bytes) else { throw CryptoError.openFailed }
        return sealed
    }
}

/// The secret half of a recovery key. The vault never has it; people keep it, apart from bundles and archives.
public final class RecoverySecretKey: Sendable {
    private let secret: SecretBytes
    public let publicKey: RecoveryPublicKey

    public convenience init() { self.init(SecretBytes(count: SealedMessage.secretKeySize)) }

    init(_ secret: consuming SecretBytes) {
        publicKey = RecoveryPublicKey(of: secret)
        self.secret = secret
    }

    /// Opens a key that was sealed to the public half.
    ///
    /// - Throws: `.openFailed`.
    public func open(_ sealed: [UInt8]) throws(CryptoError) -> SealingKey {
        guard let key = SealedMessage.open(sealed, publicKey: publicKey.bytes, secret: secret),
            key.count == SealingKey.size
        else { throw CryptoError.openFailed }
        return SealingKey(key)
    }
}

/// The file that holds a secret half: text that a person can print and type (docs/formats/key-bundle.md).
extension RecoverySecretKey {
    /// Longest file that is read.
    public static let mostFileBytes = 16_384

    /// The line that is the key: `CSVAULT-RECOVERY-SECRET-` and base 32 of the key and four bytes of checksum; under a
    /// passphrase `CSVAULT-RECOVERY-LOCKED-` and base 32 of costs, salt and sealed key.
    ///
    /// - Throws: `.unavailable` when there is no memory for Argon2id.
    public func line(
        passphrase: borrowing SecretBytes, parameters: PasswordParameters = .sensitive
    ) throws(CryptoError) -> String {
        let salt = Random.bytes(Argon2id.saltSize)
        let key = try passphrase.withBytes { (bytes) throws(CryptoError) in
            try Argon2id.key(from: bytes, salt: salt, parameters: parameters)
        }
        var body: [UInt8] = []
        body.append(bigEndian: UInt32(clamping: parameters.memoryKiB))
        body.append(bigEndian: UInt32(clamping: parameters.iterations))
        body += salt
        let inner = SealingKey(secret.withBytes { SecretBytes(copying: $0) })
        body += key.wrap(inner, context: Self.lockContext)
        return RecoveryText.encode(body, prefix: RecoveryText.lockedPrefix)
    }

    /// The key itself, in clear.
    public var line: String {
        RecoveryText.encode(secret.withBytes { $0.copied() }, prefix: RecoveryText.secretPrefix)
    }

    public enum FileFault: Error, Equatable, Sendable {
        /// No line of it is a recovery key, or one has a typing error.
        case notAKey
        case passphraseNeeded
        case passphraseWrong
    }

    /// Whether a file holds a key that needs a passphrase.
    public static func isLocked(file: [UInt8]) -> Bool {
        lines(of: file).contains { $0.uppercased().hasPrefix(RecoveryText.lockedPrefix) }
    }

    /// Reads a file; lines that are no key are for people.
    ///
    /// - Throws: ``FileFault``; `CryptoError.unavailable`.
    public convenience init(file: [UInt8]) throws {
        for line in Self.lines(of: file) {
            if let bytes = RecoveryText.decode(line, prefix: RecoveryText.secretPrefix), bytes.count == 32 {
                self.init(SecretBytes(copying: bytes))
                return
            }
        }
        throw Self.isLocked(file: file) ? FileFault.passphraseNeeded : FileFault.notAKey
    }

    /// The same for one under a passphrase; one in clear is taken as well.
    public convenience init(file: [UInt8], passphrase: borrowing SecretBytes) throws {
        for line in Self.lines(of: file) {
            guard let body = RecoveryText.decode(line, prefix: RecoveryText.lockedPrefix), body.count == 24 + 73 else {
                continue
            }
            let memory = body[0..<4].reduce(0) { $0 << 8 | Int($1) }
            let iterations = body[4..<8].reduce(0) { $0 << 8 | Int($1) }
            guard let parameters = PasswordParameters(memoryKiB: memory, iterations: iterations) else {
                throw FileFault.notAKey
            }
            let salt = Array(body[8..<24])
            let key = try passphrase.withBytes { (bytes) throws(CryptoError) in
                try Argon2id.key(from: bytes, salt: salt, parameters: parameters)
            }
            guard let inner = try? key.unwrap(Array(body[24...]), context: Self.lockContext) else {
                throw FileFault.passphraseWrong
            }
            self.init(inner.secret.withBytes { SecretBytes(copying: $0) })
            return
        }
        try self.init(file: file)
    }

    private static var lockContext: SealContext { SealContext("cloudspace recovery key") }

    private static func lines(of file: [UInt8]) -> [String] {
        guard file.count <= mostFileBytes else { return [] }
        return String(decoding: file, as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
            String(line.filter { $0 != " " && $0 != "\t" })
        }
    }
}

/// Keys as text: a prefix that says what it is, base 32 without padding, and a checksum against typing errors.
enum RecoveryText {
    static let publicPrefix = "CSVAULT-RECOVERY-PUBLIC-"
    static let secretPrefix = "CSVAULT-RECOVERY-SECRET-"
    static let lockedPrefix = "CSVAULT-RECOVERY-LOCKED-"

    static func encode(_ bytes: [UInt8], prefix: String) -> String {
        prefix + Base32.encode(bytes + checksum(bytes, prefix))
    }

    static func decode(_ text: String, prefix: String) -> [UInt8]? {
        let text = text.uppercased()
        guard text.hasPrefix(prefix), let bytes = Base32.decode(String(text.dropFirst(prefix.count))),
            bytes.count > 4
        else { return nil }
        let body = Array(bytes.dropLast(4))
        return Array(bytes.suffix(4)) == checksum(body, prefix) ? body : nil
    }

    private static func checksum(_ bytes: [UInt8], _ prefix: String) -> [UInt8] {
        Array(SHA256Hash.of(Array(prefix.utf8) + bytes).prefix(4))
    }
}
