public import Crypto

/// A signed tree head: C2SP `tlog-checkpoint`.
///
/// Whoever keeps one can later tell whether the journal it came from was rewritten.
public struct Checkpoint: Sendable, Hashable {
    /// Which journal this is; also the name of its key.
    public let origin: String
    public let head: TreeHead
    /// The whole signed note, as it is stored and sent.
    public let note: String

    /// Signs a tree head.
    ///
    /// - Throws: `JournalError.malformedNote` when the origin cannot name a key.
    public init(signing head: TreeHead, origin: String, key: Ed25519SigningKey) throws(JournalError) {
        let text = "\(origin)\n\(head.size)\n\(Base64.encode(head.rootHash))\n"
        self.origin = origin
        self.head = head
        note = try SignedNote(signing: text, name: origin, key: key).note
    }

    /// Opens a checkpoint signed by `key` and of the journal that the key is named after.
    ///
    /// - Throws: `JournalError.badSignature` without a valid signature by `key`; `.malformedNote` when the text is not a
    ///   checkpoint or of another origin.
    public init(opening note: String, key: NoteVerifierKey) throws(JournalError) {
        try self.init(opening: note, key: key, origin: key.name)
    }

    /// Opens a checkpoint of a journal whose origin is not the name of its key, as in older logs.
    init(opening note: String, key: NoteVerifierKey, origin: String) throws(JournalError) {
        let signed = try SignedNote(parsing: note)
        try signed.verify(by: key)
        let lines = signed.text.utf8.dropLast().split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 3, lines.allSatisfy({ !$0.isEmpty }), Array(lines[0]) == Array(origin.utf8),
            let size = Self.size(lines[1]), let encodedRoot = String(lines[2]),
            let root = Base64.decode(encodedRoot), root.count == TreeHasher.byteCount
        else { throw .malformedNote }
        self.origin = origin
        self.note = note
        head = TreeHead(size: size, rootHash: root)
    }

    /// Decimal without sign and leading zeroes.
    private static func size(_ digits: Substring.UTF8View.SubSequence) -> Int64? {
        guard let text = String(digits), let size = Int64(text), size >= 0, "\(size)" == text else { return nil }
        return size
    }
}
