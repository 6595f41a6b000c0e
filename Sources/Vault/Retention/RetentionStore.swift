import Crypto
import Database

/// The statements on `retention_policies` and `retention_places`.
enum RetentionStore {
    static let columns: SQL = """
        r.id, r.node_id, r.space_id, r.mode, r.duration, r.keep_versions, r.keep_for, r.sealed_text, r.created_by, r.created_at,
        r.updated_at, r.lifted_at
        """

    static func context(_ id: RetentionPolicyID) -> SealContext { SealContext("cloudspace retention policy", id.value) }

    /// - Throws: `VaultError.notFound(.retentionPolicy)`.
    static func policy(
        _ id: RetentionPolicyID, keyring: Keyring, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> RetentionPolicy {
        let found = try reading.first("SELECT \(columns) FROM retention_policies r WHERE r.id = \(id)") { Sealed($0) }
        guard let found else { throw VaultError.notFound(.retentionPolicy) }
        return try found.opened(keyring, in: reading)
    }

    /// Oldest first, those after `cursor`.
    static func policies(
        after cursor: RetentionPolicyID?, limit: Int, keyring: Keyring,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [RetentionPolicy] {
        let rows = try reading.all(
            """
            SELECT \(columns) FROM retention_policies r WHERE r.id > \(cursor ?? RetentionPolicyID(0))
            ORDER BY r.id LIMIT \(limit)
            """
        ) { Sealed($0) }
        return try rows.map { try $0.opened(keyring, in: reading) }
    }

    /// Those in force that let versions go, oldest first, those after `cursor`.
    static func expiring(
        after cursor: RetentionPolicyID?, limit: Int, keyring: Keyring,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [RetentionPolicy] {
        let rows = try reading.all(
            """
            SELECT \(columns) FROM retention_policies r
            WHERE r.id > \(cursor ?? RetentionPolicyID(0)) AND r.lifted_at IS NULL
                  AND (r.keep_versions IS NOT NULL OR r.keep_for IS NOT NULL)
            ORDER BY r.id LIMIT \(limit)
            """
        ) { Sealed($0) }
        return try rows.map { try $0.opened(keyring, in: reading) }
    }

    static func text(
        _ id: RetentionPolicyID, keyring: Keyring, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> RuleText {
        let sealed = try reading.first("SELECT sealed_text FROM retention_policies WHERE id = \(id)", { $0.bytes(0) })
        guard let sealed else { throw VaultError.notFound(.retentionPolicy) }
        return try RuleText.opened(sealed, under: try keyring.retentionKey(id, in: reading), context(id))
    }

    static func insert(
        _ policy: RetentionPolicy, key: SealingKey, in transaction: borrowing Transaction
    ) throws {
        let text = RuleText(name: policy.name, reason: policy.reason).sealed(under: key, context(policy.id))
        try transaction.run(
            """
            INSERT INTO retention_policies (id, node_id, space_id, mode, duration, keep_versions, keep_for, sealed_text, created_by,
                                            created_at, updated_at)
            VALUES (\(policy.id), \(policy.node), \(policy.space), \(policy.mode.rawValue), \(policy.duration),
                    \((policy.expiry?.keepVersions).sqlValue), \((policy.expiry?.keepFor).sqlValue), \(text), \(policy.createdBy),
                    \(policy.createdAt), \(policy.updatedAt))
            """)
        try transaction.run(
            """
            INSERT INTO retention_places (node_id, policy_id, space_id, covers_before, is_carried, created_at)
            VALUES (\(policy.node), \(policy.id), \(policy.space), \(Int64.max), 0, \(transaction.now))
            """)
    }

    /// Writes what may change of a policy.
    static func update(
        _ policy: RetentionPolicy, key: SealingKey, in transaction: borrowing Transaction
    ) throws {
        let text = RuleText(name: policy.name, reason: policy.reason).sealed(under: key, context(policy.id))
        try transaction.run(
            """
            UPDATE retention_policies
            SET mode = \(policy.mode.rawValue), duration = \(policy.duration),
                keep_versions = \((policy.expiry?.keepVersions).sqlValue), keep_for = \((policy.expiry?.keepFor).sqlValue),
                sealed_text = \(text), updated_at = \(transaction.now)
            WHERE id = \(policy.id)
            """)
    }

    /// Lets a node that leaves a policy's folder carry the policy along, for versions made up to a moment.
    /// - Returns: whether that is more than it carried before.
    static func carry(
        _ policy: RetentionPolicyID, on node: NodeID, in space: SpaceID, upTo moment: Int64,
        _ transaction: borrowing Transaction
    ) throws -> Bool {
        let known = try transaction.first(
            "SELECT covers_before FROM retention_places WHERE node_id = \(node) AND policy_id = \(policy)",
            { $0.integer(0) })
        if let known {
            guard known < moment else { return false }
            try transaction.run(
                """
                UPDATE retention_places SET covers_before = \(moment) WHERE node_id = \(node) AND policy_id = \(policy)
                """)
        } else {
            try transaction.run(
                """
                INSERT INTO retention_places (node_id, policy_id, space_id, covers_before, is_carried, created_at)
                VALUES (\(node), \(policy), \(space), \(moment), 1, \(transaction.now))
                """)
        }
        return true
    }

    /// A row as it rests.
    private struct Sealed {
        let id: RetentionPolicyID
        let node: NodeID
        let space: SpaceID
        let mode: RetentionMode
        let duration: Int64
        let expiry: VersionExpiry?
        let text: [UInt8]
        let createdBy: AccountID
        let createdAt: Timestamp
        let updatedAt: Timestamp
        let liftedAt: Timestamp?

        init(_ row: borrowing Row) {
            id = row.id(0)
            node = row.id(1)
            space = row.id(2)
            mode = Keeping.mode(row.integer(3))
            duration = row.integer(4)
            expiry = VersionExpiry(keepVersions: row.optionalInt(5), keepFor: row.optionalInteger(6))
            text = row.bytes(7)
            createdBy = row.id(8)
            createdAt = row.timestamp(9)
            updatedAt = row.timestamp(10)
            liftedAt = row.optionalTimestamp(11)
        }

        func opened(
            _ keyring: Keyring, in reading: borrowing some SQLReading & ~Copyable
        ) throws -> RetentionPolicy {
            let words = try RuleText.opened(text, under: try keyring.retentionKey(id, in: reading), context(id))
            return RetentionPolicy(
                id: id, node: node, space: space, name: words.name, reason: words.reason, mode: mode,
                duration: duration, expiry: expiry, createdBy: createdBy, createdAt: createdAt, updatedAt: updatedAt,
                liftedAt: liftedAt)
        }
    }
}
