import Crypto
import Database

/// Addresses of pictures that a browser can ask for by itself: signed for one person and a few minutes, since an `<img>`
/// sends no token.
///
/// The signature only says who asks. What that person may see is decided when the picture is asked for, so taking a share
/// back works at once.
public struct PictureLinks: Sendable {
    let core: VaultCore

    /// Seconds an address works, at most.
    public static let lifetime: Int64 = 300
    /// Addresses handed out within so many seconds are the same, so that browsers keep what they have.
    private static let step: Int64 = 120

    /// `path` with what it takes to ask for it as `account`.
    public func signed(_ path: String, for account: AccountID) -> String {
        let now = core.clock.now().milliseconds / 1_000
        let expires = (now / Self.step + 1) * Self.step + Self.lifetime - Self.step
        let signature = core.pictureSigner.signature(
            method: "GET", path: path, expiresAt: expires, extras: [("for", account.description)])
        return "\(path)?for=\(account)&expires=\(expires)&signature=\(signature)"
    }

    /// Who an address was given to.
    /// - Throws: `VaultError.notSignedIn` when it is forged, expired, or the account is no longer active.
    public func reader(
        of path: String, for person: String, expires: String, signature: String, from origin: RequestOrigin
    ) async throws -> Principal {
        let now = core.clock.now().milliseconds / 1_000
        guard let account = AccountID(person), let expiresAt = Int64(expires), expiresAt <= now + Self.lifetime,
            core.pictureSigner.verify(
                signature, method: "GET", path: path, expiresAt: expiresAt, extras: [("for", person)], now: now)
        else { throw VaultError.notSignedIn }
        let found = try await core.database.read { snapshot in
            try snapshot.first("SELECT role, space_id FROM accounts WHERE id = \(account) AND status = 'active'") {
                row in (Role(rawValue: row.text(0)) ?? .lecteur, row.id(1) as SpaceID)
            }
        }
        guard let (role, space) = found else { throw VaultError.notSignedIn }
        return Principal(account: account, role: role, session: nil, space: space, origin: origin)
    }
}
