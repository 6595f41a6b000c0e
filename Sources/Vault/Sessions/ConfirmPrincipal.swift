import Database

extension VaultCore {
    /// Looks again at who acts, for what took long since they were recognised: a body that came for an hour.
    /// - Throws: `VaultError.notSignedIn` when the session was ended or the account closed meanwhile, `.roleForbids` when
    ///   its role no longer includes `capability`.
    func confirm(
        _ principal: Principal, for capability: Capability, in transaction: borrowing Transaction
    ) throws {
        guard !principal.isLocalOperator else { return }
        let text = try transaction.first(
            "SELECT role FROM accounts WHERE id = \(principal.account) AND status = 'active'", { $0.text(0) })
        guard let text, let role = Role(rawValue: text) else { throw VaultError.notSignedIn }
        guard role.allows(capability) else { throw VaultError.roleForbids(capability) }
        guard let session = principal.session else { return }
        guard try transaction.exists("SELECT 1 FROM sessions WHERE id = \(session) AND revoked_at IS NULL") else {
            throw VaultError.notSignedIn
        }
    }
}
