import BlobStore
import Crypto
import Database
import Journal

/// Lets old versions go where a policy says so: their content is shredded, their rows stay as proof.
///
/// What would happen and what happens are one function (`ExpiryRules.verdict`): a dry run cannot be mistaken.
public struct ExpireVersions: Sendable {
    let core: VaultCore

    public struct Report: Sendable, Equatable {
        public var versions = 0
        /// Bytes of their contents, in the clear; content that a later version shares stays.
        public var bytes: Int64 = 0
        /// The limit was reached: there may be more.
        public var isCut = false
    }

    /// Most decisions in one page, and most versions in one transaction.
    static let pageSize = 500
    /// Files looked at in one page.
    private static let filesPerPage = 64

    // MARK: Dry run

    /// What the policy, together with all others and the holds, would do to the versions of the files it lies on: one page.
    /// - Throws: `VaultError.retention(.noExpiry)` for a policy that lets nothing go.
    public func plan(
        _ id: RetentionPolicyID, after cursor: ExpiryCursor?, as principal: Principal
    ) async throws -> (decisions: [ExpiryDecision], next: ExpiryCursor?) {
        try principal.require(.manageRetention)
        return try await core.database.read { snapshot in
            let policy = try expiring(id, in: snapshot)
            return try page(of: policy, after: cursor ?? .start, in: snapshot)
        }
    }

