import Crypto
import Database

/// The statements on `holds`, `hold_places` and `hold_releases`.
enum HoldStore {
    static func context(_ id: HoldID) -> SealContext { SealContext("cloudspace legal hold", id.value) }
    static func context(_ id: HoldReleaseID) -> SealContext { SealContext("cloudspace hold release", id.value) }

    /// A row as it rests.
    struct Record {
        let id: HoldID
        let text: [UInt8]
        let openedBy: AccountID
        let openedAt: Timestamp
        let updatedAt: Timestamp
        let releasedAt: Timestamp?

        init(_ row: borrowing Row) {
            id = row.id(0)
            text = row.bytes(1)
            openedBy = row.id(2)
            openedAt = row.timestamp(3)
            updatedAt = row.timestamp(4)
            releasedAt = row.optionalTimestamp(5)
        }
    }

    /// - Throws: `VaultError.notFound(.hold)`.
    static func record(_ id: HoldID, in reading: borrowing some SQLReading & ~Copyable) throws -> Record {
        let found = try reading.first(
            "SELECT id, sealed_text, opened_by, opened_at, updated_at, released_at FROM holds WHERE id = \(id)"
        ) { Record($0) }
        guard let found else { throw VaultError.notFound(.hold) }
        return found
    }

    /// Newest first, those before `cursor`.
    static func records(
        before cursor: HoldID?, limit: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [Record] {
        try reading.all(
            """
            SELECT id, sealed_text, opened_by, opened_at, updated_at, released_at FROM holds
            WHERE id < \(cursor ?? HoldID(.max)) ORDER BY id DESC LIMIT \(limit)
            """
        ) { Record($0) }
    }

    static func opened(
        _ record: Record, keyring: Keyring, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> LegalHold {
        let key = try keyring.holdKey(record.id, in: reading)
        let text = try RuleText.opened(record.text, under: key, context(record.id))
        let count = try reading.first(
            "SELECT COUNT(*) FROM hold_places WHERE hold_id = \(record.id) AND released_at IS NULL", { $0.int(0) })
        return LegalHold(
            id: record.id, name: text.name, reason: text.reason, openedBy: record.openedBy, openedAt: record.openedAt,
            updatedAt: record.updatedAt, releasedAt: record.releasedAt, nodes: count ?? 0,
            pending: try pending(record.id, key: key, in: reading))
    }

    static func text(
        _ id: HoldID, keyring: Keyring, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> RuleText {
        try RuleText.opened(
            try record(id, in: reading).text, under: try keyring.holdKey(id, in: reading), context(id))
    }

    static func insert(
        _ id: HoldID, _ text: RuleText, key: SealingKey, by author: AccountID, in transaction: borrowing Transaction
    ) throws {
        let now = transaction.now
        try transaction.run(
            """
            INSERT INTO holds (id, sealed_text, opened_by, opened_at, updated_at)
            VALUES (\(id), \(text.sealed(under: key, context(id))), \(author), \(now), \(now))
            """)
    }

    static func update(
        _ id: HoldID, _ text: RuleText, key: SealingKey, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            UPDATE holds SET sealed_text = \(text.sealed(under: key, context(id))), updated_at = \(transaction.now)
            WHERE id = \(id)
            """)
    }
}

// MARK: Places

extension HoldStore {
    /// The holds that lie on the node or above it.
    static func holds(above node: NodeID, in reading: borrowing some SQLReading & ~Copyable) throws -> [HoldID] {
        try reading.all(
            """
            WITH RECURSIVE \(Extent.alone(node).chain)
            SELECT DISTINCT p.hold_id FROM chain c JOIN hold_places p ON p.node_id = c.id
            WHERE p.released_at IS NULL ORDER BY p.hold_id
            """
        ) { $0.id(0) }
    }

    /// Lets a hold lie on a node, anew if it was released there before.
    /// - Returns: whether it did not before.
    static func place(
        _ hold: HoldID, on node: NodeID, in space: SpaceID, isCarried: Bool, by author: AccountID,
        _ transaction: borrowing Transaction
    ) throws -> Bool {
        let isThere = try transaction.exists(
            "SELECT 1 FROM hold_places WHERE node_id = \(node) AND hold_id = \(hold) AND released_at IS NULL")
        if isThere { return false }
        try transaction.run(
            """
            INSERT INTO hold_places (node_id, hold_id, space_id, is_carried, added_by, added_at)
            VALUES (\(node), \(hold), \(space), \(isCarried), \(author), \(transaction.now))
            ON CONFLICT (node_id, hold_id) DO UPDATE
            SET is_carried = excluded.is_carried, added_by = excluded.added_by, added_at = excluded.added_at, released_at = NULL
            """)
        return true
    }

    static func isPlaced(
        _ hold: HoldID, on node: NodeID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        try reading.exists(
            "SELECT 1 FROM hold_places WHERE node_id = \(node) AND hold_id = \(hold) AND released_at IS NULL")
    }

    static func countOfPlaces(_ hold: HoldID, in reading: borrowing some SQLReading & ~Copyable) throws -> Int {
        try reading.first(
            "SELECT COUNT(*) FROM hold_places WHERE hold_id = \(hold) AND released_at IS NULL", { $0.int(0) }) ?? 0
    }

    /// In the order of their ids, those after `cursor`. Names are opened where the key is still there.
    static func nodes(
        of hold: HoldID, after cursor: NodeID?, limit: Int, keyring: Keyring,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [HeldNode] {
        let rows = try reading.all(
            """
            SELECT \(NodeQueries.columns), p.added_by, p.added_at, p.is_carried
            FROM hold_places p JOIN nodes n ON n.id = p.node_id LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE p.hold_id = \(hold) AND p.released_at IS NULL AND p.node_id > \(cursor ?? NodeID(0))
            ORDER BY p.node_id LIMIT \(limit)
            """
        ) { row in
            (NodeRecord(row), addedBy: row.id(17) as AccountID, addedAt: row.timestamp(18), isCarried: row.bool(19))
        }
        return try rows.map { record, addedBy, addedAt, isCarried in
            let meta = try NodeMeta.opened(record.sealedMeta, under: try record.key(keyring), node: record.id)
            return HeldNode(
                id: record.id, kind: record.kind, state: record.state, name: meta.name.text, space: record.space,
                addedBy: addedBy, addedAt: addedAt, isCarried: isCarried)
        }
    }
}

// MARK: Releases

extension HoldStore {
    /// The request that waits for a second person.
    static func pending(
        _ hold: HoldID, key: SealingKey, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> HoldRelease? {
        let row = try reading.first(
            """
            SELECT id, is_whole, sealed_reason, asked_by, asked_at FROM hold_releases
            WHERE hold_id = \(hold) AND decided_at IS NULL
            """
        ) { row in
            (
                id: row.id(0) as HoldReleaseID, isWhole: row.bool(1), reason: row.bytes(2),
                askedBy: row.id(3) as AccountID, askedAt: row.timestamp(4)
            )
        }
        guard let row else { return nil }
        var nodes: [NodeID]?
        if !row.isWhole {
            nodes = try reading.all(
                "SELECT node_id FROM hold_release_places WHERE release_id = \(row.id) ORDER BY node_id", { $0.id(0) })
        }
        let reason = String(decoding: try key.open(row.reason, context: context(row.id)), as: UTF8.self)
        return HoldRelease(id: row.id, reason: reason, askedBy: row.askedBy, askedAt: row.askedAt, nodes: nodes)
    }

    static func insert(
        _ release: HoldRelease, of hold: HoldID, key: SealingKey, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            INSERT INTO hold_releases (id, hold_id, is_whole, sealed_reason, asked_by, asked_at)
            VALUES (\(release.id), \(hold), \(release.nodes == nil),
                    \(key.seal(Array(release.reason.utf8), context: context(release.id))), \(release.askedBy), \(release.askedAt))
            """)
        for node in release.nodes ?? [] {
            try transaction.run(
                "INSERT INTO hold_release_places (release_id, node_id) VALUES (\(release.id), \(node))")
        }
    }

    /// Closes a request, and when it was confirmed lets go what it asked for.
    static func decide(
        _ release: HoldRelease, of hold: HoldID, isConfirmed: Bool, by person: AccountID,
        in transaction: borrowing Transaction
    ) throws {
        let now = transaction.now
        try transaction.run(
            """
            UPDATE hold_releases SET decided_by = \(person), decided_at = \(now), is_confirmed = \(isConfirmed)
            WHERE id = \(release.id)
            """)
        guard isConfirmed else { return }
        if release.nodes == nil {
            try transaction.run(
                "UPDATE hold_places SET released_at = \(now) WHERE hold_id = \(hold) AND released_at IS NULL")
            try transaction.run("UPDATE holds SET released_at = \(now), updated_at = \(now) WHERE id = \(hold)")
        } else {
            try transaction.run(
                """
                UPDATE hold_places SET released_at = \(now)
                WHERE hold_id = \(hold) AND released_at IS NULL
                      AND node_id IN (SELECT node_id FROM hold_release_places WHERE release_id = \(release.id))
                """)
            try transaction.run("UPDATE holds SET updated_at = \(now) WHERE id = \(hold)")
        }
    }
}
