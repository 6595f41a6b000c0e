import Database
public import Journal

/// A part of the journal, or all of it, as it was when the export was begun. The beginning is journalled, with its filter.
///
/// ``proofs()`` gives it with sealed names and what proves every event; ``listing()`` with the names opened, for people.
public struct AuditExport: Sendable {
    /// What the export belongs to: later events are not in it.
    public let checkpoint: Checkpoint
    /// By which the checkpoint is verified, as text.
    public let verifierKey: String
    /// Nil for the whole journal.
    public let filter: AuditFilter?
    let core: VaultCore
    let selection: AuditSelection

    /// NDJSON that anyone can verify without the vault (docs/formats/journal.md, section 4).
    public func proofs() -> JournalExport {
        let journal = core.audit.journal
        guard filter != nil else {
            return JournalExport(journal, database: core.database, checkpoint: checkpoint)
        }
        var acceptance: JournalExport.Acceptance?
        if selection.isNarrowed {
            acceptance = { [selection] row, snapshot in try selection.accepts(row, in: snapshot) }
        }
        return JournalExport(
            journal, database: core.database, checkpoint: checkpoint, filter: selection.query,
            narrowing: selection.narrowing, accepts: acceptance)
    }

    /// The events with what their keys still open, oldest first.
    public func listing() -> AuditListing { AuditListing(core: core, selection: selection, checkpoint: checkpoint) }
}

/// Events of an export in pages, oldest first. Used by one consumer.
public actor AuditListing {
    private static let pageSize = 256

    private let core: VaultCore
    private let selection: AuditSelection
    private let treeSize: Int64
    private var cursor: Int64?
    private var isOver = false

    init(core: VaultCore, selection: AuditSelection, checkpoint: Checkpoint) {
        self.core = core
        self.selection = selection
        treeSize = checkpoint.head.size
    }

    /// The next events, at least one; nil at the end. Every one has its place in the checkpoint's tree.
    public func next() async throws -> [AuditEntry]? {
        while !isOver {
            try Task.checkCancellation()
            let entries = try await page()
            if !entries.isEmpty { return entries }
        }
        return nil
    }

    private func page() async throws -> [AuditEntry] {
        var query = selection.query
        query.order = .oldestFirst
        query.cursor = cursor
        query.limit = Self.pageSize
        let (asked, core, selection, treeSize) = (query, core, selection, treeSize)
        let (entries, last) = try await core.database.read { snapshot -> ([AuditEntry], Int64?) in
            let rows = try core.audit.journal.events(asked, in: snapshot)
            let entries = try rows.compactMap { row -> AuditEntry? in
                guard let leaf = row.leafIndex, leaf < treeSize else { return nil }
                return try selection.entry(of: row, in: snapshot)
            }
            return (entries, rows.count < asked.limit ? nil : rows.last?.sequence)
        }
        cursor = last
        isOver = last == nil
        return entries
    }
}

extension AuditTrail {
    /// Begins an export of what `filter` selects, or of the whole journal, and journals it.
    /// - Parameter format: one word for the journal.
    public func export(
        _ filter: AuditFilter?, format: String, as principal: Principal
    ) async throws -> AuditExport {
        try principal.require(.readJournal)
        let selection = try await select(filter ?? AuditFilter())
        let checkpoint = try await core.sequencer.makeCheckpoint()
        let key = try core.audit.journal.verifierKey().text
        try await note(
            .journalExported, filter, "\"format\":\(JSONText.quoted(format)),\"tree_size\":\(checkpoint.head.size)",
            by: principal)
        return AuditExport(
            checkpoint: checkpoint, verifierKey: key, filter: filter, core: core, selection: selection)
    }
}
