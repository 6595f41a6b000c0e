import Database

extension Sharing {
    public static let defaultLimit = 100
    public static let maximumLimit = 1_000
    /// Nodes shared with one person that are listed.
    private static let mostShared = 10_000

    /// Who has access to a node. Who owns it sees everybody; others see those whose access comes from what they see
    /// themselves.
    /// - Parameters:
    ///   - limit: 1…1,000.
    ///   - cursor: `next` of the page before.
    public func list(
        _ id: NodeID, limit: Int = Sharing.defaultLimit, cursor: String? = nil, as principal: Principal
    ) async throws -> ShareList {
        let start = try position(cursor)
        return try await core.database.read { snapshot in
            let access = try core.grants.require(Read.self, on: id, for: principal, in: snapshot)
            guard access.record.parent != nil,
                let owner = try core.grants.ownerOfSpace(access.record.space, in: snapshot)
            else { throw VaultError.notFound(.file) }
            let held = try core.grants.standing(of: principal, on: access.record, in: snapshot).permission
            let chain = try NodeQueries.ancestors(of: id, in: snapshot)
            let visible = Set(try core.visibleChain(chain, for: principal, in: snapshot).map(\.id))
            let shown = held == .owner ? chain : chain.filter { visible.contains($0.id) }

            var shares: [Share] = []
            var total = 0
            for record in shown {
                let rows = try snapshot.all(
                    """
                    SELECT grantee_id, permission, granted_by, created_at FROM grants
                    WHERE node_id = \(record.id) ORDER BY created_at, grantee_id LIMIT \(Self.maximumPeople)
                    """
                ) { row in
                    (
                        person: row.id(0) as AccountID, permission: Permission(rawValue: row.integer(1)) ?? .viewer,
                        giver: row.id(2) as AccountID, at: row.timestamp(3)
                    )
                }
                for row in rows {
                    defer { total += 1 }
                    guard total >= start, shares.count < min(max(1, limit), Self.maximumLimit) else { continue }
                    let folder = visible.contains(record.id) ? record.opened(try core.names.meta(of: record)) : nil
                    shares.append(
                        Share(
                            person: try core.people.card(row.person, in: snapshot), permission: row.permission,
                            grantedBy: try core.people.card(row.giver, in: snapshot), grantedAt: row.at,
                            source: record.id == id ? .direct : .inherited(from: folder)))
                }
            }
            let end = start + shares.count
            return ShareList(
                owner: try core.people.card(owner, in: snapshot), shares: shares[...], total: total,
                next: end < total ? String(end) : nil)
        }
    }

    private func position(_ cursor: String?) throws(VaultError) -> Int {
        guard let cursor else { return 0 }
        guard let position = Int(cursor), position > 0 else { throw .invalid(field: "cursor", .malformed) }
        return position
    }

    /// What was shared with the caller directly and can be seen: nothing that lies in the trash or was destroyed.
    /// - Parameters:
    ///   - limit: 1…1,000.
    ///   - cursor: `next` of the page before.
    public func sharedWithMe(
        sort: SharedSort = .date, order: ListOrder = .descending, limit: Int = Sharing.defaultLimit,
        cursor: String? = nil, as principal: Principal
    ) async throws -> SharedPage {
        try principal.require(.readContent)
        let entries = try await core.database.read { snapshot in
            var people: [AccountID: Person] = [:]
            let rows = try snapshot.all(
                """
                SELECT \(NodeQueries.columns), g.permission, g.granted_by, g.created_at
                FROM grants g JOIN nodes n ON n.id = g.node_id LEFT JOIN file_keys k ON k.owner_id = n.id
                WHERE g.grantee_id = \(principal.account) AND n.state = 0
                ORDER BY g.created_at DESC, g.node_id LIMIT \(Self.mostShared)
                """
            ) { row in
                (
                    record: NodeRecord(row), permission: Permission(rawValue: row.integer(17)) ?? .viewer,
                    giver: row.id(18) as AccountID, at: row.timestamp(19)
                )
            }
            return try rows.filter { $0.record.wrappedKey != nil }.map { row in
                let person = try people[row.giver] ?? core.people.card(row.giver, in: snapshot)
                people[row.giver] = person
                let meta = try core.names.meta(of: row.record)
                return SharedNode(
                    node: row.record.opened(meta), permission: row.permission, sharedBy: person, sharedAt: row.at,
                    sortKey: CollationKey.of(meta.name.text))
            }
        }
        let sorted = entries.sorted { Self.precedes($0, $1, sort, order) }
        let start = try ListCursor.start(after: cursor, in: sorted) { $0.node.id }
        let end = min(sorted.count, start + min(max(1, limit), Self.maximumLimit))
        return SharedPage(
            entries: sorted[start..<end], total: sorted.count,
            next: end < sorted.count ? "\(end).\(sorted[end - 1].node.id)" : nil)
    }

    private static func precedes(
        _ left: SharedNode, _ right: SharedNode, _ sort: SharedSort, _ order: ListOrder
    ) -> Bool {
        let (first, second) = order == .ascending ? (left, right) : (right, left)
        switch sort {
        case .date where first.sharedAt != second.sharedAt: return first.sharedAt < second.sharedAt
        case .size where first.node.size != second.node.size: return first.node.size < second.node.size
        case .name where first.sortKey != second.sortKey:
            return first.sortKey.lexicographicallyPrecedes(second.sortKey)
        default: break
        }
        if left.sortKey != right.sortKey { return left.sortKey.lexicographicallyPrecedes(right.sortKey) }
        return left.node.id.value < right.node.id.value
    }
}
