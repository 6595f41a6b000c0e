import Crypto
public import Database

/// Produces an export of the journal, piece by piece: NDJSON that anyone can verify without us.
///
/// Holds one page of rows and a few tree nodes, however large the journal. Used by one consumer.
public actor JournalExport {
    /// Decides of an event that the query found whether it is wanted; in the snapshot in which it was read.
    public typealias Acceptance = @Sendable (JournalRow, borrowing Snapshot) throws -> Bool

    private enum Phase { case header, events, done }

    private let journal: Journal
    private let database: any Database
    private let checkpoint: Checkpoint
    private let filter: JournalQuery?
    private let narrowing: ExportNarrowing
    private let accepts: Acceptance?
    private var phase = Phase.header
    private var hasher = ContentHasher(md5: false)
    private var eventCount: Int64 = 0
    /// Leaf index from which a full export goes on, or sequence after which a selection does.
    private var position: Int64
    private var sequences = SequenceRange.all
    private var tree = StoredTree()

    /// - Parameters:
    ///   - checkpoint: the tree that the export belongs to; later events are left out. Of this journal.
    ///   - filter: the events wanted; nil for all. Its order, cursor and limit are not looked at: everything that
    ///     matches is exported, oldest first.
    ///   - narrowing: what `accepts` goes by, for the first line; with a filter only.
    ///   - accepts: leaves out what the query found and the narrowing excludes.
    public init(
        _ journal: Journal, database: any Database, checkpoint: Checkpoint, filter: JournalQuery? = nil,
        narrowing: ExportNarrowing = ExportNarrowing(), accepts: Acceptance? = nil
    ) {
        self.narrowing = narrowing
        self.accepts = accepts
        self.journal = journal
        self.database = database
        self.checkpoint = checkpoint
        self.filter = filter
        position = filter == nil ? 0 : .min
    }

    /// The next piece, whole lines, of some ten to some hundred KiB; nil at the end.
    ///
    /// - Throws: `JournalError.damagedEvent` for an event that is missing or that the journal never wrote,
    ///   `.damagedTree`; `DatabaseError`.
    public func next() async throws -> [UInt8]? {
        switch phase {
        case .done:
            return nil
        case .header:
            phase = .events
            let header = ExportHeader(
                origin: journal.origin, publicKey: try journal.verifierKey().text, checkpoint: checkpoint.note,
                filter: filter, narrowing: narrowing)
            try await resolveFilter()
            return hashed(header.line)
        case .events:
            while let page = try await nextPage() {
                position = page.last
                eventCount += page.eventCount
                tree = page.tree
                if !page.lines.isEmpty { return hashed(page.lines) }
            }
            phase = .done
            return try trailer()
        }
    }

    private func nextPage() async throws -> ExportPage? {
        let (journal, checkpoint, start) = (journal, checkpoint, position)
        guard var query = filter else {
            return try await database.read { try ExportPage(from: start, of: checkpoint, in: $0) }
        }
        query.order = .oldestFirst
        query.cursor = start
        query.limit = ExportPage.rowLimit
        let (page, sequences, tree, accepts) = (query, sequences, tree, accepts)
        return try await database.read { snapshot in
            let rows = try journal.events(page, within: sequences, in: snapshot)
            guard let last = rows.last?.sequence else { return nil }
            var wanted = rows
            if let accepts { wanted = try rows.filter { try accepts($0, snapshot) } }
            return try ExportPage(wanted, upTo: last, of: checkpoint, tree: tree, in: snapshot)
        }
    }

    private func hashed(_ lines: [UInt8]) -> [UInt8] {
        hasher.update(lines)
        return lines
    }

    private func trailer() throws -> [UInt8] {
        let text = ExportTrailer.text(
            origin: journal.origin, eventCount: eventCount, digest: hasher.finish().sha256)
        let note = try SignedNote(signing: text, name: journal.origin, key: journal.signingKey)
        return ExportTrailer(eventCount: eventCount, note: note.note).line
    }

    /// Finds the sequences of the filter's time once, not for every page, and leaves out what came after the checkpoint.
    private func resolveFilter() async throws {
        guard let filter else { return }
        let (journal, size) = (journal, checkpoint.head.size)
        sequences = try await database.read { snapshot in
            let last = try snapshot.number("SELECT sequence FROM journal_leaves WHERE leaf_index = \(size - 1)") ?? 0
            return try journal.sequences(from: filter.from, to: filter.to, in: snapshot)
                .before(last + journal.reorderWindow + 1)
        }
    }
}

/// Some of the events of an export, as lines.
private struct ExportPage: Sendable {
    /// Enough to be quick, few enough that even the largest events stay within some MiB.
    static let rowLimit = 256

    private(set) var lines: [UInt8] = []
    private(set) var eventCount: Int64 = 0
    /// Where the next page goes on: the next leaf index of a full export, the last sequence of a selection.
    private(set) var last: Int64
    /// Nodes read so far, for the proofs of the next page.
    private(set) var tree = StoredTree()

    /// The next leaves of a full export; nil when there are no more.
    init?(from start: Int64, of checkpoint: Checkpoint, in snapshot: borrowing Snapshot) throws {
        last = start
        try snapshot.forEach(
            """
            SELECT \(JournalRow.columns), l.leaf_index, l.sequence
            FROM journal_leaves l LEFT JOIN journal_events e ON e.sequence = l.sequence
            WHERE l.leaf_index >= \(start) AND l.leaf_index < \(checkpoint.head.size)
            ORDER BY l.leaf_index LIMIT \(Self.rowLimit)
            """
        ) { row in
            guard !row.isNull(0) else { throw JournalError.damagedEvent(sequence: row.integer(14)) }
            add(ExportEvent(row: try JournalRow(row), leafIndex: row.integer(13), proof: nil))
            last = row.integer(13) + 1
            return .more
        }
        if eventCount == 0 { return nil }
    }

    /// Those of `rows` that are in the checkpoint's tree, with their proofs.
    /// - Parameter last: the sequence up to which events were looked at.
    init(
        _ rows: [JournalRow], upTo last: Int64, of checkpoint: Checkpoint, tree: StoredTree,
        in snapshot: borrowing Snapshot
    ) throws {
        self.last = last
        self.tree = tree
        let size = checkpoint.head.size
        for row in rows {
            guard let leafIndex = row.leafIndex, leafIndex < size else { continue }
            let proof = try self.tree.inclusionProof(leafIndex: leafIndex, treeSize: size, in: snapshot)
            add(ExportEvent(row: row, leafIndex: leafIndex, proof: proof.hashes))
        }
    }

    private mutating func add(_ event: ExportEvent) {
        lines += event.line
        eventCount += 1
    }
}
