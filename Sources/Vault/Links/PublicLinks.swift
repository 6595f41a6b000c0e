import Crypto
import Database
import Journal

/// What somebody without an account does with a link.
///
/// A link that is unknown, revoked, over, used up, of a file in the trash, or made by somebody who no longer owns the file
/// or whose account was closed is one and the same refusal: `VaultError.notFound(.link)`.
public struct PublicLinks: Sendable {
    let core: VaultCore

    /// - Parameter pass: from `unlock`; without a good one a link with a password shows nothing of what it opens.
    public func look(_ token: String, pass: String? = nil) async throws -> PublicLink {
        try await core.database.read { snapshot in
            let found = try resolve(token, in: snapshot)
            return try shown(found, isOpen: isUnlocked(found, pass, at: snapshot.now))
        }
    }

    /// Takes a password for a pass that begins a download; a link without a password takes any.
    /// - Throws: `VaultError.wrongLinkPassword`; `.rateLimited` after too many of them, before this one is looked at.
    public func unlock(_ token: String, password: String, from origin: RequestOrigin) async throws -> UnlockedLink {
        let found = try await core.database.read { snapshot in
            let found = try resolve(token, in: snapshot)
            if found.row.sealedPassword != nil {
                try core.linkLimits.require(found.row.id, from: origin, in: snapshot)
            }
            return found
        }
        if let hash = try found.row.passwordHash(under: found.key) {
            let isRight =
                password.utf8.count <= 1_024
                ? try await core.passwords.verify(CanonicalText.composed(password), against: hash) : false
            try await core.database.write { transaction in
                // Again: of many guesses at once, those behind the limit learn nothing.
                try core.linkLimits.require(found.row.id, from: origin, in: transaction)
                if isRight {
                    try record(.linkUsed, found, "unlock", from: origin, in: transaction)
                } else {
                    try core.linkLimits.failed(found.row.id, from: origin, in: transaction)
                    try record(.linkRefused, found, "password", from: origin, outcome: .refused, in: transaction)
                }
            }
            guard isRight else { throw VaultError.wrongLinkPassword }
        }
        let lifetime = core.settings.links.unlockSeconds
        let pass = LinkPass(purpose: .unlocked, expiresAt: core.clock.now().seconds + lifetime)
        return UnlockedLink(
            link: try shown(found, isOpen: true), pass: pass.text(for: found.row, core.keyring), lifetime: lifetime)
    }

    /// Begins a download: counts it and journals it. What comes back lets the content be read, in ranges and again, for
    /// a while, and that is not counted.
    /// - Throws: `VaultError.wrongLinkPassword` without a good pass for a link with a password.
    public func beginDownload(_ token: String, pass: String?, from origin: RequestOrigin) async throws -> String {
        try await core.database.write { transaction in
            let found = try resolve(token, in: transaction)
            guard isUnlocked(found, pass, at: transaction.now) else { throw VaultError.wrongLinkPassword }
            // One statement decides who gets the last one.
            let counted = try transaction.run(
                """
                UPDATE share_links SET downloads = downloads + 1, last_used_at = \(transaction.now)
                WHERE id = \(found.row.id) AND (maximum_downloads IS NULL OR downloads < maximum_downloads)
                """)
            guard counted == 1 else { throw VaultError.notFound(.link) }
            try record(.linkUsed, found, "download", from: origin, in: transaction)
            let pass = LinkPass(
                purpose: .counted, expiresAt: transaction.now.seconds + core.settings.links.continueSeconds,
                version: Int64(found.record.head?.number ?? 0))
            return pass.text(for: found.row, core.keyring)
        }
    }

    /// What a link gives: one file, or a folder with all that is in it.
    public enum Opened: Sendable {
        case file(OpenedContent, Principal)
        case folder(TreeReading, NodeName, Principal)
    }

