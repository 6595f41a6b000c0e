import Crypto
import Database
import HTTP
import Journal
import Vault
import Versions

/// The versions of a file (requirements/2, step 6), in the French of its document.
struct SecurityVersions: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/fichiers/{id}/versions", Self.listInfo, list)
        SecurityComparison(vault: vault).register(in: &table)
        table.signedIn(.post, "/api/fichiers/{id}/version", addInfo, add)
        table.signedIn(.get, "/api/fichiers/{id}/versions/{number}/download", Self.downloadInfo, download)
        table.signedIn(.post, "/api/fichiers/{id}/versions/{number}/restaurer", Self.restoreInfo, restore)
        table.signedIn(.get, "/api/fichiers/{id}/preuve", Self.proofInfo, proof)
    }

    // MARK: GET /api/fichiers/{id}/versions

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let limit = try request.limit(default: History.defaultLimit, maximum: History.maximumLimit)
        let before = try request.query.integer("curseur", in: 1...Int64(Int32.max)).map(Int.init)
        let id = try request.nodeID()
        let page: History.Page
        do {
            page = try await History(vault.core)(id, before: before, limit: limit, as: principal)
        } catch VaultError.invalid(field: "id", .notAFile) {
            return .folderVersions(
                try await FolderHistory(vault.core)(id, before: before, limit: limit, as: principal))
        }
        return .json { json in
            json.object { json in
                json.array("versions", page.versions) { json, version in
                    json.version(
                        version, isCurrent: version.number == page.current, expired: page.expired)
                }
                json.field("curseur", page.next.map(Int64.init))
            }
        }
    }

    // MARK: POST /api/fichiers/{id}/version

    @Sendable func add(_ request: Request, _ principal: Principal) async throws -> Response {
        let id = try request.nodeID()
        let conditions = try UploadConditions(request)
        let saved = try await Upload(vault: vault)(request, as: principal) { fields in
            SaveRequest(
                target: .file(id), declaredType: fields.contentType, message: fields.message,
                idempotencyKey: conditions.idempotencyKey, expectedHead: conditions.expectedHead,
                deletesAfterUpload: try fields.deletesAfterUpload)
        }
        return .savedVersion(saved)
    }

    // MARK: GET /api/fichiers/{id}/versions/{number}/download

    @Sendable func download(_ request: Request, _ principal: Principal) async throws -> Response {
        let content = try await vault.open(
            try request.nodeID(), version: try request.versionNumber(), for: .download, as: principal)
        return try await ContentDownload(vault: vault, content: content, principal: principal).response(to: request)
    }

    // MARK: GET /api/fichiers/{id}/preuve

    @Sendable func proof(_ request: Request, _ principal: Principal) async throws -> Response {
        let id = try request.nodeID()
        let proof = try await vault.proveDocument(id, as: principal)
        var headers: Headers = ["Content-Type": "application/json"]
        headers.append("Content-Disposition", "attachment; filename=\"preuve-\(id).json\"")
        return Response(headers: headers, body: .stream(length: nil, ProducedBody { try await proof.next() }))
    }

    // MARK: POST /api/fichiers/{id}/versions/{number}/restaurer

    @Sendable func restore(_ request: Request, _ principal: Principal) async throws -> Response {
        let body = try await request.jsonObject()
        let saved = try await RestoreVersion(vault.core)(
            try request.nodeID(), to: try request.versionNumber(), message: try body.optionalString("message"),
            as: principal)
        return .savedVersion(saved)
    }
}

extension JSONWriter {
    /// A row of `versions_fichiers` (design, section 11).
    ///
    /// - Parameters:
    ///   - expired: in lists, which versions policies let go, with when.
    ///   - receipt: where the client asked for one.
    mutating func version(
        _ version: Version, isCurrent: Bool, expired: [Int: Timestamp]? = nil, receipt: String? = nil
    ) {
        object { json in
            json.field("version_number", version.number)
            json.field("nom", version.meta.name.text)
            json.field("type_mime", version.meta.mediaType)
            json.field("taille", version.size)
            json.field("sha256", Hex.encode(version.meta.sha256))
            json.field("created_by", version.createdBy.description)
            json.field("created_at", version.createdAt)
            json.field("message", version.meta.message)
            json.field("cause", version.cause.rawValue)
            json.field("version_restauree", version.restoredFrom.map(Int64.init))
            json.field("courante", isCurrent)
            if let expired {
                json.field("expiree", expired[version.number] != nil)
                json.field("expiree_le", expired[version.number])
            }
            if let receipt { json.field("receipt", receipt) }
        }
    }
}

extension Response {
    /// The rows of `versionMetadata` for folders (requirements/2).
    fileprivate static func folderVersions(_ page: FolderHistory.Page) -> Response {
        .json { json in
            json.object { json in
                json.array("versions", page.versions) { json, version in
                    json.object { json in
                        json.field("version_number", version.number)
                        json.field("nom", version.name.text)
                        json.field("type", page.kind.documentName)
                        json.field("nombre_elements", version.elements)
                        json.field("created_by", version.createdBy.description)
                        json.field("created_at", version.createdAt)
                        json.field("message", version.message)
                        json.field("cause", version.cause.rawValue)
                    }
                }
                json.field("curseur", page.next.map(Int64.init))
            }
        }
    }

