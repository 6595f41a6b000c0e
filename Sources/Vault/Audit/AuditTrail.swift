import Crypto
import Database
public import Journal

/// A journal row with what its keys still open.
public struct AuditEntry: Sendable {
    public let row: JournalRow
    /// The target's name at that time; `nil` when it had none or was shredded since.
    public let targetName: String?
    /// A JSON object, as text.
    public let details: String?

    public init(row: JournalRow, targetName: String?, details: String?) {
        self.row = row
        self.targetName = targetName
        self.details = details
    }
}

/// Reads the journal for those whose role allows it, and makes its proofs.
public struct AuditTrail: Sendable {
    let core: VaultCore

    public static let maximumLimit = 1_000
    /// Events looked at for one answer where only opened names, or addresses, say whether an event is wanted.
    public static let mostLookedAt = 20_000

    /// Newest first; those before `cursor` when given. Journalled.
    ///
    /// Names are sealed, so a search opens one event after the other: an answer may hold less than `limit`, or nothing,
    /// and still lead on.
    public func entries(
        _ filter: AuditFilter, before cursor: Int64?, limit: Int, as principal: Principal
    ) async throws -> AuditPage {
        try principal.require(.readJournal)
        let limit = min(max(1, limit), Self.maximumLimit)
        let selection = try await select(filter)
        var page = AuditPage()
        var cursor = cursor
        repeat {
            try Task.checkCancellation()
            let step = try await look(selection, before: cursor, for: limit - page.entries.count)
            page.add(step)
            cursor = page.next
        } while page.next != nil && page.entries.count < limit && page.lookedAt < Self.mostLookedAt
        try await note(.journalRead, filter, by: principal)
        return page
    }

    /// One stretch of the journal.
    private func look(_ selection: AuditSelection, before cursor: Int64?, for wanted: Int) async throws -> AuditPage {
        var query = selection.query
        query.cursor = cursor
        query.limit = selection.isNarrowed ? Self.maximumLimit : wanted
        let asked = query
        return try await core.database.read { snapshot in
            let rows = try core.audit.journal.events(asked, in: snapshot)
            var page = AuditPage()
            for row in rows {
                page.lookedAt += 1
                page.lookedBackTo = row.time
                page.next = row.sequence
                guard let entry = try selection.entry(of: row, in: snapshot) else { continue }
                page.entries.append(entry)
                if page.entries.count == wanted { break }
            }
            if page.lookedAt == rows.count, rows.count < asked.limit { page.next = nil }
            return page
        }
    }

    /// Makes ready what a filter needs beside the journal: which nodes are in a folder.
    package func select(_ filter: AuditFilter) async throws -> AuditSelection {
        try await core.database.read { snapshot in try AuditSelection(filter, core: core, in: snapshot) }
    }

    /// Signs the tree as it is now, everything committed so far included.
    public func makeCheckpoint(as principal: Principal) async throws -> Checkpoint {
        try principal.require(.readJournal)
        try await note(.checkpointMade, by: principal)
        return try await core.sequencer.makeCheckpoint()
    }

    /// The newest checkpoint; makes the first one when there is none.
    public func latestCheckpoint(as principal: Principal) async throws -> Checkpoint {
        try principal.require(.readJournal)
        let latest = try await core.database.read { snapshot in try core.audit.journal.latestCheckpoint(in: snapshot) }
        if let latest { return latest }
        return try await makeCheckpoint(as: principal)
    }

    /// How an event is named when its proof is asked for.
    public enum Leaf: Sendable {
        case sequence(Int64)
        /// From 0.
        case index(Int64)
        /// The leaf hash, 32 bytes.
        case hash([UInt8])
    }

    /// Leaves looked at in one go for a hash.
    private static let leavesAtOnce: Int64 = 50_000

