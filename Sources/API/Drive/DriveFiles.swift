import HTTP
import Vault
import Versions

/// One file or folder: details, content, name, place, lock, star, trash (requirements/1, `/api/files/:fileId`).
struct DriveFiles: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/files/{id}", Self.detailsInfo, details)
        table.signedIn(.get, "/api/files/{id}/download", Self.downloadInfo, download)
        table.signedIn(.put, "/api/files/{id}/rename", Self.renameInfo, rename)
        table.signedIn(.post, "/api/files/{id}/move", Self.moveInfo, move)
        table.signedIn(.post, "/api/files/{id}/copy", Self.copyInfo, copy)
        table.signedIn(.put, "/api/files/{id}/lock", Self.lockInfo, lock)
        table.signedIn(.put, "/api/files/{id}/star", Self.starInfo, star)
        table.signedIn(.delete, "/api/files/{id}", Self.trashInfo, trash)
    }

    // MARK: GET /api/files/{id}

    @Sendable func details(_ request: Request, _ principal: Principal) async throws -> Response {
        if let moment = try request.asOf() {
            let past = try await TreeAsOf(vault.core).details(try request.nodeID(), at: moment, as: principal)
            return .json { json in json.past(past, asOf: moment) }
        }
        return FileView.response(
            try await vault.describe(try request.nodeID(), as: principal), for: principal, vault.pictureLinks)
    }

    // MARK: GET /api/files/{id}/download

    @Sendable func download(_ request: Request, _ principal: Principal) async throws -> Response {
        let number = try request.query.integer("version", in: 1...Int64(Int32.max)).map(Int.init)
        let wantsInline = try request.wantsInline()
        let id = try request.nodeID()
        if let moment = try request.asOf() {
            let content = try await vault.open(
                id, asOf: moment, for: wantsInline ? .view : .download, as: principal)
            return try await ContentDownload(
                vault: vault, content: content, principal: principal, wantsInline: wantsInline
            ).response(to: request)
        }
        let content: OpenedContent
        do {
            content = try await vault.open(id, version: number, for: wantsInline ? .view : .download, as: principal)
        } catch VaultError.invalid(field: "id", .notAFile) where number == nil {
            return try await folder(id, request, principal)
        }
        return try await ContentDownload(
            vault: vault, content: content, principal: principal, wantsInline: wantsInline
        ).response(to: request)
    }

    private func folder(_ id: NodeID, _ request: Request, _ principal: Principal) async throws -> Response {
        let tree = try await vault.readTree([id], as: principal)
        let archive = ArchiveDownload(vault: vault, principal: principal)
        return try await archive.response(to: request, tree, name: tree.names.first?.text ?? "")
    }

    // MARK: PUT /api/files/{id}/rename

    @Sendable func rename(_ request: Request, _ principal: Principal) async throws -> Response {
        let body = try await request.jsonObject()
        guard let name = try body.optionalString("name") else { throw VaultError.invalid(field: "name", .missing) }
        let node = try await vault.rename(try request.nodeID(), to: try NodeName(name), as: principal)
        return FileView.response(try await vault.describe(node.id, as: principal), for: principal, vault.pictureLinks)
    }

    // MARK: POST /api/files/{id}/move

    @Sendable func move(_ request: Request, _ principal: Principal) async throws -> Response {
        let body = try await request.jsonObject()
        guard body.has("destination_id") else { throw VaultError.invalid(field: "destination_id", .missing) }
        let destination = try Self.destination(in: body)
        let node = try await vault.move(try request.nodeID(), to: destination, as: principal)
        return FileView.response(try await vault.describe(node.id, as: principal), for: principal, vault.pictureLinks)
    }

    private static func destination(in body: JSONValue) throws -> NodeID? {
        let text = try body.optionalString("destination_id")
        do { return try FolderReference.parse(text) } catch { throw VaultError.destinationNotFound }
    }

    // MARK: POST /api/files/{id}/copy

    @Sendable func copy(_ request: Request, _ principal: Principal) async throws -> Response {
        let body = try await request.jsonObject()
        let target: CopyTarget = body.has("destination_id") ? .folder(try Self.destination(in: body)) : .beside
        let node: Node
        do {
            node = try await vault.copy(try request.nodeID(), to: target, as: principal)
        } catch VaultError.quotaExceeded {
            throw Problem.storageLimitExceeded
        }
        let details = try await vault.describe(node.id, as: principal)
        return FileView.response(details, for: principal, vault.pictureLinks, status: 201)
    }

    // MARK: PUT /api/files/{id}/lock

    @Sendable func lock(_ request: Request, _ principal: Principal) async throws -> Response {
        let id = try request.nodeID()
        let isLocked = try await vault.locks.toggle(id, as: principal)
        return .toggled(id, "is_locked", isLocked)
    }

    // MARK: PUT /api/files/{id}/star

    @Sendable func star(_ request: Request, _ principal: Principal) async throws -> Response {
        let id = try request.nodeID()
        let isStarred = try await vault.star.toggle(id, as: principal)
        return .toggled(id, "is_starred", isStarred)
    }

    // MARK: DELETE /api/files/{id}

    @Sendable func trash(_ request: Request, _ principal: Principal) async throws -> Response {
        let node = try await vault.trash.put(try request.nodeID(), as: principal)
        return .json { json in
            json.object { json in
                json.field("id", node.id.description)
                json.field("is_trashed", true)
                json.field("trashed_at", node.trashedAt)
            }
        }
    }
}

