import Database

/// Knows what retention policies and legal holds bind. Asked inside the transactions that destroy or take away, and
/// nowhere else: uploads, lists and downloads do not pay for rules.
package struct Keeping: Sendable {
    let keyring: Keyring

    /// Most bonds told of one node; one is enough to refuse.
    static let mostBonds = 100

    /// - Throws: `VaultError.kept` when anything of the extent is bound; the strictest rule is named.
    func requireFree(
        _ extent: Extent, in space: SpaceID, for principal: Principal, _ reading: borrowing some SQLReading & ~Copyable
    ) throws {
        let bonds = try bonds(on: extent, in: space, reading)
        guard let bond = Self.strictest(bonds) else { return }
        throw VaultError.kept(try refusal(bond, for: principal, reading))
    }

    /// Whether anything of the extent is bound.
    func isFree(
        _ extent: Extent, in space: SpaceID, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        try bonds(on: extent, in: space, reading).isEmpty
    }

    static func strictest(_ bonds: [Bond]) -> Bond? {
        bonds.max { second, first in first.isStricter(than: second) }
    }

    /// Every rule that keeps anything of the extent now, holds first; at most ``mostBonds``.
    func bonds(
        on extent: Extent, in space: SpaceID, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> [Bond] {
        var bonds: [Bond] = []
        if try hasHolds(in: space, reading) { bonds += try holds(on: extent, reading) }
        if try hasPolicies(in: space, reading) { bonds += try retentions(on: extent, reading) }
        return Array(bonds.prefix(Self.mostBonds))
    }

    // MARK: Whether there is anything to look for

    func hasHolds(in space: SpaceID, _ reading: borrowing some SQLReading & ~Copyable) throws -> Bool {
        try reading.exists("SELECT 1 FROM hold_places WHERE space_id = \(space) AND released_at IS NULL LIMIT 1")
    }

    func hasPolicies(in space: SpaceID, _ reading: borrowing some SQLReading & ~Copyable) throws -> Bool {
        try reading.exists(
            """
            SELECT 1 FROM retention_places p JOIN retention_policies r ON r.id = p.policy_id
            WHERE p.space_id = \(space) AND r.lifted_at IS NULL LIMIT 1
            """)
    }

    // MARK: Finding

    private func holds(on extent: Extent, _ reading: borrowing some SQLReading & ~Copyable) throws -> [Bond] {
        try reading.all(
            """
            WITH RECURSIVE \(extent.sub), \(extent.chain),
            area (id) AS (SELECT id FROM sub UNION SELECT id FROM chain)
            SELECT p.hold_id, p.node_id, p.is_carried FROM area a JOIN hold_places p ON p.node_id = a.id
            WHERE p.released_at IS NULL ORDER BY p.hold_id, p.node_id LIMIT \(Self.mostBonds)
            """
        ) { row in Bond(rule: .hold(row.id(0)), until: nil, place: row.id(1), isCarried: row.bool(2)) }
    }

    private func retentions(on extent: Extent, _ reading: borrowing some SQLReading & ~Copyable) throws -> [Bond] {
        var bonds: [Bond] = []
        var newest: [Int64: Int64?] = [:]
        for place in try places(above: extent, reading) {
            if newest[place.coversBefore] == nil {
                newest[place.coversBefore] = try newestVersion(of: extent, upTo: place.coversBefore, reading)
            }
            guard case .some(.some(let made)) = newest[place.coversBefore] else { continue }
            let until = made + place.duration
            guard until > reading.now.milliseconds else { continue }
            bonds.append(
                Bond(
                    rule: .retention(place.policy, place.mode), until: Timestamp(milliseconds: until),
                    place: place.node, isCarried: place.isCarried))
        }
        bonds += try retentions(inside: extent, reading)
        if case .alone = extent { return bonds }
        bonds += try reading.all(
            """
            WITH RECURSIVE \(extent.sub)
            SELECT r.id, r.mode, r.node_id FROM sub s JOIN retention_policies r ON r.node_id = s.id
            WHERE r.lifted_at IS NULL ORDER BY r.id LIMIT \(Self.mostBonds)
            """
        ) { row in
            Bond(rule: .bearer(row.id(0), Self.mode(row.integer(1))), until: nil, place: row.id(2), isCarried: false)
        }
        return bonds
    }

    /// Where a policy lies, with what it says.
    struct Place {
        let policy: RetentionPolicyID
        let node: NodeID
        let mode: RetentionMode
        let duration: Int64
        let expiry: VersionExpiry?
        /// Versions made later are not bound from here: the node had left by then. `Int64.max` where it did not.
        let coversBefore: Int64
        let isCarried: Bool
    }

    /// The policies in force that lie on the node or above it: they cover all of the extent. Nearest first.
    func places(above extent: Extent, _ reading: borrowing some SQLReading & ~Copyable) throws -> [Place] {
        try reading.all(
            """
            WITH RECURSIVE \(extent.chain)
            SELECT r.id, p.node_id, r.mode, r.duration, r.keep_versions, r.keep_for, p.covers_before, p.is_carried
            FROM chain c JOIN retention_places p ON p.node_id = c.id JOIN retention_policies r ON r.id = p.policy_id
            WHERE r.lifted_at IS NULL ORDER BY c.depth, r.id LIMIT 1000
            """
        ) { row in
            Place(
                policy: row.id(0), node: row.id(1), mode: Self.mode(row.integer(2)), duration: row.integer(3),
                expiry: VersionExpiry(keepVersions: row.optionalInt(4), keepFor: row.optionalInteger(5)),
                coversBefore: row.integer(6), isCarried: row.bool(7))
        }
    }

    private func newestVersion(
        of extent: Extent, upTo moment: Int64, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> Int64? {
        try reading.first(
            """
            WITH RECURSIVE \(extent.sub)
            SELECT MAX(v.created_at) FROM sub s JOIN versions v ON v.node_id = s.id WHERE v.created_at <= \(moment)
            """, { $0.optionalInteger(0) }) ?? nil
    }

    /// Policies that lie below the node and bind something there. From each file the way up is walked: the tree has an
    /// index upwards in every state, and none downwards for the trash.
    private func retentions(
        inside extent: Extent, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> [Bond] {
        if case .alone = extent { return [] }
        let node = extent.node
        let hasAny = try reading.exists(
            """
            WITH RECURSIVE \(extent.sub)
            SELECT 1 FROM sub s JOIN retention_places p ON p.node_id = s.id JOIN retention_policies r ON r.id = p.policy_id
            WHERE s.id <> \(node) AND r.lifted_at IS NULL LIMIT 1
            """)
        guard hasAny else { return [] }
        let now = reading.now
        return try reading.all(
            """
            WITH RECURSIVE \(extent.sub),
            up (file, id, parent_id) AS (
                SELECT n.id, n.id, n.parent_id FROM sub s JOIN nodes n ON n.id = s.id WHERE n.kind = 0
                UNION ALL
                SELECT u.file, p.id, p.parent_id FROM up u JOIN nodes p ON p.id = u.parent_id WHERE u.id <> \(node)
            )
            SELECT r.id, r.mode, p.node_id, p.is_carried, MAX(v.created_at) + r.duration AS kept_until
            FROM up u
            JOIN retention_places p ON p.node_id = u.id
            JOIN retention_policies r ON r.id = p.policy_id
            JOIN versions v ON v.node_id = u.file
            WHERE u.id <> \(node) AND r.lifted_at IS NULL AND v.created_at <= p.covers_before
                  AND v.created_at + r.duration > \(now)
            GROUP BY r.id, r.mode, r.duration, p.node_id, p.is_carried
            ORDER BY kept_until DESC, r.id LIMIT \(Self.mostBonds)
            """
        ) { row in
            Bond(
                rule: .retention(row.id(0), Self.mode(row.integer(1))), until: row.timestamp(4), place: row.id(2),
                isCarried: row.bool(3))
        }
    }

    /// An unknown mode is one of a newer program: what it may not allow is not allowed here either.
    static func mode(_ raw: Int64) -> RetentionMode { RetentionMode(rawValue: raw) ?? .compliance }
}

extension Keeping {
    /// The refusal that a bond means. Names of policies are told to whoever may do things to what they bind; names of
    /// legal holds only to those who work with them.
    func refusal(
        _ bond: Bond, for principal: Principal, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> VaultError.KeptRefusal {
        switch bond.rule {
        case .hold(let id):
            let maySee = principal.role.allows(.holdDocuments)
            return .legalHold(name: maySee ? try HoldStore.text(id, keyring: keyring, in: reading).name : nil)
        case .retention(let id, let mode):
            let name = try RetentionStore.text(id, keyring: keyring, in: reading).name
            return .retention(name: name, mode: mode, until: bond.until ?? reading.now)
        case .bearer(let id, let mode):
            return .bearsPolicy(name: try RetentionStore.text(id, keyring: keyring, in: reading).name, mode: mode)
        }
    }
}
