import Crypto
import HTTP
import Vault

/// Uploads: a form, or the bytes themselves with the name in the query (requirements/1, `POST /api/files/upload`).
struct DriveUpload: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/files/upload", info, upload)
    }

    // MARK: POST /api/files/upload

    @Sendable func upload(_ request: Request, _ principal: Principal) async throws -> Response {
        let conditions = try UploadConditions(request)
        let saved = try await Upload(vault: vault)(request, as: principal) { fields in
            guard let name = fields.name ?? fields.fileName else { throw Problem.noFile }
            let conflict: NameConflict =
                try fields.conflict.map { try Choices.parse($0, field: "on_conflict") } ?? .version
            let place = SaveTarget.place(
                parent: try FolderReference.parse(fields.parent), name: try NodeName(name), conflict: conflict)
            return SaveRequest(
                target: place, declaredType: fields.contentType, message: fields.message,
                idempotencyKey: conditions.idempotencyKey, expectedHead: conditions.expectedHead,
                deletesAfterUpload: try fields.deletesAfterUpload)
        }
        return Response.json(201) { $0.uploaded(saved) }.with("ETag", saved.version.entityTag)
    }

    private var info: RouteInfo {
        .drive(
            "Upload a file; a file of that name gets a new version",
            body: Upload.bodyPolicy(vault), events: [.fileUploaded, .fileEdited],
            parameters: [
                QueryParameter("name", .string(), "The file's name; needed for raw bodies"),
                QueryParameter("parent_id", .uuid, "The folder; default: the root"),
                QueryParameter(
                    "on_conflict", .choice(NameConflict.allCases.map(\.rawValue)),
                    "When the name is taken: a new version (default), another name, or 400"),
                QueryParameter("message", .string(), "A note on the version, at most 1,000 characters"),
                UploadReceiptView.parameter,
            ],
            requests: [
                .form(
                    .required("file", .string(format: "binary")), .optional("parent_id", .nullable(.uuid)),
                    .optional("on_conflict", .choice(NameConflict.allCases.map(\.rawValue))),
                    .optional("message", .string()), .optional("delete_after_upload", .boolean)),
                .bytes,
            ],
            ResponseDescription(201, "Stored, sealed and journalled", Self.schema), .error(400, "No file provided"),
            .error(403, "Access denied"), .error(404, "Folder not found"), .error(412, "Not the version of If-Match"),
            .error(413, "Storage limit exceeded"), .error(422, "The Idempotency-Key was used for another request"),
            .error(423, "File is locked"), .error(507, "The server has no space left"))
    }

    private static let schema = Schema.object([
        .required("id", .uuid), .required("name", .string()), .required("size", .integer),
        .required("formatted_size", .string()), .required("mime_type", .string()), .required("icon", .string()),
        .required("icon_color", .string()), .required("icon_bg", .string()), .required("created_at", .time),
        .required("updated_at", .time), .required("parent_id", .nullable(.uuid)), .required("version_number", .integer),
        .required("sha256", .string()), UploadReceiptView.property,
    ])
}

extension JSONWriter {
    fileprivate mutating func uploaded(_ saved: SavedContent) {
        let node = saved.node
        object { json in
            json.field("id", node.id.description)
            json.field("name", node.name.text)
            json.field("size", saved.version.size)
            json.field("formatted_size", ByteCountText.text(saved.version.size))
            json.field("mime_type", saved.version.meta.mediaType)
            json.look(of: node)
            json.field("created_at", node.createdAt)
            json.field("updated_at", node.updatedAt)
            json.field("parent_id", node.visibleParent)
            json.field("version_number", saved.version.number)
            json.field("sha256", Hex.encode(saved.version.meta.sha256))
            if let receipt = saved.receipt { json.field("receipt", receipt) }
        }
    }
}