    private func expiring(
        _ id: RetentionPolicyID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> RetentionPolicy {
        let policy = try RetentionStore.policy(id, keyring: core.keyring, in: reading)
        guard policy.liftedAt == nil else { throw VaultError.retention(.lifted) }
        guard policy.expiry != nil else { throw VaultError.retention(.noExpiry) }
        return policy
    }

    /// The next versions of files under the policy, with what becomes of each. Files with one version have none to let go.
    private func page(
        of policy: RetentionPolicy, after cursor: ExpiryCursor, in snapshot: borrowing Snapshot
    ) throws -> (decisions: [ExpiryDecision], next: ExpiryCursor?) {
        let files = try snapshot.all(
            """
            SELECT id FROM nodes
            WHERE id >= \(cursor.node) AND space_id = \(policy.space) AND kind = 0 AND state = 0 AND head_number > 1
            ORDER BY id LIMIT \(Self.filesPerPage)
            """
        ) { $0.id(0) as NodeID }
        var decisions: [ExpiryDecision] = []
        for file in files {
            let room = Self.pageSize - decisions.count
            guard room > 0 else { return (decisions, ExpiryCursor(node: file, number: 0)) }
            guard let rules = try rules(for: file, in: policy.space, snapshot),
                rules.places.contains(where: { $0.policy == policy.id && !$0.isCarried })
            else { continue }
            let from = file == cursor.node ? cursor.number : 0
            let found = try self.decisions(on: file, rules, after: from, limit: room, in: snapshot)
            decisions += found
            if found.count == room, let last = found.last {
                return (decisions, ExpiryCursor(node: file, number: last.number))
            }
        }
        guard files.count == Self.filesPerPage, let last = files.last else { return (decisions, nil) }
        // Behind all versions of the last one.
        return (decisions, ExpiryCursor(node: last, number: Int(Int32.max)))
    }

    private func decisions(
        on file: NodeID, _ rules: ExpiryRules, after number: Int, limit: Int,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [ExpiryDecision] {
        try reading.all(
            """
            SELECT v.number, v.created_at, v.size FROM versions v
            LEFT JOIN expired_versions e ON e.node_id = v.node_id AND e.number = v.number
            WHERE v.node_id = \(file) AND v.number > \(number) AND e.number IS NULL
            ORDER BY v.number LIMIT \(limit)
            """
        ) { row in (row.int(0), row.integer(1), row.integer(2)) }
        .compactMap { number, createdAt, size in
            guard let verdict = rules.verdict(on: number, createdAt: createdAt) else { return nil }
            return ExpiryDecision(
                node: file, number: number, createdAt: Timestamp(milliseconds: createdAt), size: size, verdict: verdict)
        }
    }

    /// - Returns: `nil` when the file is not live.
    private func rules(
        for file: NodeID, in space: SpaceID, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> ExpiryRules? {
        let head = try reading.first(
            "SELECT head_number FROM nodes WHERE id = \(file) AND state = 0 AND kind = 0", { $0.int(0) })
        guard let head else { return nil }
        let hasHolds = try core.keeping.hasHolds(in: space, reading)
        return ExpiryRules(
            head: head, holds: hasHolds ? try HoldStore.holds(above: file, in: reading) : [],
            places: try core.keeping.places(above: .alone(file), reading), now: reading.now.milliseconds)
    }

    // MARK: The run

    /// Does for one policy what its dry run tells.
    /// - Parameter limit: versions after which it ends, to be called again.
    public func run(
        _ id: RetentionPolicyID, limit: Int = 10_000, as principal: Principal
    ) async throws -> Report {
        try principal.require(.manageRetention)
        let policy = try await core.database.read { snapshot in try expiring(id, in: snapshot) }
        return try await run(policy, limit: limit, by: principal, under: nil)
    }

    /// Does it for every policy that lets versions go. A job.
    /// - Throws: `LeaseLost`, `CancellationError`.
    public func runAll(under lease: Lease? = nil) async throws -> Report {
        var total = Report()
        var cursor: RetentionPolicyID?
        while true {
            let policies = try await core.database.read { [cursor] snapshot in
                try RetentionStore.expiring(after: cursor, limit: 100, keyring: core.keyring, in: snapshot)
            }
            guard let last = policies.last else { return total }
            cursor = last.id
            for policy in policies {
                let report = try await run(policy, limit: .max, by: nil, under: lease)
                total.versions += report.versions
                total.bytes += report.bytes
            }
        }
    }

    private func run(
        _ policy: RetentionPolicy, limit: Int, by principal: Principal?, under lease: Lease?
    ) async throws -> Report {
        var report = Report()
        var cursor = ExpiryCursor.start
        while true {
            try Task.checkCancellation()
            let (decisions, next) = try await core.database.read { [cursor] snapshot in
                try page(of: policy, after: cursor, in: snapshot)
            }
            let doomed = decisions.filter(\.expires)
            if !doomed.isEmpty {
                let part = try await shred(doomed, in: policy.space, by: principal, under: lease)
                report.versions += part.versions
                report.bytes += part.bytes
            }
            guard let next else { return report }
            guard report.versions < limit else {
                report.isCut = true
                return report
            }
            cursor = next
        }
    }

    /// One transaction: what was decided in a reading is decided once more, by what holds now.
    private func shred(
        _ doomed: [ExpiryDecision], in space: SpaceID, by principal: Principal?, under lease: Lease?
    ) async throws -> Report {
        let (report, blobs) = try await core.database.write { transaction -> (Report, [BlobID]) in
            if let lease { try core.leases.confirm(lease, in: transaction) }
            var report = Report()
            var blobs: [BlobID] = []
            var known: (file: NodeID, rules: ExpiryRules?, key: SealingKey?)?
            for decision in doomed {
                if known?.file != decision.node {
                    let rules = try rules(for: decision.node, in: space, transaction)
                    known = (decision.node, rules, try? core.keyring.nodeKey(decision.node, in: transaction))
                }
                guard let rules = known?.rules, let key = known?.key,
                    case .expires(let policy)? = rules.verdict(
                        on: decision.number, createdAt: decision.createdAt.milliseconds)
                else { continue }
                guard
                    let shredded = try expire(
                        decision, under: policy, key: key, in: space, by: principal, transaction)
                else { continue }
                report.versions += 1
                report.bytes += decision.size
                blobs += shredded
            }
            return (report, blobs)
        }
        await core.destroy(blobs)
        return report
    }

    /// - Returns: the blobs whose bytes are to be deleted now; `nil` when it had expired before.
    private func expire(
        _ decision: ExpiryDecision, under policy: RetentionPolicyID, key: SealingKey, in space: SpaceID,
        by principal: Principal?, _ transaction: borrowing Transaction
    ) throws -> [BlobID]? {
        let (node, number) = (decision.node, decision.number)
        let added = try transaction.run(
            """
            INSERT INTO expired_versions (node_id, number, policy_id, expired_at)
            VALUES (\(node), \(number), \(policy), \(transaction.now)) ON CONFLICT DO NOTHING
            """)
        guard added == 1 else { return nil }
        let row = try transaction.first(
            "SELECT id, blob_id FROM versions WHERE node_id = \(node) AND number = \(number)"
        ) { row in (version: row.id(0) as VersionID, blob: row.id(1) as BlobID) }
        guard let row else { return nil }
        var blobs = try transaction.all(
            "SELECT blob_id FROM previews WHERE version_id = \(row.version) AND blob_id IS NOT NULL",
            { $0.id(0) as BlobID })
        try transaction.run("DELETE FROM previews WHERE version_id = \(row.version)")
        // A restored version points at the blob of the one it brought back.
        let isShared = try transaction.exists(
            """
            SELECT 1 FROM versions v LEFT JOIN expired_versions e ON e.node_id = v.node_id AND e.number = v.number
            WHERE v.node_id = \(node) AND v.blob_id = \(row.blob) AND e.number IS NULL LIMIT 1
            """)
        if !isShared { blobs.append(row.blob) }
        var stored: [BlobID] = []
        for blob in blobs {
            let isStored = try transaction.exists(
                "SELECT 1 FROM blobs WHERE id = \(blob) AND inline_content IS NULL")
            if isStored { stored.append(blob) }
            try transaction.run("DELETE FROM blobs WHERE id = \(blob)")
        }
        let target = AuditTarget.node(node, kind: .file, space: space)
        let details = AuditDetails(
            json: "{\"version\":\(number),\"policy_id\":\"\(policy)\",\"content_shared\":\(isShared)}")
        if let principal {
            try core.audit.record(
                .versionExpired, on: target, by: principal, details: details, key: key, in: transaction)
        } else {
            try core.audit.record(
                .versionExpired, on: target, actor: .system, actorID: nil, origin: .local, details: details, key: key,
                in: transaction)
        }
        return stored
    }
}
