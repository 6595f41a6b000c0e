import HTTP
import Vault

/// Seals the vault on an administrator's word. Answered by the program, which owns the parts.
public protocol VaultSealing: Sendable {
    /// The word of the key provider.
    var provider: String { get }

    /// Stops serving and lets go of all keys. Returns once the server answers as a sealed one; requests under way finish.
    func seal() async
}

/// Sealing an open vault, and how it stands with its key.
struct AdminSeal: Sendable {
    let vault: Vault
    let sealing: (any VaultSealing)?

    func register(in table: inout RouteTable) {
        table.open(.get, "/api/admin/seal", UnsealRoutes.statusInfo) { _ in UnsealRoutes.answer(status(nil)) }
        table.open(.post, "/api/admin/unseal", UnsealRoutes.unsealInfo) { _ in
            throw Problem(
                409, "not_sealed", "The vault is not sealed", fr: "Le coffre n’est pas scellé")
        }
        table.signedIn(.post, "/api/admin/seal", Self.sealInfo, seal)
    }

    // MARK: POST /api/admin/seal

    @Sendable private func seal(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageKeys)
        guard let sealing else { throw Problem.unavailable }
        try await CustodyJournal(database: vault.core.database).record(
            .vaultSealed, by: principal, from: request.origin, details: "{\"cause\":\"administrator\"}")
        await sealing.seal()
        return UnsealRoutes.answer(status(.sealedByAdministrator))
    }

    private func status(_ reason: SealReason?) -> SealStatus {
        SealStatus(reason: reason, provider: sealing?.provider ?? "file")
    }

    private static let sealInfo = RouteInfo.admin(
        "Seal the vault: stop serving and let go of all keys", events: [.vaultSealed],
        ResponseDescription(200, "How it stands now", UnsealRoutes.schema))
}
