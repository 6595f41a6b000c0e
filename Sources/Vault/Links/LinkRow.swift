import Crypto
import Database

/// A row of `share_links`, its secrets still sealed.
struct LinkRow: Sendable {
    let id: ShareLinkID
    let node: NodeID
    let sealedToken: [UInt8]
    let sealedPassword: [UInt8]?
    let createdBy: AccountID
    let createdAt: Timestamp
    let expiresAt: Timestamp?
    let maximumDownloads: Int64?
    let downloads: Int64
    let lastUsedAt: Timestamp?

    /// What `init` reads, in its order.
    static let columns: SQL = """
        l.id, l.node_id, l.sealed_token, l.sealed_password, l.created_by, l.created_at, l.expires_at, l.maximum_downloads,
        l.downloads, l.last_used_at
        """

    init(_ row: borrowing Row) {
        id = row.id(0)
        node = row.id(1)
        sealedToken = row.bytes(2)
        sealedPassword = row.optionalBytes(3)
        createdBy = row.id(4)
        createdAt = row.timestamp(5)
        expiresAt = row.optionalTimestamp(6)
        maximumDownloads = row.optionalInteger(7)
        downloads = row.integer(8)
        lastUsedAt = row.optionalTimestamp(9)
    }

    func state(at now: Timestamp) -> ShareLink.State {
        if let expiresAt, expiresAt <= now { return .expired }
        if let maximumDownloads, downloads >= maximumDownloads { return .usedUp }
        return .active
    }

    // MARK: Secrets

    func token(under key: SealingKey) throws -> LinkToken {
        do {
            return LinkToken(bytes: try key.open(sealedToken, context: Self.tokenContext(id)))
        } catch { throw VaultError.tampered(node) }
    }

    /// The Argon2id hash of the password.
    func passwordHash(under key: SealingKey) throws -> String? {
        guard let sealedPassword else { return nil }
        do {
            return String(
                decoding: try key.open(sealedPassword, context: Self.passwordContext(id)), as: UTF8.self)
        } catch { throw VaultError.tampered(node) }
    }

    static func seal(_ token: LinkToken, of id: ShareLinkID, under key: SealingKey) -> [UInt8] {
        key.seal(token.bytes, context: tokenContext(id))
    }

    static func seal(passwordHash: String, of id: ShareLinkID, under key: SealingKey) -> [UInt8] {
        key.seal(Array(passwordHash.utf8), context: passwordContext(id))
    }

    private static func tokenContext(_ id: ShareLinkID) -> SealContext {
        SealContext("cloudspace link token", id.value)
    }

    private static func passwordContext(_ id: ShareLinkID) -> SealContext {
        SealContext("cloudspace link password", id.value)
    }
}
