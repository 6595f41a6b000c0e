import HTTP
import Vault

/// Comments on files and folders (requirements/1, `/api/files/:fileId/comments`).
struct DriveComments: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/files/{id}/comments", Self.addInfo, add)
        table.signedIn(.get, "/api/files/{id}/comments", Self.listInfo, list)
        table.signedIn(.put, "/api/files/{id}/comments/{commentId}", Self.editInfo, edit)
        table.signedIn(.delete, "/api/files/{id}/comments/{commentId}", Self.deleteInfo, delete)
    }

    // MARK: POST /api/files/{id}/comments

    @Sendable func add(_ request: Request, _ principal: Principal) async throws -> Response {
        let id = try request.nodeID()
        try principal.require(.writeContent)
        let text = try await request.commentText()
        let comment = try await vault.comments.add(text, to: id, as: principal)
        let times = RelativeTime(now: vault.now())
        return .json(201) { json in json.comment(comment, times) }
    }

    // MARK: GET /api/files/{id}/comments

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await vault.comments.list(
            of: try request.nodeID(), order: try request.choice("order", default: .descending),
            limit: try request.limit(default: Comments.defaultLimit, maximum: Comments.maximumLimit),
            cursor: request.query.first("cursor"), as: principal)
        let times = RelativeTime(now: vault.now())
        return .json { json in
            json.object { json in
                json.array("comments", page.comments) { json, comment in json.comment(comment, times) }
                json.field("total_count", page.total)
                json.field("next_cursor", page.next)
            }
        }
    }

    // MARK: PUT /api/files/{id}/comments/{commentId}

    @Sendable func edit(_ request: Request, _ principal: Principal) async throws -> Response {
        let id = try request.nodeID()
        let comment = try request.commentID()
        try principal.require(.writeContent)
        let text = try await request.commentText()
        let edited = try await vault.comments.edit(comment, on: id, to: text, as: principal)
        let times = RelativeTime(now: vault.now())
        return .json { json in json.comment(edited, times) }
    }

    // MARK: DELETE /api/files/{id}/comments/{commentId}

    @Sendable func delete(_ request: Request, _ principal: Principal) async throws -> Response {
        try await vault.comments.delete(try request.commentID(), on: try request.nodeID(), as: principal)
        return .message("Comment deleted")
    }
}

extension Request {
    fileprivate func commentID() throws -> CommentID {
        guard let id = CommentID(try parameter("commentId")) else { throw VaultError.notFound(.comment) }
        return id
    }

    fileprivate func commentText() async throws -> CommentText {
        try CommentText(try await jsonObject().optionalString("text") ?? "")
    }
}

extension JSONWriter {
    fileprivate mutating func comment(_ comment: Comment, _ times: RelativeTime) {
        object { json in
            json.field("id", comment.id.description)
            json.field("text", comment.text.text)
            json.object("user") { json in
                json.card(comment.author)
                json.field("color", PersonBadge.color(comment.author.id))
                json.field("avatar_url", comment.author.avatarURL)
            }
            json.field("created_at", comment.createdAt)
            json.field("updated_at", comment.updatedAt)
            json.field("is_edited", comment.isEdited)
            json.field("time", times.text(comment.createdAt))
        }
    }
}

// MARK: Descriptions

extension DriveComments {
    private static let comment = Schema.object([
        .required("id", .uuid), .required("text", .string()),
        .required(
            "user",
            .object([
                .required("id", .uuid), .required("name", .string()), .required("initials", .string()),
                .required("color", .string()), .required("avatar_url", .nullable(.string())),
            ])),
        .required("created_at", .time), .required("updated_at", .time), .required("is_edited", .boolean),
        .required("time", .string(), "\"10 min ago\""),
    ])

    private static let body = BodyDescription.json(
        .required("text", .string(), "1 to 5,000 characters; \"@Sarah Miller\" or \"@sarah@cloudspace.com\" tells them")
    )

    private static let addInfo = RouteInfo.drive(
        "Comment on a file or folder", body: .json, events: [.commentAdded], requests: [body],
        ResponseDescription(201, "The comment", comment), .error(400, "Comment text is required"),
        .error(403, "Access denied"), .error(404, "File not found"))

    private static let listInfo = RouteInfo.drive(
        "Comments on a file or folder",
        parameters: [
            QueryParameter(
                "order", .choice(ListOrder.allCases.map(\.rawValue)), "Default: desc, which is newest first"),
            QueryParameter("limit", .integer, "1 to 200, default 50"),
            QueryParameter("cursor", .string(), "`next_cursor` of the page before"),
        ],
        ResponseDescription(
            200, "One page",
            .object([
                .required("comments", .array(comment)), .required("total_count", .integer),
                .required("next_cursor", .nullable(.string())),
            ])),
        .error(403, "Access denied"), .error(404, "File not found"))

    private static let editInfo = RouteInfo.drive(
        "Give one's own comment another text", body: .json, events: [.commentEdited], requests: [body],
        ResponseDescription(200, "The comment", comment), .error(400, "Comment text is required"),
        .error(403, "Access denied"), .error(404, "File not found, or Comment not found"))

    private static let deleteInfo = RouteInfo.drive(
        "Delete a comment: one's own, or any on a file one owns", events: [.commentDeleted],
        ResponseDescription(200, "Deleted", .message), .error(403, "Access denied"),
        .error(404, "File not found, or Comment not found"))
}
