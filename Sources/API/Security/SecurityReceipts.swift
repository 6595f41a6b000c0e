import HTTP
import Journal
import Vault

/// Signed receipts of what is stored (requirements/2, step 4; docs/formats/upload-receipt.md).
struct SecurityReceipts: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/fichiers/{id}/versions/{number}/recu", Self.receiptInfo, receipt)
        table.open(.get, "/api/recus/cle", Self.keyInfo, key)
    }

    // MARK: GET /api/fichiers/{id}/versions/{number}/recu

    @Sendable func receipt(_ request: Request, _ principal: Principal) async throws -> Response {
        let note = try await vault.issueReceipt(
            try request.nodeID(), version: try request.versionNumber(), as: principal)
        if request.headers.first("Accept")?.hasPrefix("text/plain") == true { return .text(200, note) }
        let key = try vault.core.receipts.verifierKey()
        return .json { json in
            json.object { json in
                json.field("receipt", note)
                json.field("verifier_key", key.text)
            }
        }
    }

    // MARK: GET /api/recus/cle

    @Sendable func key(_ request: Request) async throws -> Response {
        let key = try vault.core.receipts.verifierKey()
        return .json { json in json.object { json in json.field("verifier_key", key.text) } }
    }

    private static let verifierKey = Schema.Property.required(
        "verifier_key", .string(), "NAME+ID+BASE64, as C2SP signed-note writes keys; keep it, as a host key is kept")

    private static let receiptInfo = RouteInfo.security(
        "The signed receipt of a version; text/plain gives the note alone", events: [.receiptIssued],
        ResponseDescription(200, "The receipt", .object([.required("receipt", .string()), verifierKey])),
        .error(403, "Access denied"), .error(404, "Version not found"))

    private static let keyInfo = RouteInfo.security(
        "The key that receipts are checked with",
        ResponseDescription(200, "The key", .object([verifierKey])))
}
