import Crypto
public import Database
public import Journal

/// What to look for in the journal. All conditions hold together.
public struct AuditFilter: Sendable {
    public var from: Timestamp?
    public var to: Timestamp?
    public var actor: AccountID?
    public var action: String?
    @OptionalWords128 public var target: UInt128?

    public init(
        from: Timestamp? = nil, to: Timestamp? = nil, actor: AccountID? = nil, action: String? = nil,
        target: UInt128? = nil
    ) {
        self.from = from
        self.to = to
        self.actor = actor
        self.action = action
        _target = OptionalWords128(wrappedValue: target)
    }
}

/// A journal row with what its keys still open.
public struct AuditEntry: Sendable {
    public let row: JournalRow
    /// The target's name at that time; `nil` when it had none or was shredded since.
    public let targetName: String?
    /// A JSON object, as text.
    public let details: String?
}

/// Reads the journal for those whose role allows it, and makes its proofs.
public struct AuditTrail: Sendable {
    let core: VaultCore

    public static let maximumLimit = 1_000

    /// Newest first; those before `cursor` when given.
    public func entries(
        _ filter: AuditFilter, before cursor: Int64?, limit: Int, as principal: Principal
    ) async throws -> (entries: [AuditEntry], next: Int64?) {
        try principal.require(.readJournal)
        let query = JournalQuery(
            from: filter.from, to: filter.to, actorID: filter.actor?.value, action: filter.action,
            targetID: filter.target,
            cursor: cursor, limit: min(max(1, limit), Self.maximumLimit))
        let page = try await core.database.read { snapshot in
            let rows = try core.audit.journal.events(query, in: snapshot)
            return try rows.map { try open($0, in: snapshot) }
        }
        try await note(.journalRead, by: principal)
        return (page, page.count == query.limit ? page.last?.row.sequence : nil)
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

    /// Proof that an event is in the tree of `treeSize` leaves.
    /// - Parameter treeSize: `nil` is the tree as it is sequenced now.
    /// - Throws: `JournalError.unknownEvent`, `.notSequenced`, `.outsideTree`.
    public func inclusion(
        of sequence: Int64, treeSize: Int64?, as principal: Principal
    ) async throws -> (row: JournalRow, head: TreeHead, proof: InclusionProof) {
        try principal.require(.readJournal)
        try await core.sequencer.catchUp()
        return try await core.database.read { snapshot in
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

    /// Journals that the journal itself was read or exported.
    public func note(_ action: AuditAction, by principal: Principal) async throws {
        try await core.database.write { transaction in
            try core.audit.record(action, on: .journal, by: principal, in: transaction)
        }
    }

    private func open(_ row: JournalRow, in snapshot: borrowing Snapshot) throws -> AuditEntry {
        var details = AuditDetails()
        if let sealed = row.event.sealedDetails, let target = row.event.targetID,
            let key = try key(of: row, target, in: snapshot)
        {
            // A row whose target was shredded keeps its leaf and loses its name: that is not an error.
            details = (try? AuditDetails.opened(sealed, under: key, target: target)) ?? details
        }
        let plain = row.event.details.map { String(decoding: $0, as: UTF8.self) }
        return AuditEntry(row: row, targetName: details.name, details: details.json ?? plain)
    }

    private func key(
        of row: JournalRow, _ target: UInt128, in snapshot: borrowing Snapshot
    ) throws -> SealingKey? {
        switch row.event.targetKind {
        case "utilisateur": try? core.keyring.accountKey(AccountID(target), in: snapshot)
        case "conservation": try? core.keyring.retentionKey(RetentionPolicyID(target), in: snapshot)
        case "gel": try? core.keyring.holdKey(HoldID(target), in: snapshot)
        default: try? core.keyring.nodeKey(NodeID(target), in: snapshot)
        }
    }
}
