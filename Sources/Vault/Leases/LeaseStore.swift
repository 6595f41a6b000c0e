import Database

/// A row of `leases`. `expires_at` is told to people who look; no node decides by it.
struct LeaseRow: Sendable {
    let name: String
    /// `nil` when it was given back.
    let holder: ClusterNodeID?
    let stamp: Stamp

    /// Changes with every renewal and every change of holder.
    struct Stamp: Sendable, Equatable {
        let term: Int64
        /// UTC milliseconds by the holder's clock, and more than the one before in any case.
        let renewedAt: Int64
    }
}

/// What a node wants of a lease, as it last saw the row. Each is one conditional statement: of two that want the same, one
/// gets it.
enum LeaseClaim: Sendable {
    /// There is no row yet.
    case first(LeaseName)
    /// It is this node's own, in this term.
    case renew(Lease)
    /// The row was last seen so: given back, or not renewed for too long.
    case take(LeaseName, from: ClusterNodeID?, LeaseRow.Stamp)

    var name: LeaseName {
        switch self {
        case .first(let name), .take(let name, _, _): name
        case .renew(let lease): lease.name
        }
    }
}

/// The statements on `leases`.
struct LeaseStore: Sendable {
    let node: ClusterNodeID
    /// Milliseconds.
    let duration: Int64

    func rows(in reading: borrowing some SQLReading & ~Copyable) throws -> [LeaseRow] {
        try reading.all("SELECT name, holder, term, renewed_at FROM leases ORDER BY name LIMIT 100") { row in
            LeaseRow(
                name: row.text(0), holder: row.optionalID(1),
                stamp: LeaseRow.Stamp(term: row.integer(2), renewedAt: row.integer(3)))
        }
    }

    /// - Returns: the lease, or `nil` when another node was faster.
    func attempt(_ claim: LeaseClaim, in transaction: borrowing Transaction) throws -> Lease? {
        let now = transaction.now.milliseconds
        let end = now + duration
        let changed: Int
        let term: Int64
        switch claim {
        case .first(let name):
            term = 1
            changed = try transaction.run(
                """
                INSERT INTO leases (name, holder, acquired_at, renewed_at, expires_at, term)
                VALUES (\(name.rawValue), \(node), \(now), \(now), \(end), 1) ON CONFLICT (name) DO NOTHING
                """)
        case .renew(let lease):
            term = lease.term
            changed = try transaction.run(
                """
                UPDATE leases
                SET renewed_at = CASE WHEN renewed_at < \(now) THEN \(now) ELSE renewed_at + 1 END, expires_at = \(end)
                WHERE name = \(lease.name.rawValue) AND holder = \(node) AND term = \(lease.term)
                """)
        case .take(let name, _, let stamp):
            term = stamp.term + 1
            changed = try transaction.run(
                """
                UPDATE leases
                SET holder = \(node), acquired_at = \(now), expires_at = \(end), term = \(term),
                    renewed_at = CASE WHEN renewed_at < \(now) THEN \(now) ELSE renewed_at + 1 END
                WHERE name = \(name.rawValue) AND term = \(stamp.term) AND renewed_at = \(stamp.renewedAt)
                """)
        }
        return changed == 1 ? Lease(name: claim.name, term: term) : nil
    }

    func release(_ lease: Lease, in transaction: borrowing Transaction) throws {
        try transaction.run(
            """
            UPDATE leases SET holder = NULL, expires_at = \(transaction.now)
            WHERE name = \(lease.name.rawValue) AND holder = \(node) AND term = \(lease.term)
            """)
    }

    func isHeld(_ lease: Lease, in reading: borrowing some SQLReading & ~Copyable) throws -> Bool {
        try reading.exists(
            "SELECT 1 FROM leases WHERE name = \(lease.name.rawValue) AND holder = \(node) AND term = \(lease.term)")
    }
}
