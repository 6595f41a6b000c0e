import Database
import HTTP
import Vault
import Versions

/// Folders: what is in them, and new ones (requirements/1, "Fichiers et Dossiers").
struct DriveFolders: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/drive/contents", Self.contentsInfo, contents)
        table.signedIn(.post, "/api/drive/folders", Self.createInfo, create)
    }

    // MARK: GET /api/drive/contents

    @Sendable func contents(_ request: Request, _ principal: Principal) async throws -> Response {
        if let moment = try request.asOf() { return try await past(moment, request, principal) }
        let page = try await vault.listFolder(
            try request.folderInQuery(), kinds: try request.choice("type", default: .all),
            sort: try request.choice("sort", default: .name), order: try request.choice("order", default: .ascending),
            limit: try request.limit(default: ListFolder.defaultLimit, maximum: ListFolder.maximumLimit),
            cursor: request.query.first("cursor"), as: principal)
        return .json(200, FolderListing.json(page, for: principal, now: vault.now()))
    }

    private func past(_ moment: Timestamp, _ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await TreeAsOf(vault.core)(
            try request.folderInQuery(), at: moment, kinds: try request.choice("type", default: .all),
            sort: try request.choice("sort", default: .name), order: try request.choice("order", default: .ascending),
            limit: try request.limit(default: ListFolder.defaultLimit, maximum: ListFolder.maximumLimit),
            cursor: request.query.first("cursor"), as: principal)
        return .json(200, PastListing.json(page, now: vault.now()))
    }

    // MARK: POST /api/drive/folders

    @Sendable func create(_ request: Request, _ principal: Principal) async throws -> Response {
        let body = try await request.jsonObject()
        guard let name = try body.optionalString("name") else { throw VaultError.invalid(field: "name", .missing) }
        let kind = try body.optionalString("kind").map(Self.kind) ?? .folder
        let parent = try FolderReference.parse(try body.optionalString("parent_id"))
        let node = try await vault.createFolder(try NodeName(name), kind: kind, in: parent, as: principal)
        return .json(201) { $0.newFolder(node) }
    }

    private static func kind(_ word: String) throws(VaultError) -> NodeKind {
        guard let kind = NodeKind(documentName: word), kind.isFolder else {
            throw .invalid(field: "kind", .unknownValue(allowed: kinds))
        }
        return kind
    }

    private static let kinds = NodeKind.allCases.filter(\.isFolder).map(\.documentName)
}

extension JSONWriter {
    fileprivate mutating func newFolder(_ node: Node) {
        object { json in
            json.field("id", node.id.description)
            json.field("name", node.name.text)
            json.field("is_folder", true)
            json.field("kind", node.kind.documentName)
            json.field("parent_id", node.visibleParent)
            json.field("created_at", node.createdAt)
        }
    }
}

extension Node {
    /// The folder it lies in as the client knows it: the root of a drive is null.
    var visibleParent: String? { isAtTop ? nil : parent?.description }
}

// MARK: Descriptions

extension DriveFolders {
    private static let contentsInfo = RouteInfo.drive(
        "What is in a folder, or was in it at a moment: folders first, then files", events: [.pastViewed],
        parameters: [
            Moment.parameter,
            QueryParameter("parent_id", .uuid, "The folder; absent or `null` is the root"),
            QueryParameter("sort", .choice(ListSort.allCases.map(\.rawValue)), "Default: name"),
            QueryParameter("order", .choice(ListOrder.allCases.map(\.rawValue)), "Default: asc"),
            QueryParameter("type", .choice(ListedKinds.allCases.map(\.rawValue)), "Default: all"),
            QueryParameter("limit", .integer, "1 to 10,000, default 1,000"),
            QueryParameter("cursor", .string(), "`next_cursor` of the page before"),
        ],
        ResponseDescription(200, "One page", FolderListing.schema),
        .error(400, "as_of is in the future, or before the drive began"), .error(403, "Access denied"),
        .error(404, "Folder not found"))

    private static let createInfo = RouteInfo.drive(
        "Make a folder, a locker or a cabinet", body: .json, events: [.folderCreated],
        requests: [
            .json(
                .required("name", .string()), .optional("parent_id", .nullable(.uuid)),
                .optional("kind", .choice(kinds), "Default: dossier"))
        ],
        ResponseDescription(
            201, "The folder",
            .object([
                .required("id", .uuid), .required("name", .string()), .required("is_folder", .boolean),
                .required("kind", .choice(kinds)), .required("parent_id", .nullable(.uuid)),
                .required("created_at", .time),
            ])),
        .error(400, "Folder name already exists in this location"), .error(403, "Access denied"),
        .error(404, "Folder not found"), .error(423, "File is locked"))
}
