import HTTP
import Vault

/// The trash (requirements/1, "Corbeille").
struct DriveTrash: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/trash", Self.listInfo, list)
        table.signedIn(.post, "/api/trash/{id}/restore", Self.restoreInfo, restore)
        table.signedIn(.delete, "/api/trash/{id}", Self.purgeInfo, purge)
        table.signedIn(.delete, "/api/trash", Self.emptyInfo, empty)
    }

    // MARK: GET /api/trash

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let (items, total) = try await vault.trash.list(
            limit: try request.limit(default: 1_000, maximum: 10_000), as: principal)
        let times = RelativeTime(now: vault.now())
        return .json { json in
            json.object { json in
                json.array("items", items) { json, item in json.trashed(item, times) }
                json.field("total_count", total)
            }
        }
    }

    // MARK: POST /api/trash/{id}/restore

    @Sendable func restore(_ request: Request, _ principal: Principal) async throws -> Response {
        let (node, place) = try await vault.trash.restore(try request.trashedID(), as: principal)
        let details = try await vault.describe(node.id, as: principal)
        switch place {
        case .original: return FileView.response(details, for: principal)
        case .root:
            let problem = Problem.restoredToRoot
            return .json(problem.status) { json in
                json.object { json in
                    problem.write(to: &json, in: request.language)
                    json.key("file")
                    FileView.write(details, for: principal, to: &json)
                }
            }
        }
    }

    // MARK: DELETE /api/trash/{id}

    @Sendable func purge(_ request: Request, _ principal: Principal) async throws -> Response {
        _ = try await vault.purge(try request.trashedID(), as: principal)
        return .message("File permanently deleted")
    }

    // MARK: DELETE /api/trash

    @Sendable func empty(_ request: Request, _ principal: Principal) async throws -> Response {
        let emptied = try await vault.purge.all(as: principal)
        let language = request.language
        return .json { json in
            json.object { json in
                json.field("message", emptied.kept == 0 ? "Trash emptied" : "Trash emptied, but for what must be kept")
                json.field("deleted_count", emptied.items)
                json.field("space_freed", ByteCountText.text(emptied.report.bytes))
                json.field("kept_count", emptied.kept)
                json.array("kept", emptied.examples) { json, example in
                    let problem = Problem(.kept(example.why))
                    json.object { json in
                        json.field("id", example.node.description)
                        json.field("code", problem.code)
                        json.field("reason", problem.message.text(language))
                    }
                }
            }
        }
    }
}

extension Request {
    /// Text that is no identifier names nothing in the trash.
    fileprivate func trashedID() throws -> NodeID {
        guard let id = NodeID(try parameter("id")) else { throw VaultError.notInTrash }
        return id
    }
}

extension JSONWriter {
    fileprivate mutating func trashed(_ item: TrashedNode, _ times: RelativeTime) {
        let node = item.node
        let look = FileAppearance.of(node)
        let trashedAt = node.trashedAt ?? node.updatedAt
        object { json in
            json.field("id", node.id.description)
            json.field("name", node.name.text)
            json.field("icon", look.icon)
            json.field("icon_bg", look.strongBackground)
            json.field("icon_color", look.strongColor)
            json.field("is_folder", node.kind.isFolder)
            json.field("size", item.bytes)
            json.field("formatted_size", ByteCountText.text(item.bytes))
            json.field("original_location", item.location.map { (["My Drive"] + $0).joined(separator: "/") })
            json.field("date_deleted", times.dayAndTime(trashedAt))
            json.field("days_remaining", max(0, Trash.keptDays - times.days(since: trashedAt)))
            json.field("trashed_at", trashedAt)
        }
    }
}

// MARK: Descriptions

extension DriveTrash {
    private static let listInfo = RouteInfo.drive(
        "What is in the trash, newest first",
        parameters: [QueryParameter("limit", .integer, "1 to 10,000, default 1,000")],
        ResponseDescription(
            200, "The items",
            .object([
                .required(
                    "items",
                    .array(
                        .object([
                            .required("id", .uuid), .required("name", .string()), .required("icon", .string()),
                            .required("icon_bg", .string()), .required("icon_color", .string()),
                            .required("is_folder", .boolean), .required("size", .integer),
                            .required("formatted_size", .string()),
                            .required("original_location", .nullable(.string()), "null when the place is gone"),
                            .required("date_deleted", .string()), .required("days_remaining", .integer),
                            .required("trashed_at", .time),
                        ]))),
                .required("total_count", .integer),
            ])))

    private static let restoreInfo = RouteInfo.drive(
        "Bring back from the trash", events: [.fileRestored],
        ResponseDescription(200, "The file, where it was", FileView.schema), .error(403, "Access denied"),
        .error(404, "File not found in trash"),
        ResponseDescription(
            409, "Its folder is gone: the file now lies at the root and is in the answer",
            .object([
                .required("error", .string()), .required("code", .string()), .required("file", FileView.schema),
            ])))

    private static let purgeInfo = RouteInfo.drive(
        "Destroy for ever", events: [.fileDeleted], ResponseDescription(200, "Destroyed", .message),
        .error(403, "Access denied"), .error(404, "File not found in trash"),
        .error(423, "File is locked, or kept by a retention policy or a legal hold"))

    private static let emptyInfo = RouteInfo.drive(
        "Empty the trash", events: [.fileDeleted, .trashEmptied],
        ResponseDescription(
            200, "Emptied",
            .object([
                .required("message", .string()), .required("deleted_count", .integer),
                .required("space_freed", .string()),
                .required("kept_count", .integer, "What a retention policy or a legal hold keeps stays in the trash"),
                .required(
                    "kept",
                    .array(
                        .object([
                            .required("id", .uuid), .required("code", .string()), .required("reason", .string()),
                        ])), "The first hundred of those"),
            ])),
        .error(423, "File is locked"))
}
