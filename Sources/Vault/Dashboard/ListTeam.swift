import Database

/// A colleague on the dashboard.
public struct TeamMember: Sendable {
    public let person: Person
    /// Live files of their own drive.
    public let files: Int64
    public let isOnline: Bool
}

public struct TeamPage: Sendable {
    /// Oldest account first.
    public let members: [TeamMember]
    /// Of all colleagues, also beyond the page.
    public let online: Int
    public let next: AccountID?
}

/// Everybody with an active account but the caller (requirements/1, `GET /api/dashboard/team`).
public struct ListTeam: Sendable {
    let core: VaultCore

    public static let defaultLimit = 200
    public static let maximumLimit = 1_000

    private struct Line {
        let id: AccountID
        let files: Int64
    }

    /// - Parameters:
    ///   - cursor: the last member of the page before.
    ///   - limit: members on the page, 1…1,000.
    public func callAsFunction(
        after cursor: AccountID? = nil, limit: Int = ListTeam.defaultLimit, as principal: Principal
    ) async throws -> TeamPage {
        try principal.require(.readContent)
        let limit = min(max(1, limit), Self.maximumLimit)
        return try await core.database.read { snapshot in
            let lines = try snapshot.all(
                """
                SELECT a.id, CAST(COALESCE(SUM(u.files), 0) AS BIGINT)
                FROM accounts a LEFT JOIN space_usage u ON u.space_id = a.space_id AND u.trashed = 0
                WHERE a.status = 'active' AND a.id <> \(principal.account) AND a.id > \(cursor ?? AccountID(0))
                GROUP BY a.id ORDER BY a.id LIMIT \(limit + 1)
                """
            ) { row in Line(id: row.id(0), files: row.integer(1)) }
            let shown = lines.prefix(limit)
            let present = try core.presence.online(among: shown.map(\.id), in: snapshot)
            let members = try shown.map { line in
                TeamMember(
                    person: try core.people.card(line.id, in: snapshot), files: line.files,
                    isOnline: present.contains(line.id))
            }
            return TeamPage(
                members: members, online: try core.presence.onlineCount(besides: principal.account, in: snapshot),
                next: lines.count > limit ? members.last?.person.id : nil)
        }
    }
}
