import Crypto
import Database

/// Makes, lists, changes and revokes links. For who owns the file only.
public struct ShareLinks: Sendable {
    let core: VaultCore

    public static let defaultLimit = 50

    /// - Throws: `VaultError.tooManyLinks`; `.invalid` for a moment in the past.
    public func create(_ terms: LinkTerms, on id: NodeID, as principal: Principal) async throws -> ShareLink {
        try principal.require(.writeContent)
        let hash = try await hash(terms.password)
        let token = LinkToken.random()
        return try await core.database.write { transaction in
            let access = try access(Own.self, id, principal, in: transaction)
            try check(terms.expiresAt, terms.maximumDownloads, now: transaction.now)
            let count = try transaction.first(
                "SELECT COUNT(*) FROM share_links WHERE node_id = \(id) AND revoked_at IS NULL", { $0.int(0) })
            let most = core.settings.links.maximumPerNode
            guard count ?? 0 < most else { throw VaultError.tooManyLinks(maximum: most) }
            let link: ShareLinkID = core.ids.next()
            let sealedPassword = hash.map { LinkRow.seal(passwordHash: $0, of: link, under: access.key) }
            try transaction.run(
                """
                INSERT INTO share_links (id, node_id, token_tag, sealed_token, sealed_password, created_by, created_at,
                                         expires_at, maximum_downloads, downloads)
                VALUES (\(link), \(id), \(token.tag(core.keyring)), \(LinkRow.seal(token, of: link, under: access.key)),
                        \(sealedPassword.sqlValue), \(principal.account), \(transaction.now),
                        \((terms.expiresAt?.milliseconds).sqlValue), \(terms.maximumDownloads.sqlValue), 0)
                """)
            let row = try row(link, on: id, in: transaction)
            try record(.linkCreated, row, access, in: transaction)
            return try opened(row, access, in: transaction)
        }
    }

    /// Those of one node that were not revoked, newest first.
    /// - Parameters:
    ///   - limit: 1…100.
    ///   - cursor: `next` of the page before.
    public func list(
        of id: NodeID, limit: Int = ShareLinks.defaultLimit, cursor: String? = nil, as principal: Principal
    ) async throws -> ShareLinkPage {
        let limit = min(max(1, limit), 100)
        let before = try cursor.map { text throws(VaultError) -> ShareLinkID in
            guard let id = ShareLinkID(text) else { throw .invalid(field: "cursor", .malformed) }
            return id
        }
        return try await core.database.read { snapshot in
            let access = try access(Oversee.self, id, principal, in: snapshot)
            let rows = try snapshot.all(
                """
                SELECT \(LinkRow.columns) FROM share_links l
                WHERE l.node_id = \(id) AND l.id < \(before ?? ShareLinkID(.max)) AND l.revoked_at IS NULL
                ORDER BY l.id DESC LIMIT \(limit + 1)
                """, { LinkRow($0) })
            return ShareLinkPage(
                links: try rows.prefix(limit).map { try opened($0, access, in: snapshot) },
                next: rows.count > limit ? rows[limit - 1].id.description : nil)
        }
    }

    /// Changes what a link allows; its address stays. Downloads counted so far stay counted.
    public func change(
        _ link: ShareLinkID, on id: NodeID, _ change: LinkChange, as principal: Principal
    ) async throws -> ShareLink {
        try principal.require(.writeContent)
        var hash: String?
        if case .set(let password) = change.password { hash = try await self.hash(password) }
        return try await core.database.write { [hash] transaction in
            let access = try access(Own.self, id, principal, in: transaction)
            let old = try row(link, on: id, in: transaction)
            let expiresAt = change.expiresAt.applied(to: old.expiresAt)
            let maximum = change.maximumDownloads.applied(to: old.maximumDownloads)
            var newExpiry: Timestamp?
            if case .set(let moment) = change.expiresAt { newExpiry = moment }
            try check(newExpiry, maximum, now: transaction.now)
            let sealedPassword: [UInt8]? =
                switch change.password {
                case .keep: old.sealedPassword
                case .remove: nil
                case .set: hash.map { LinkRow.seal(passwordHash: $0, of: link, under: access.key) }
                }
            try transaction.run(
                """
                UPDATE share_links
                SET sealed_password = \(sealedPassword.sqlValue), expires_at = \((expiresAt?.milliseconds).sqlValue),
                    maximum_downloads = \(maximum.sqlValue)
                WHERE id = \(link)
                """)
            let row = try row(link, on: id, in: transaction)
            try record(.linkChanged, row, access, in: transaction)
            return try opened(row, access, in: transaction)
        }
    }

