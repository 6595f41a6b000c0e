import Crypto

/// The public half of a key that signs notes: C2SP `signed-note`, signature type Ed25519.
///
/// As text, `name+id+key`: the form in which operators exchange keys and which `verify_journal.py --key` takes.
public struct NoteVerifierKey: Sendable, Hashable {
    /// Who signs; for a journal the origin of its checkpoints.
    public let name: String
    /// First four bytes of `SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)`, most significant first.
    public let id: UInt32
    /// 32 bytes as in RFC 8032.
    public let publicKey: [UInt8]

    /// - Throws: `JournalError.malformedNote` when the name is empty or holds white space or `+`, or the key is not 32
    ///   bytes long.
    public init(name: String, publicKey: [UInt8]) throws(JournalError) {
        guard Self.isName(name), publicKey.count == 32 else { throw .malformedNote }
        self.name = name
        self.publicKey = publicKey
        let digest = SHA256Hash.of(Array(name.utf8) + [0x0A, Self.ed25519] + publicKey)
        id = digest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// - Throws: `JournalError.malformedNote` when `text` is not a verifier key of an Ed25519 signer or its id is not
    ///   that of its name and key.
    public init(parsing text: String) throws(JournalError) {
        let parts = text.utf8.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let name = String(parts[0]), let encoded = String(parts[2]) else {
            throw .malformedNote
        }
        guard let key = Base64.decode(encoded), key.count == 33, key[0] == Self.ed25519 else { throw .malformedNote }
        try self.init(name: name, publicKey: Array(key.dropFirst()))
        guard Array(parts[1]) == Array(idText.utf8) else { throw .malformedNote }
    }

    /// `name+id+key`, the id in eight hexadecimal digits, the key as base64 of 0x01 and the public key.
    public var text: String {
        "\(name)+\(idText)+\(Base64.encode([Self.ed25519] + publicKey))"
    }

    private var idText: String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Whether `name` may name a key: not empty, no white space, no `+`, no control character.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy { $0 != "+" && $0.value >= 0x20 && !$0.properties.isWhitespace }
    }

    /// By bytes: to Swift two spellings of one character are equal, but they are different names, and what is signed is
    /// bytes.
    public static func == (left: NoteVerifierKey, right: NoteVerifierKey) -> Bool {
        left.id == right.id && left.publicKey == right.publicKey && left.isNamed(right.name)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(publicKey)
    }

    /// Whether the key has this very name, byte for byte.
    func isNamed(_ name: String) -> Bool { self.name.utf8.elementsEqual(name.utf8) }

    /// Signature type of plain Ed25519.
    private static let ed25519: UInt8 = 0x01
}
