import Crypto
import Database
import Journal

/// Erases people: their account, and all of their own that no rule keeps (docs/decisions/0041).
///
/// The request closes the account at once. The work that follows is done in small transactions by a job, each of which can
/// be the last before a crash: what is left to do is read from the rows.
public struct EraseAccount: Sendable {
    let core: VaultCore

    // MARK: Reading

    /// What an erasure would destroy and what would stay, without asking for it.
    public func plan(_ id: AccountID, as principal: Principal) async throws -> ErasureReport {
        try requireRight(over: id, principal)
        let space = try await core.database.read { snapshot in try AccountStore.record(id, in: snapshot).space }
        var counts = ErasureReport.Counts()
        var kept: [ErasureReport.Kept] = []
        var keptCount = 0
        // Folders stay when something in them does.
        var parents: [NodeID: NodeID] = [:]
        var full: Set<NodeID> = []
        var bound: Set<NodeID> = []
        var cursor = NodeID(0)
        while true {
            try Task.checkCancellation()
            let page = try await core.database.read { [cursor] snapshot in
                try nodes(of: space, after: cursor, limit: 500, in: snapshot).map { node in
                    (node, bond: try bond(on: node.id, in: space, snapshot))
                }
            }
            guard let last = page.last else { break }
            cursor = last.0.id
            for (node, bond) in page {
                if let bond {
                    keptCount += 1
                    if let parent = node.parent { full.insert(parent) }
                    if kept.count < ErasureReport.mostKept {
                        kept.append(ErasureReport.Kept(node: node.id, rule: bond.rule, until: bond.until))
                    }
                } else if node.kind == .file {
                    counts.files += 1
                    counts.bytes += node.size
                } else {
                    counts.folders += 1
                }
                if node.kind.isFolder, let parent = node.parent { parents[node.id] = parent }
                if node.kind.isFolder, bond != nil { bound.insert(node.id) }
            }
        }
        for folder in Array(full) {
            var above = parents[folder]
            while let id = above, full.insert(id).inserted { above = parents[id] }
        }
        counts.folders -= full.subtracting(bound).count
        (counts.comments, counts.links) = try await core.database.read { snapshot in
            (
                try snapshot.first("SELECT COUNT(*) FROM comments WHERE author_id = \(id)", { $0.int(0) }) ?? 0,
                try snapshot.first("SELECT COUNT(*) FROM share_links WHERE created_by = \(id)", { $0.int(0) }) ?? 0
            )
        }
        return ErasureReport(
            account: id, status: .planned, askedBy: nil, askedAt: nil, erasedAt: nil, finishedAt: nil,
            destroyed: counts, keptCount: keptCount, kept: kept)
    }

    /// How far an erasure is.
    /// - Throws: `VaultError.notFound(.erasure)` when none was asked.
    public func report(_ id: AccountID, as principal: Principal) async throws -> ErasureReport {
        try principal.require(.manageAccounts)
        return try await core.database.read { snapshot in try report(id, in: snapshot) }
    }

    private func report(
        _ id: AccountID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> ErasureReport {
        guard let record = try ErasureStore.record(id, in: reading) else { throw VaultError.notFound(.erasure) }
        let kept = try ErasureStore.kept(of: id, limit: ErasureReport.mostKept, in: reading)
        let status: ErasureStatus =
            record.finishedAt != nil ? .finished : record.passedAt != nil ? .waiting : .asked
        return ErasureReport(
            account: id, status: status, askedBy: record.askedBy, askedAt: record.askedAt, erasedAt: record.erasedAt,
            finishedAt: record.finishedAt, destroyed: record.counts, keptCount: kept.count, kept: kept.first)
    }

    // MARK: Asking

    /// Closes an account and has it erased.
    /// - Throws: `VaultError.lastAdministrator`; `.erasure(.underWay)` when it was asked before.
    public func ask(_ id: AccountID, as principal: Principal) async throws -> ErasureReport {
        try principal.require(.manageAccounts)
        return try await ask(id, by: principal)
    }

    /// Closes the caller's own account and has it erased; the password is asked for once more.
    /// - Throws: `VaultError.wrongPassword`, counted like a failed sign-in; `.rateLimited`; `.lastAdministrator`.
    public func askOwn(password: String, as principal: Principal) async throws -> ErasureReport {
        try await core.confirmPassword(password, of: principal, for: .erasureAsked)
        return try await ask(principal.account, by: principal)
    }

    private func ask(_ id: AccountID, by principal: Principal) async throws -> ErasureReport {
        let report = try await core.database.write { transaction -> ErasureReport in
            if try ErasureStore.isAsked(id, in: transaction) { throw VaultError.erasure(.underWay) }
            let record = try AccountStore.record(id, in: transaction)
            if record.role == .admin {
                let others = try transaction.exists(
                    "SELECT 1 FROM accounts WHERE role = 'admin' AND status = 'active' AND id <> \(id)")
                guard others else { throw VaultError.lastAdministrator }
            }
            let now = max(transaction.now, Timestamp(milliseconds: record.updatedAt.milliseconds + 1))
            try transaction.run("UPDATE accounts SET status = 'disabled', updated_at = \(now) WHERE id = \(id)")
            try transaction.run(
                "UPDATE sessions SET revoked_at = \(now) WHERE account_id = \(id) AND revoked_at IS NULL")
            try ErasureStore.insert(id, space: record.space, by: principal.account, in: transaction)
            try core.audit.record(.erasureAsked, on: .account(id), by: principal, in: transaction)
            return try self.report(id, in: transaction)
        }
        core.sessions.forget(account: id)
        return report
    }

    private func requireRight(over id: AccountID, _ principal: Principal) throws(VaultError) {
        if id != principal.account { try principal.require(.manageAccounts) }
    }

    // MARK: Pieces

    struct OwnNode: Sendable {
        let id: NodeID
        let parent: NodeID?
        let kind: NodeKind
        let size: Int64
    }

    /// What is left of a space, in the order of ids.
    func nodes(
        of space: SpaceID, after cursor: NodeID, limit: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [OwnNode] {
        try reading.all(
            """
            SELECT id, parent_id, kind, size FROM nodes WHERE id > \(cursor) AND space_id = \(space) AND state <> 2
            ORDER BY id LIMIT \(limit)
            """
        ) { row in
            OwnNode(
                id: row.id(0), parent: row.optionalID(1), kind: NodeKind(rawValue: row.integer(2)) ?? .file,
                size: row.integer(3))
        }
    }

    /// The strictest rule that keeps one node, whatever lies below it.
    func bond(
        on node: NodeID, in space: SpaceID, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bond? {
        Keeping.strictest(try core.keeping.bonds(on: .alone(node), in: space, reading))
    }
}