    /// Ends a link for ever. Downloads under way are not broken off; none can be begun or continued.
    public func revoke(_ link: ShareLinkID, on id: NodeID, as principal: Principal) async throws {
        try await core.database.write { transaction in
            let access = try access(Own.self, id, principal, in: transaction)
            let row = try row(link, on: id, in: transaction)
            try transaction.run("UPDATE share_links SET revoked_at = \(transaction.now) WHERE id = \(link)")
            try record(.linkRevoked, row, access, in: transaction)
        }
    }

    // MARK: Steps

    private func access<Kind: PermissionKind>(
        _ kind: Kind.Type, _ id: NodeID, _ principal: Principal, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Access<Kind> {
        let access = try core.grants.require(kind, on: id, for: principal, lock: .ignored, in: reading)
        guard access.record.parent != nil else { throw VaultError.cannotShare(.root) }
        return access
    }

    private func hash(_ password: NewPassword?) async throws -> String? {
        guard let password else { return nil }
        return try await core.passwords.hash(password.text)
    }

    private func check(_ expiresAt: Timestamp?, _ maximum: Int64?, now: Timestamp) throws {
        if let expiresAt, expiresAt <= now { throw VaultError.invalid(field: "expires_at", .inThePast) }
        if let maximum, !(1...LinkTerms.largestMaximum).contains(maximum) {
            throw VaultError.invalid(field: "max_downloads", .malformed)
        }
    }

    private func row(
        _ link: ShareLinkID, on node: NodeID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> LinkRow {
        let row = try reading.first(
            """
            SELECT \(LinkRow.columns) FROM share_links l
            WHERE l.id = \(link) AND l.node_id = \(node) AND l.revoked_at IS NULL
            """, { LinkRow($0) })
        guard let row else { throw VaultError.notFound(.link) }
        return row
    }

    private func opened<Kind: PermissionKind>(
        _ row: LinkRow, _ access: borrowing Access<Kind>, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> ShareLink {
        ShareLink(
            id: row.id, node: row.node, token: try row.token(under: access.key),
            hasPassword: row.sealedPassword != nil, createdBy: try core.people.card(row.createdBy, in: reading),
            createdAt: row.createdAt, expiresAt: row.expiresAt, maximumDownloads: row.maximumDownloads,
            downloads: row.downloads, lastUsedAt: row.lastUsedAt, state: row.state(at: reading.now))
    }

    private func record(
        _ action: AuditAction, _ row: LinkRow, _ access: borrowing Access<Own>, in transaction: borrowing Transaction
    ) throws {
        let record = access.record
        let meta = try NodeMeta.opened(record.sealedMeta, under: access.key, node: record.id)
        let expiry = row.expiresAt.map { "\"\($0.iso8601)\"" } ?? "null"
        let json = """
            {"link_id":"\(row.id)","password":\(row.sealedPassword != nil),"expires_at":\(expiry),\
            "max_downloads":\(row.maximumDownloads.map(String.init) ?? "null")}
            """
        try core.audit.record(
            action, on: .node(record.id, kind: record.kind, space: record.space), by: access.principal,
            details: AuditDetails(name: meta.name.text, json: json), key: access.key, in: transaction)
    }
}
