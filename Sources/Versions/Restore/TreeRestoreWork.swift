import Crypto
import Database
import Journal
public import Vault

/// Carries out what restores planned: a bounded batch a transaction, each batch with the place it came to. Killed in the
/// middle it goes on from there, and two nodes that are at it at once do nothing twice.
public struct TreeRestoreWork: Sendable {
    private let core: VaultCore
    private let store: TreeRestoreStore

    /// Nodes of one transaction.
    static let batch = 200
    /// A plan that nobody wrote on for so long was left behind, in seconds.
    static let planPatience: Int64 = 600

    public init(_ core: VaultCore) {
        self.core = core
        store = TreeRestoreStore(core: core)
    }

    /// Does all that waits. A job.
    /// - Parameter lease: the right to do it, checked in every transaction; `nil` when nobody else can be at it.
    /// - Throws: `LeaseLost`, `CancellationError`.
    public func run(under lease: Lease? = nil) async throws {
        while true {
            let waiting = try await core.database.read { [store] snapshot in
                try store.underWay(limit: 100, in: snapshot)
            }
            var hasWorked = false
            for restore in waiting {
                if restore.state == .planning {
                    try await closeAbandoned(restore.id, under: lease)
                    continue
                }
                hasWorked = true
                while try await step(restore.id, under: lease) { try Task.checkCancellation() }
            }
            if !hasWorked { return }
        }
    }

    /// One batch.
    /// - Parameter present: whoever asked, while they wait for it.
    /// - Returns: whether there is more to do.
    func step(
        _ id: RestoreID, under lease: Lease? = nil, as present: Principal? = nil
    ) async throws -> Bool {
        try await core.database.write { [core, store] transaction in
            if let lease { try core.leases.confirm(lease, in: transaction) }
            guard let restore = try store.restore(id, in: transaction),
                restore.state == .pending || restore.state == .running
            else { return false }
            guard let current = try actor(of: restore, in: transaction) else {
                try end(restore, as: .failed, .authorityLost, by: .localOperator, in: transaction)
                return false
            }
            let principal = present.map { $0.account == current.account ? $0 : current } ?? current
            if restore.isCancelled {
                try end(restore, as: .cancelled, nil, by: principal, in: transaction)
                return false
            }
            return try batch(of: restore, as: principal, in: transaction)
        }
    }

    /// Whoever asked, if they still may.
    private func actor(of restore: TreeRestore, in transaction: borrowing Transaction) throws -> Principal? {
        guard let principal = try core.acting(for: restore.askedBy, in: transaction) else { return nil }
        switch restore.authority {
        case .administrator: return principal.role.allows(.manageBackups) ? principal : nil
        case .owner:
            guard principal.role.allows(.writeContent),
                let folder = try NodeQueries.record(restore.folder, in: transaction)
            else { return nil }
            do {
                _ = try core.grants.require(
                    Own.self, on: folder.id, for: principal, state: folder.state, lock: .ignored, in: transaction)
            } catch is VaultError { return nil }
            return principal
        }
    }

    private func batch(
        of restore: TreeRestore, as principal: Principal, in transaction: borrowing Transaction
    ) throws -> Bool {
        let rewind = RewindNode(core, try RewindScene(core, principal: principal, restore, in: transaction))
        var (phase, sequence) = (restore.phase, restore.sequence)
        var left = Self.batch
        while left > 0 {
            let items =
                phase.isOfNames
                ? try store.numbered(of: restore.id, behind: sequence, limit: left, transaction)
                : try store.planned(of: restore.id, in: phase, behind: sequence, limit: left, transaction)
            for item in items { try take(item, of: restore, in: phase, rewind, transaction) }
            left -= items.count
            sequence = items.last?.sequence ?? sequence
            if left > 0 {
                guard let next = phase.next else {
                    try end(restore, as: .completed, nil, by: principal, in: transaction)
                    return false
                }
                (phase, sequence) = (next, 0)
            }
        }
        try store.advance(restore.id, to: phase, sequence, in: transaction)
        return true
    }