    /// Proof that an event is in the tree of `treeSize` leaves.
    ///
    /// By a hash the leaves are looked through, the newest first: an index of hashes would cost every event more than all
    /// other indexes together, for a question that is rarely asked.
    /// - Parameter treeSize: `nil` is the tree as it is sequenced now.
    /// - Throws: `JournalError.unknownEvent`, `.notSequenced`, `.outsideTree`; `VaultError.notFound(.event)`.
    public func inclusion(
        of leaf: Leaf, treeSize: Int64?, as principal: Principal
    ) async throws -> (row: JournalRow, head: TreeHead, proof: InclusionProof) {
        try principal.require(.readJournal)
        try await core.sequencer.catchUp()
        switch leaf {
        case .sequence(let sequence): return try await inclusion(of: sequence, treeSize: treeSize)
        case .index(let index): return try await inclusion(ofLeaf: index, treeSize: treeSize)
        case .hash(let hash):
            let index = try await index(of: hash)
            return try await inclusion(ofLeaf: index, treeSize: treeSize)
        }
    }

    private func index(of hash: [UInt8]) async throws -> Int64 {
        let journal = core.audit.journal
        var end = try await core.database.read { try journal.treeHead(in: $0).size }
        while end > 0 {
            try Task.checkCancellation()
            let range = max(0, end - Self.leavesAtOnce)..<end
            if let index = try await core.database.read({ try journal.leaf(withHash: hash, in: range, $0) }) {
                return index
            }
            end = range.lowerBound
        }
        throw VaultError.notFound(.event)
    }

    private func inclusion(
        ofLeaf index: Int64, treeSize: Int64?
    ) async throws -> (row: JournalRow, head: TreeHead, proof: InclusionProof) {
        let journal = core.audit.journal
        guard let sequence = try await core.database.read({ try journal.sequence(ofLeaf: index, in: $0) }) else {
            throw VaultError.notFound(.event)
        }
        return try await inclusion(of: sequence, treeSize: treeSize)
    }

    private func inclusion(
        of sequence: Int64, treeSize: Int64?
    ) async throws -> (row: JournalRow, head: TreeHead, proof: InclusionProof) {
        try await core.database.read { snapshot in
            let journal = core.audit.journal
            guard let row = try journal.event(sequence: sequence, in: snapshot) else {
                throw JournalError.unknownEvent(sequence: sequence)
            }
            let now = try journal.treeHead(in: snapshot)
            let head = try treeSize.map { try journal.treeHead(size: $0, in: snapshot) } ?? now
            return (row, head, try journal.inclusionProof(sequence: sequence, treeSize: head.size, in: snapshot))
        }
    }

    /// Proof that the tree of `to` leaves extends that of `from` leaves.
    /// - Parameter to: `nil` is the tree as it is sequenced now.
    public func consistency(
        from: Int64, to: Int64?, as principal: Principal
    ) async throws -> (first: TreeHead, second: TreeHead, proof: ConsistencyProof) {
        try principal.require(.readJournal)
        try await core.sequencer.catchUp()
        return try await core.database.read { snapshot in
            let journal = core.audit.journal
            let second = try to.map { try journal.treeHead(size: $0, in: snapshot) } ?? journal.treeHead(in: snapshot)
            let first = try journal.treeHead(size: from, in: snapshot)
            return (first, second, try journal.consistencyProof(from: from, to: second.size, in: snapshot))
        }
    }

    /// Journals that the journal itself was read or exported, and with what filter. What was searched for may be a name:
    /// it is sealed under the key of who searched.
    public func note(
        _ action: AuditAction, _ filter: AuditFilter? = nil, _ more: String = "", by principal: Principal
    ) async throws {
        try await core.database.write { transaction in
            var details: AuditDetails?
            var key: SealingKey?
            if let names = filter?.names, !principal.isLocalOperator {
                details = AuditDetails(json: "{\"q\":\(JSONText.quoted(names))}")
                key = try core.keyring.accountKey(principal.account, in: transaction)
            }
            let fields = [filter?.json ?? "", more].filter { !$0.isEmpty }.joined(separator: ",")
            try core.audit.record(
                action, on: .journal, by: principal, details: details, key: key,
                plain: fields.isEmpty ? nil : Array("{\(fields)}".utf8), in: transaction)
        }
    }
}
