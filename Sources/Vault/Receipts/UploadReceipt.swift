import Crypto
public import Database
public import Journal

/// What the vault says of one stored version, for a client that will remove its own copy once it has read it
/// (requirements/2, step 4; docs/formats/upload-receipt.md).
///
/// A receipt is given only for what is durable: the blob is on the disk and the row is committed.
public struct UploadReceipt: Sendable, Equatable {
    public let file: NodeID
    /// From 1.
    public let version: Int
    /// Bytes.
    public let size: Int64
    /// Of the content as it was sent; 32 bytes.
    public let sha256: [UInt8]
    /// When the version was committed, to the second.
    public let storedAt: Timestamp

    init(of version: Version) {
        file = version.node
        self.version = version.number
        size = version.size
        sha256 = version.meta.sha256
        storedAt = Timestamp(milliseconds: version.createdAt.seconds * 1_000)
    }

    /// The lines that are signed.
    var text: String {
        """
        \(Self.format)
        file \(file)
        version \(version)
        size \(size)
        sha256 \(Hex.encode(sha256))
        stored \(storedAt.iso8601)

        """
    }

    private static let format = "cloudspace-receipt/v1"
}

extension UploadReceipt {
    /// Reads a signed receipt; demands a signature by `key`, every line in its place and nothing else.
    ///
    /// - Throws: `JournalError.badSignature` without a valid signature by `key`; `.malformedNote` when the text is no receipt.
    public init(opening note: String, key: NoteVerifierKey) throws(JournalError) {
        let signed = try SignedNote(parsing: note)
        try signed.verify(by: key)
        let lines = signed.text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 7, lines[0] == Self.format, lines[6].isEmpty,
            let file = Self.field("file", lines[1]).flatMap({ NodeID($0) }),
            let version = Self.field("version", lines[2]).flatMap({ Int($0) }), version > 0,
            let size = Self.field("size", lines[3]).flatMap({ Int64($0) }), size >= 0,
            let sha256 = Self.field("sha256", lines[4]).flatMap({ Hex.decode(String($0)) }), sha256.count == 32,
            let stored = Self.field("stored", lines[5]).flatMap({ Timestamp.parse(iso8601: String($0)) })
        else { throw .malformedNote }
        self.file = file
        self.version = version
        self.size = size
        self.sha256 = sha256
        storedAt = stored
        // One spelling for each receipt: what reads differently is not what was meant to be signed.
        guard text == signed.text else { throw .malformedNote }
    }

    private static func field(_ name: String, _ line: Substring) -> Substring? {
        line.hasPrefix(name + " ") ? line.dropFirst(name.count + 1) : nil
    }
}