    fileprivate static func savedVersion(_ saved: SavedContent) -> Response {
        Response.json(201) { json in
            json.version(
                saved.version, isCurrent: saved.node.head?.number == saved.version.number, receipt: saved.receipt)
        }.with("ETag", saved.version.entityTag)
    }
}

// MARK: Descriptions

extension SecurityVersions {
    static let row = Schema.object(properties)

    /// What a folder's version has of it, and its own members.
    private static let listed: Schema = {
        let shared: Set<String> = ["version_number", "nom", "created_by", "created_at", "message", "cause"]
        return .object(
            properties.map { property in
                guard property.isRequired, !shared.contains(property.name) else { return property }
                return .optional(property.name, property.schema, property.description)
            } + [
                .optional("type", .choice(NodeKind.allCases.map(\.documentName)), "Folders only"),
                .optional("nombre_elements", .integer, "Folders only: files and folders directly in it"),
            ])
    }()

    private static let properties: [Schema.Property] = [
        .required("version_number", .integer), .required("nom", .string()), .required("type_mime", .string()),
        .required("taille", .integer, "Bytes"), .required("sha256", .string(), "64 hexadecimal digits"),
        .required("created_by", .uuid), .required("created_at", .time), .required("message", .nullable(.string())),
        .required("cause", .choice(VersionCause.allCases.map(\.rawValue))),
        .required("version_restauree", .nullable(.integer), "The version whose content this one brought back"),
        .required("courante", .boolean),
        .optional("expiree", .boolean, "In lists: its content was let go by a retention policy"),
        .optional("expiree_le", .nullable(.time)), UploadReceiptView.property,
    ]

    private static let listInfo = RouteInfo.security(
        "The versions of a file, newest first; of a folder one for each time it was brought back",
        parameters: [
            QueryParameter("limit", .integer, "1 to 1,000, default 100"),
            QueryParameter("curseur", .integer, "`curseur` of the page before"),
        ],
        ResponseDescription(
            200, "One page",
            .object([.required("versions", .array(listed)), .required("curseur", .nullable(.integer))])),
        .error(403, "Access denied"), .error(404, "File not found"))

    private var addInfo: RouteInfo {
        .security(
            "Store content as a new version of a file", body: Upload.bodyPolicy(vault), events: [.fileEdited],
            parameters: [
                QueryParameter("message", .string(), "For raw bodies; at most 1,000 characters"),
                UploadReceiptView.parameter,
            ],
            requests: [
                .form(
                    .required("file", .string(format: "binary")), .optional("message", .string()),
                    .optional("delete_after_upload", .boolean)), .bytes,
            ],
            ResponseDescription(201, "The new version", Self.row), .error(400, "No file provided"),
            .error(403, "Access denied"), .error(404, "File not found"), .error(412, "Not the version of If-Match"),
            .error(413, "Storage limit exceeded"), .error(423, "File is locked"))
    }

    private static let downloadInfo = RouteInfo.security(
        "The content of one version", events: [.fileDownloaded],
        ResponseDescription(200, "The bytes", .string(format: "binary"), contentType: "application/octet-stream"),
        ResponseDescription(
            206, "The range asked for", .string(format: "binary"), contentType: "application/octet-stream"),
        ResponseDescription(304, "Not modified"), .error(403, "Access denied"), .error(404, "Version not found"),
        .error(410, "The version expired"), .error(416, "The file does not have that range"))

    private static let proofInfo = RouteInfo.security(
        "The events that made the versions of a file, with what proves them: a file for `cloudspace journal verify --file`",
        events: [.receiptIssued],
        ResponseDescription(
            200, "The proof (docs/formats/document-proof.md)",
            .object([
                .required("type", .string()), .required("version", .integer), .required("origin", .string()),
                .required("public_key", .string()), .required("checkpoint", .string(), "The signed note"),
                .required("file_id", .uuid),
                .required(
                    "events",
                    .array(
                        .object([
                            .required("leaf_index", .integer), .required("sequence", .integer),
                            .required("leaf", .string(), "The canonical bytes, base64"),
                            .required("version", .nullable(.integer)), .required("sha256", .nullable(.string())),
                            .required("size", .nullable(.integer)),
                            .required("proof", .array(.string()), "Hashes, base64"),
                        ]))),
                .required("note", .string(), "Signed: all lines before"),
            ])), .error(403, "Access denied"), .error(404, "File not found"))

    private static let restoreInfo = RouteInfo.security(
        "Bring an earlier version back as a new one", body: .json, events: [.versionRestored],
        requests: [.json(.optional("message", .string()))],
        ResponseDescription(201, "The new version", row), .error(403, "Access denied"),
        .error(404, "Version not found"), .error(410, "The version expired"),
        .error(413, "Storage limit exceeded"), .error(423, "File is locked"))
}
