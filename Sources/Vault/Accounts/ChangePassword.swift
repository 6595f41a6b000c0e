import Crypto
import Database
import Journal

/// Gives the caller's account another password (requirements/1, `POST /api/user/password/change`).
public struct ChangePassword: Sendable {
    let core: VaultCore

    /// Every other session of the account ends with it: whoever knew the old password is out.
    /// - Throws: `VaultError.wrongPassword` when `current` is not it (counted like a failed sign-in), `.rateLimited`,
    ///   `.invalid` for a new one that is too short or too long.
    public func callAsFunction(current: String, new: String, as principal: Principal) async throws {
        let id = principal.account
        let oldHash = try await core.confirmPassword(current, of: principal, for: .passwordChanged)
        let password = try NewPassword(new, field: "new_password")
        let newHash = try await core.passwords.hash(password.text)
        try await core.database.write { transaction in
            // Of two changes at once, the second compared with a password that is no longer it.
            guard try PasswordStore.hash(of: id, keyring: core.keyring, in: transaction) == oldHash else {
                throw VaultError.wrongPassword
            }
            let key = try core.keyring.accountKey(id, in: transaction)
            try PasswordStore.set(newHash, of: id, under: key, in: transaction)
            let kept = principal.session ?? SessionID(0)
            try transaction.run(
                """
                UPDATE sessions SET revoked_at = \(transaction.now)
                WHERE account_id = \(id) AND id <> \(kept) AND revoked_at IS NULL
                """)
            try core.audit.record(.passwordChanged, on: .account(id), by: principal, in: transaction)
        }
        core.sessions.forget(account: id)
    }

}

extension VaultCore {
    /// Asks for the caller's password once more, before something that a session left open must not do.
    /// - Parameter action: what it is asked for; a refusal is journalled as one of that, and counted like a failed sign-in.
    /// - Returns: the hash that it matched.
    /// - Throws: `VaultError.wrongPassword`, `.rateLimited`.
    @discardableResult
    func confirmPassword(
        _ password: String, of principal: Principal, for action: AuditAction
    ) async throws -> String {
        let id = principal.account
        let known = try await database.read { [self] snapshot -> (email: EmailAddress, hash: String?) in
            let account = try AccountStore.account(id, keyring: keyring, in: snapshot)
            try signInLimits.require(account.profile.email, from: principal.origin, in: snapshot)
            return (account.profile.email, try PasswordStore.hash(of: id, keyring: keyring, in: snapshot))
        }
        guard let hash = known.hash, password.utf8.count <= 1_024,
            try await passwords.verify(CanonicalText.composed(password), against: hash)
        else {
            throw try await database.write { [self] transaction -> VaultError in
                try audit.record(action, on: .account(id), by: principal, outcome: .refused, in: transaction)
                let error = try signInLimits.failed(known.email, from: principal.origin, in: transaction)
                return error == .wrongCredentials ? .wrongPassword : error
            }
        }
        return hash
    }
}
