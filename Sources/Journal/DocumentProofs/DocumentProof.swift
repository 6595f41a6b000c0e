import Crypto
public import Database

/// The proof of one document, piece by piece: the events that made its versions, each with its canonical bytes and the
/// proof that it is in a signed tree (`docs/formats/document-proof.md`). A JSON document that anyone can verify offline.
///
/// Holds one page of events. Used by one consumer.
public actor DocumentProof {
    /// What version an event made, in the snapshot in which it was read; nil when that cannot be told any more.
    public typealias Version = @Sendable (JournalRow, borrowing Snapshot) throws -> ProvenVersion?

    /// Acts that make a version.
    public static let actions = ["file_created", "file_edited", "file_uploaded", "version_restored"]

    private static let pageSize = 256

    private enum Phase { case header, events, done }

    private let journal: Journal
    private let database: any Database
    private let checkpoint: Checkpoint
    private let file: String
    private let query: JournalQuery
    private let version: Version
    private var phase = Phase.header
    private var hasher = ContentHasher(md5: false)
    private var eventCount: Int64 = 0
    private var tree = StoredTree()
    private var cursor: Int64?

    /// - Parameters:
    ///   - checkpoint: of this journal; later events are left out.
    ///   - document: what the events are of.
    public init(
        _ journal: Journal, database: any Database, checkpoint: Checkpoint, document: UInt128,
        version: @escaping Version
    ) {
        self.journal = journal
        self.database = database
        self.checkpoint = checkpoint
        self.version = version
        file = UUIDText.encode(document)
        query = Self.query(of: document)
    }

    /// The successful events of a document that made its versions, oldest first.
    public static func query(of document: UInt128) -> JournalQuery {
        var query = JournalQuery(targetID: document, outcome: .success, order: .oldestFirst, limit: pageSize)
        query.actions = actions
        return query
    }

    /// The next piece, whole lines; nil at the end.
    ///
    /// - Throws: `JournalError`, `DatabaseError`, and what `version` throws.
    public func next() async throws -> [UInt8]? {
        switch phase {
        case .done: return nil
        case .header:
            phase = .events
            let header = DocumentProofHeader(
                origin: journal.origin, publicKey: try journal.verifierKey().text, checkpoint: checkpoint.note,
                file: file)
            return hashed(header.line)
        case .events:
            if let lines = try await page() { return hashed(lines) }
            phase = .done
            let text = DocumentProofEnd.text(
                origin: journal.origin, file: file, eventCount: eventCount, digest: hasher.finish().sha256)
            let note = try SignedNote(signing: text, name: journal.origin, key: journal.signingKey)
            return DocumentProofEnd.line(note: note.note)
        }
    }

    private struct Page: Sendable {
        var lines: [UInt8] = []
        var eventCount: Int64
        var last: Int64?
        var tree: StoredTree
    }

    /// Lines of the next events; nil when there are no more.
    private func page() async throws -> [UInt8]? {
        var asked = query
        asked.cursor = cursor
        let (query, journal, size, version) = (asked, journal, checkpoint.head.size, version)
        let start = Page(eventCount: eventCount, tree: tree)
        let page = try await database.read { snapshot in
            var page = start
            var encoding = LeafEncoding()
            for row in try journal.events(query, in: snapshot) {
                page.last = row.sequence
                guard let leaf = row.leafIndex, leaf < size else { continue }
                let proof = try page.tree.inclusionProof(leafIndex: leaf, treeSize: size, in: snapshot)
                encoding.encode(row)
                let event = DocumentProofEvent(
                    leafIndex: leaf, sequence: row.sequence, leaf: encoding.bytes, version: try version(row, snapshot),
                    proof: proof.hashes)
                page.lines += event.line(isFirst: page.eventCount == 0)
                page.eventCount += 1
            }
            return page
        }
        guard let last = page.last else { return nil }
        cursor = last
        eventCount = page.eventCount
        tree = page.tree
        return page.lines
    }

    private func hashed(_ lines: [UInt8]) -> [UInt8] {
        hasher.update(lines)
        return lines
    }
}
