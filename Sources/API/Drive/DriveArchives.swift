import HTTP
import Vault

/// Downloads of a selection of files and folders as one ZIP.
struct DriveArchives: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/drive/download", Self.info, download)
    }

    // MARK: POST /api/drive/download

    @Sendable func download(_ request: Request, _ principal: Principal) async throws -> Response {
        let body = try await request.jsonObject()
        guard let texts = try body.optionalStrings("ids"), !texts.isEmpty else {
            throw VaultError.invalid(field: "ids", .missing)
        }
        let ids = try texts.map { text throws(VaultError) in
            guard let id = NodeID(text) else { throw .notFound(.file) }
            return id
        }
        let tree = try await vault.readTree(ids, as: principal)
        let name = tree.names.count == 1 ? tree.names.first?.text : nil
        return try await ArchiveDownload(vault: vault, principal: principal)
            .response(to: request, tree, name: name ?? "CloudSpace")
    }
}

// MARK: Descriptions

extension DriveArchives {
    private static let info = RouteInfo.drive(
        "Files and folders, with all that is in them, as one ZIP", body: .json, events: [.fileDownloaded],
        requests: [.json(.required("ids", .array(.uuid), "1 to 1,000 files and folders"))],
        ResponseDescription(200, "The archive", .string(format: "binary"), contentType: "application/zip"),
        .error(403, "Access denied"), .error(404, "File not found"),
        .error(422, "More than 1,000 chosen, or more than 100,000 files and folders in all"))
}