    private func take(
        _ item: TreeRestoreStore.WorkItem, of restore: TreeRestore, in phase: RestorePhase, _ rewind: RewindNode,
        _ transaction: borrowing Transaction
    ) throws {
        guard let record = try NodeQueries.record(item.past.node, in: transaction) else {
            return try store.close(
                item, of: restore.id, .refused, acts: nil, reason: .unknown, trashRoot: nil, isNumbered: false,
                in: transaction)
        }
        do {
            if phase.isOfNames {
                if try rewind.rename(record, to: item.past, in: transaction) {
                    try store.named(item, of: restore.id, in: transaction)
                }
                return
            }
            let result =
                phase == .past
                ? try rewind(record, to: item.past, in: transaction) : try rewind.trash(record, in: transaction)
            let wasKept = phase != .past && result.acts.isEmpty
            try store.close(
                item, of: restore.id, wasKept ? .kept : .done, acts: result.acts, reason: result.reason,
                trashRoot: result.trashRoot, isNumbered: result.isNumbered, in: transaction)
        } catch let refusal as RewindRefused {
            // Refused before anything of it was changed. A name that cannot be had is told already.
            if phase.isOfNames { return }
            try store.close(
                item, of: restore.id, refusal.reason.isRefusal ? .refused : .kept, acts: nil, reason: refusal.reason,
                trashRoot: nil, isNumbered: false, in: transaction)
        }
    }

    // MARK: The end

    private func end(
        _ restore: TreeRestore, as state: TreeRestore.State, _ problem: TreeRestore.Problem?, by principal: Principal,
        in transaction: borrowing Transaction
    ) throws {
        for root in try store.trashRoots(of: restore.id, in: transaction) {
            try core.regroupTrash(of: root, in: restore.space, by: principal, transaction)
        }
        try store.end(restore.id, as: state, problem, in: transaction)
        guard let folder = try NodeQueries.record(restore.folder, in: transaction), folder.wrappedKey != nil else {
            return
        }
        let counts = try store.counts(of: restore.id, in: transaction)
        if state == .completed, folder.kind.isFolder {
            try FolderVersionStore().append(
                to: folder, cause: .restore, message: restore.message, restore: restore.id, by: principal.account, core,
                in: transaction)
        }
        try core.audit.record(
            .folderRewound, on: .node(folder.id, kind: folder.kind, space: folder.space), by: principal,
            outcome: state == .failed ? .failed : .success,
            details: RestoreWords.details(of: restore, state, counts, folder, core), key: try folder.key(core.keyring),
            in: transaction)
    }

    private func closeAbandoned(_ id: RestoreID, under lease: Lease?) async throws {
        try await core.database.write { [core, store] transaction in
            if let lease { try core.leases.confirm(lease, in: transaction) }
            guard let restore = try store.restore(id, in: transaction), restore.state == .planning,
                let touched = try store.updatedAt(id, in: transaction),
                touched < transaction.now.advanced(bySeconds: -Self.planPatience)
            else { return }
            try end(restore, as: .failed, .interrupted, by: .localOperator, in: transaction)
        }
    }
}

/// What the journal says of a restore as a whole.
enum RestoreWords {
    static func details(
        of restore: TreeRestore, _ state: TreeRestore.State, _ counts: RestoreCounts?, _ folder: NodeRecord,
        _ core: VaultCore
    ) throws -> AuditDetails {
        var json =
            "{\"restore_id\":\"\(restore.id)\",\"state\":\"\(state.rawValue)\",\"as_of\":\(restore.moment.milliseconds)"
        json += ",\"newer\":\"\(restore.newer.rawValue)\""
        if let backup = restore.backup { json += ",\"backup_id\":\"\(backup)\"" }
        if let counts {
            json += ",\"done\":\(counts.done),\"kept\":\(counts.kept),\"refused\":\(counts.refused)"
            json += ",\"left\":\(counts.planned)"
        }
        return AuditDetails(name: try core.names.meta(of: folder).name.text, json: json + "}")
    }
}
