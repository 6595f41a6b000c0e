public import Crypto

/// Text signed by one or more keys: C2SP `signed-note`.
public struct SignedNote: Sendable, Hashable {
    /// One signature line.
    public struct Signature: Sendable, Hashable {
        public let name: String
        public let keyID: UInt32
        /// The signature proper, without the key id.
        public let bytes: [UInt8]
    }

    /// What was signed; ends with a newline.
    public let text: String
    public let signatures: [Signature]

    /// Reads a note; nothing is verified yet.
    ///
    /// - Throws: `JournalError.malformedNote`; also above 1 MiB or 100 signatures.
    public init(parsing note: String) throws(JournalError) {
        let bytes = Array(note.utf8)
        guard bytes.count <= 1 << 20, bytes.last == Self.newline,
            bytes.allSatisfy({ $0 >= 0x20 || $0 == Self.newline }),
            let blank = bytes.indices.dropLast().last(where: {
                bytes[$0] == Self.newline && bytes[$0 + 1] == Self.newline
            }),
            blank + 2 < bytes.count
        else { throw .malformedNote }
        text = String(decoding: bytes[...blank], as: UTF8.self)

        let lines = bytes[(blank + 2)..<(bytes.count - 1)]
            .split(separator: Self.newline, omittingEmptySubsequences: false)
        guard lines.count <= 100 else { throw .malformedNote }
        var signatures: [Signature] = []
        for line in lines { signatures.append(try Signature(line: line)) }
        self.signatures = signatures
    }

    /// Signs `text` under `name`.
    ///
    /// - Throws: `JournalError.malformedNote` when `text` does not end with a newline or holds control characters, or
    ///   `name` cannot name a key.
    public init(signing text: String, name: String, key: Ed25519SigningKey) throws(JournalError) {
        guard text.utf8.last == Self.newline, text.utf8.allSatisfy({ $0 >= 0x20 || $0 == Self.newline }) else {
            throw .malformedNote
        }
        let verifier = try NoteVerifierKey(name: name, publicKey: key.publicKey)
        self.text = text
        signatures = [Signature(name: name, keyID: verifier.id, bytes: key.sign(Array(text.utf8)))]
    }

    /// The note as it is stored and sent.
    public var note: String {
        var result = text + "\n"
        for signature in signatures {
            let id = (0..<4).map { UInt8(truncatingIfNeeded: signature.keyID >> (24 - 8 * $0)) }
            result += "\u{2014} \(signature.name) \(Base64.encode(id + signature.bytes))\n"
        }
        return result
    }

    /// Demands a signature by `key`; signatures by unknown keys are passed over.
    ///
    /// - Throws: `JournalError.badSignature` when there is none, or one that names this key is wrong.
    public func verify(by key: NoteVerifierKey) throws(JournalError) {
        let own = signatures.filter { key.isNamed($0.name) && $0.keyID == key.id }
        guard !own.isEmpty else { throw .badSignature }
        let message = Array(text.utf8)
        for signature in own {
            guard Ed25519SigningKey.verify(signature.bytes, of: message, publicKey: key.publicKey) else {
                throw .badSignature
            }
        }
    }

    private static let newline = UInt8(ascii: "\n")
}

extension SignedNote.Signature {
    /// `— name base64`, without its newline.
    fileprivate init(line: ArraySlice<UInt8>) throws(JournalError) {
        let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard fields.count == 3, Array(fields[0]) == Array("\u{2014}".utf8) else { throw .malformedNote }
        let name = String(decoding: fields[1], as: UTF8.self)
        guard NoteVerifierKey.isName(name), let decoded = Base64.decode(String(decoding: fields[2], as: UTF8.self)),
            decoded.count > 4
        else { throw .malformedNote }
        self.name = name
        keyID = decoded.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        bytes = Array(decoded.dropFirst(4))
    }
}