extension Response {
    fileprivate static func toggled(_ id: NodeID, _ name: String, _ value: Bool) -> Response {
        .json { json in
            json.object { json in
                json.field("id", id.description)
                json.field(name, value)
            }
        }
    }
}

// MARK: Descriptions

extension DriveFiles {
    private static let detailsInfo = RouteInfo.drive(
        "Details of a file or folder, or what it was at a moment", events: [.pastViewed],
        parameters: [Moment.parameter], ResponseDescription(200, "The details", FileView.schema),
        .error(400, "as_of is in the future, or before the drive began"), .error(403, "Access denied"),
        .error(404, "File not found"))

    private static let downloadInfo = RouteInfo.drive(
        "The content of a file, with ranges, ETag and conditions of RFC 9110; of a folder a ZIP of all in it, without them",
        events: [.fileDownloaded, .fileViewed],
        parameters: [
            QueryParameter("version", .integer, "An earlier version; default: the current one"),
            QueryParameter("as_of", .string(), "The version that was current at that moment; files only"),
            QueryParameter(
                "inline", .boolean,
                "To be shown rather than saved: pictures, PDF, sound and film as they are, text as plain text; all else is saved"
            ),
        ],
        ResponseDescription(200, "The bytes", .string(format: "binary"), contentType: "application/octet-stream"),
        ResponseDescription(
            206, "The range asked for", .string(format: "binary"), contentType: "application/octet-stream"),
        ResponseDescription(304, "Not modified"), .error(403, "Access denied"), .error(404, "File not found"),
        .error(412, "Not the version of If-Match"), .error(422, "More than 100,000 files and folders in it"),
        .error(416, "The file does not have that range"))

    private static let renameInfo = RouteInfo.drive(
        "Rename", body: .json, events: [.fileRenamed], requests: [.json(.required("name", .string()))],
        ResponseDescription(200, "The file", FileView.schema),
        .error(400, "A file with this name already exists in this location"), .error(403, "Access denied"),
        .error(404, "File not found"), .error(423, "File is locked"))

    private static let moveInfo = RouteInfo.drive(
        "Move to another folder", body: .json, events: [.fileMoved],
        requests: [.json(.required("destination_id", .nullable(.uuid), "null is the root"))],
        ResponseDescription(200, "The file", FileView.schema), .error(400, "Cannot move a folder into itself"),
        .error(403, "Access denied"), .error(404, "Destination folder not found"), .error(423, "File is locked"))

    private static let copyInfo = RouteInfo.drive(
        "Copy a file, or a folder with all that is in it", body: .json,
        events: [.fileCopied, .fileCreated, .folderCreated],
        requests: [
            .json(.optional("destination_id", .nullable(.uuid), "null is the root; absent: beside the original"))
        ],
        ResponseDescription(201, "The copy", FileView.schema), .error(403, "Access denied"),
        .error(404, "File not found, or the destination"), .error(413, "Storage limit exceeded"),
        .error(422, "More than 10,000 files and folders"), .error(423, "The destination is locked"))

    private static let lockInfo = RouteInfo.drive(
        "Take the lock, or release one's own", events: [.fileLocked, .fileUnlocked],
        ResponseDescription(200, "The lock now", .object([.required("id", .uuid), .required("is_locked", .boolean)])),
        .error(403, "Access denied"), .error(404, "File not found"), .error(423, "Locked by somebody else"))

    private static let starInfo = RouteInfo.drive(
        "Mark as a favourite, or take the mark away", events: [.fileStarred, .fileUnstarred],
        ResponseDescription(200, "The mark now", .object([.required("id", .uuid), .required("is_starred", .boolean)])),
        .error(403, "Access denied"), .error(404, "File not found"))

    private static let trashInfo = RouteInfo.drive(
        "Move to the trash", events: [.fileTrashed],
        ResponseDescription(
            200, "In the trash",
            .object([.required("id", .uuid), .required("is_trashed", .boolean), .required("trashed_at", .time)])),
        .error(403, "Access denied"), .error(404, "File not found"), .error(423, "File is locked"))
}