    /// The content of a download that was begun: of a file the version it was begun with.
    ///
    /// What is read below a folder is journalled file by file, and as long as it goes on the maker of the link must own
    /// the folder.
    /// - Throws: `VaultError.notFound(.link)` when `ticket` does not come from `beginDownload` of this link or is over.
    public func open(_ token: String, ticket: String, from origin: RequestOrigin) async throws -> Opened {
        let (found, content) = try await core.database.read { snapshot -> (Found, LocatedContent?) in
            let found = try resolve(token, mayBeUsedUp: true, from: origin, in: snapshot)
            guard
                let pass = LinkPass(
                    ticket, purpose: .counted, for: found.row, now: snapshot.now.seconds, core.keyring)
            else { throw VaultError.notFound(.link) }
            guard found.record.kind == .file else { return (found, nil) }
            return (
                found, try core.locate(found.record, key: found.key, version: Int(pass.version), in: snapshot)
            )
        }
        guard let content else {
            let tree = try await ReadTree(core: core)([found.record.id], as: found.principal)
            return .folder(tree, try core.names.meta(of: found.record).name, found.principal)
        }
        return .file(try await OpenContent(core: core).open(content, as: found.principal), found.principal)
    }

    // MARK: Steps

    private struct Found: Sendable {
        let row: LinkRow
        let record: NodeRecord
        let key: SealingKey
        /// Whoever has the link, with the rights of who made it.
        let principal: Principal
    }

    private func resolve(
        _ text: String, mayBeUsedUp: Bool = false, from origin: RequestOrigin = .local,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Found {
        guard let token = LinkToken(text) else { throw VaultError.notFound(.link) }
        let row = try reading.first(
            """
            SELECT \(LinkRow.columns) FROM share_links l
            WHERE l.token_tag = \(token.tag(core.keyring)) AND l.revoked_at IS NULL
            """, { LinkRow($0) })
        guard let row else { throw VaultError.notFound(.link) }
        switch row.state(at: reading.now) {
        case .active: break
        case .usedUp where mayBeUsedUp: break
        case .usedUp, .expired: throw VaultError.notFound(.link)
        }
        let creator = try reading.first(
            "SELECT role, space_id FROM accounts WHERE id = \(row.createdBy) AND status = 'active'"
        ) { account in
            Principal(
                account: row.createdBy, role: Role(rawValue: account.text(0)) ?? .auditeur, session: nil,
                space: account.id(1), origin: origin, link: row.id)
        }
        guard let creator else { throw VaultError.notFound(.link) }
        do {
            let access = try core.grants.require(Own.self, on: row.node, for: creator, lock: .ignored, in: reading)
            return Found(row: row, record: access.record, key: access.key, principal: creator)
        } catch let error as VaultError {
            switch error {
            case .forbidden, .notFound, .roleForbids: throw VaultError.notFound(.link)
            default: throw error
            }
        }
    }

    private func isUnlocked(_ found: Found, _ pass: String?, at now: Timestamp) -> Bool {
        guard found.row.sealedPassword != nil else { return true }
        return pass.flatMap {
            LinkPass($0, purpose: .unlocked, for: found.row, now: now.seconds, core.keyring)
        } != nil
    }

    private func shown(_ found: Found, isOpen: Bool) throws -> PublicLink {
        PublicLink(
            hasPassword: found.row.sealedPassword != nil, expiresAt: found.row.expiresAt,
            remainingDownloads: found.row.maximumDownloads.map { max(0, $0 - found.row.downloads) },
            node: isOpen ? found.record.opened(try core.names.meta(of: found.record)) : nil)
    }

    private func record(
        _ action: AuditAction, _ found: Found, _ use: String, from origin: RequestOrigin,
        outcome: Outcome = .success, in transaction: borrowing Transaction
    ) throws {
        let record = found.record
        let meta = try core.names.meta(of: record)
        try core.audit.record(
            action, on: .node(record.id, kind: record.kind, space: record.space), actor: .anonymous, actorID: nil,
            origin: origin, outcome: outcome,
            details: AuditDetails(name: meta.name.text, json: "{\"link_id\":\"\(found.row.id)\",\"use\":\"\(use)\"}"),
            key: found.key, in: transaction)
    }
}
