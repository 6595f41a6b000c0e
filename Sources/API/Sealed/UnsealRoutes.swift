import Crypto
import HTTP
import Vault

/// The way from sealed to open: how it stands, and what unlocks it, one share or passphrase at a time.
struct UnsealRoutes: Sendable {
    let vault: any SealedVaultState

    func register(in routes: inout Routes) {
        routes.add(.get, "/api/admin/seal", Self.statusInfo) { _ in Self.answer(vault.status) }
        routes.add(.post, "/api/admin/unseal", Self.unsealInfo, unseal)
    }

    // MARK: POST /api/admin/unseal

    @Sendable private func unseal(_ request: Request) async throws -> Response {
        let json = try await request.optionalJSONObject()
        let share = try json?.optionalString("share")
        let passphrase = try json?.optionalString("passphrase")
        do {
            switch (share, passphrase) {
            case (let share?, nil):
                return Self.answer(try await vault.offer(Self.secret(share), as: .share, from: request.origin))
            case (nil, let passphrase?):
                return Self.answer(
                    try await vault.offer(Self.secret(passphrase), as: .passphrase, from: request.origin))
            case (nil, nil): return Self.answer(try await vault.tryAgain(from: request.origin))
            case (_?, _?):
                throw Problem.field("share", must: "come alone, without passphrase", fr: "doit être seul")
            }
        } catch let refusal as UnsealRefusal {
            throw Problem(refusal)
        }
    }

    private static func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }

    static func answer(_ status: SealStatus) -> Response {
        .json { json in
            json.object { json in
                json.field("sealed", status.reason != nil)
                json.field("reason", status.reason?.rawValue)
                json.field("provider", status.provider)
                json.field("threshold", status.threshold.map(Int64.init))
                json.field("provided", status.provided)
            }
        }
    }

    // MARK: Descriptions

    static let schema = Schema.object([
        .required("sealed", .boolean), .required("reason", .nullable(.choice(SealReason.allCases.map(\.rawValue)))),
        .required("provider", .string()), .required("threshold", .nullable(.integer), "Shares that unseal the vault"),
        .required("provided", .integer, "Shares given so far"),
    ])

    static let statusInfo = RouteInfo.admin(
        "Whether the vault is sealed, and what unseals it", access: .anyone,
        ResponseDescription(200, "How it stands", schema))

    static let unsealInfo = RouteInfo.admin(
        "Unseal the vault: a passphrase, or one share at a time; without a body, ask the key's custodian again",
        access: .anyone, body: .buffered(limit: 4 << 10), events: [.vaultUnsealed, .unsealRefused],
        requests: [.json(.optional("passphrase", .string()), .optional("share", .string()))],
        ResponseDescription(200, "How it stands now", schema),
        .error(400, "Not a share, or one with a typing error"),
        .error(403, "The passphrase or the shares are wrong, or of another vault"),
        .error(409, "Not sealed, or not unsealed like this"), .error(429, "Too many attempts"),
        .error(502, "The custodian of the key refuses"), .error(503, "The custodian of the key does not answer"))
}
