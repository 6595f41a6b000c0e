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
        let known = try await core.database.read { snapshot -> (email: EmailAddress, hash: String?) in
            let account = try AccountStore.account(id, keyring: core.keyring, in: snapshot)
            try core.signInLimits.require(account.profile.email, from: principal.origin, in: snapshot)
            return (account.profile.email, try PasswordStore.hash(of: id, keyring: core.keyring, in: snapshot))
        }
        guard let oldHash = known.hash, current.utf8.count <= 1_024,
            try await core.passwords.verify(CanonicalText.composed(current), against: oldHash)
        else { throw try await refused(known.email, as: principal) }
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

    private func refused(_ email: EmailAddress, as principal: Principal) async throws -> VaultError {
        try await core.database.write { transaction in
            try core.audit.record(
                .passwordChanged, on: .account(principal.account), by: principal, outcome: .refused, in: transaction)
            let error = try core.signInLimits.failed(email, from: principal.origin, in: transaction)
            return error == .wrongCredentials ? .wrongPassword : error
        }
    }
}
