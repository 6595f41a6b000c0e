import Database
import HTTP
import Vault

/// Links for people without an account, as who owns the file makes and keeps them.
struct DriveLinks: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/files/{id}/links", Self.createInfo, create)
        table.signedIn(.get, "/api/files/{id}/links", Self.listInfo, list)
        table.signedIn(.put, "/api/files/{id}/links/{linkId}", Self.changeInfo, change)
        table.signedIn(.delete, "/api/files/{id}/links/{linkId}", Self.revokeInfo, revoke)
    }

    // MARK: POST /api/files/{id}/links

    @Sendable func create(_ request: Request, _ principal: Principal) async throws -> Response {
        let id = try request.nodeID()
        let body = try await request.jsonObject()
        try principal.require(.writeContent)
        let password = try body.optionalString("password").map { text throws(VaultError) in try NewPassword(text) }
        let terms = LinkTerms(
            password: password, expiresAt: try body.expiry(now: vault.now()),
            maximumDownloads: try body.optionalInteger("max_downloads", in: 1...LinkTerms.largestMaximum))
        let link = try await vault.links.create(terms, on: id, as: principal)
        return .json(201) { json in json.link(link, request) }
    }

    // MARK: GET /api/files/{id}/links

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await vault.links.list(
            of: try request.nodeID(), limit: try request.limit(default: ShareLinks.defaultLimit, maximum: 100),
            cursor: request.query.first("cursor"), as: principal)
        return .json { json in
            json.object { json in
                json.array("links", page.links) { json, link in json.link(link, request) }
                json.field("next_cursor", page.next)
            }
        }
    }

    // MARK: PUT /api/files/{id}/links/{linkId}

    @Sendable func change(_ request: Request, _ principal: Principal) async throws -> Response {
        let id = try request.nodeID()
        let link = try request.linkID()
        let body = try await request.jsonObject()
        try principal.require(.writeContent)
        var change = LinkChange()
        if let text = try body.optionalString("password") {
            change.password = .set(try NewPassword(text))
        } else if body.isNull("password") {
            change.password = .remove
        }
        if let moment = try body.expiry(now: vault.now()) {
            change.expiresAt = .set(moment)
        } else if body.isNull("expires_at") || body.isNull("expires_in_days") {
            change.expiresAt = .remove
        }
        if let most = try body.optionalInteger("max_downloads", in: 1...LinkTerms.largestMaximum) {
            change.maximumDownloads = .set(most)
        } else if body.isNull("max_downloads") {
            change.maximumDownloads = .remove
        }
        let changed = try await vault.links.change(link, on: id, change, as: principal)
        return .json { json in json.link(changed, request) }
    }

    // MARK: DELETE /api/files/{id}/links/{linkId}

    @Sendable func revoke(_ request: Request, _ principal: Principal) async throws -> Response {
        try await vault.links.revoke(try request.linkID(), on: try request.nodeID(), as: principal)
        return .message("Link revoked")
    }
}

extension Request {
    fileprivate func linkID() throws -> ShareLinkID {
        guard let id = ShareLinkID(try parameter("linkId")) else { throw VaultError.notFound(.link) }
        return id
    }

    /// Where this server was reached, as the client spelled it: what addresses for other people begin with.
    fileprivate var ownOrigin: String {
        headers.first("Host").map { "\(isTLS ? "https" : "http")://\($0)" } ?? ""
    }
}

extension JSONValue {
    /// The end of a link: a moment or a number of days from now.
    fileprivate func expiry(now: Timestamp) throws -> Timestamp? {
        if let text = try optionalString("expires_at") {
            guard text.utf8.count <= 40, let moment = Timestamp.parse(iso8601: text) else {
                throw VaultError.invalid(field: "expires_at", .malformed)
            }
            return moment
        }
        return try optionalInteger("expires_in_days", in: 1...3_650).map { now.advanced(bySeconds: $0 * 86_400) }
    }
}

extension JSONWriter {
    fileprivate mutating func link(_ link: ShareLink, _ request: Request) {
        object { json in
            json.field("id", link.id.description)
            json.field("url", "\(request.ownOrigin)/s/\(link.token.text)")
            json.field("token", link.token.text)
            json.field("file_id", link.node.description)
            json.field("has_password", link.hasPassword)
            json.field("expires_at", link.expiresAt)
            json.field("max_downloads", link.maximumDownloads)
            json.field("downloads", link.downloads)
            json.field("status", link.state.rawValue)
            json.object("created_by") { json in json.card(link.createdBy) }
            json.field("created_at", link.createdAt)
            json.field("last_used_at", link.lastUsedAt)
        }
    }
}

// MARK: Descriptions

extension DriveLinks {
    private static let link = Schema.object([
        .required("id", .uuid), .required("url", .string(format: "uri")), .required("token", .string()),
        .required("file_id", .uuid), .required("has_password", .boolean), .required("expires_at", .nullable(.time)),
        .required("max_downloads", .nullable(.integer)), .required("downloads", .integer),
        .required("status", .choice(ShareLink.State.allCases.map(\.rawValue))),
        .required(
            "created_by",
            .object([.required("id", .uuid), .required("name", .string()), .required("initials", .string())])),
        .required("created_at", .time), .required("last_used_at", .nullable(.time)),
    ])

    private static let terms: [Schema.Property] = [
        .optional("password", .nullable(.string()), "8 characters or more"),
        .optional("expires_at", .nullable(.time), "In the future"),
        .optional("expires_in_days", .nullable(.integer), "Instead of expires_at: 1 to 3,650"),
        .optional("max_downloads", .nullable(.integer), "1 to 1,000,000"),
    ]

    private static let createInfo = RouteInfo.drive(
        "Make a link that opens the file for whoever has it", body: .json, events: [.linkCreated],
        requests: [BodyDescription("application/json", .object(terms))],
        ResponseDescription(201, "The link", link), .error(403, "Access denied"), .error(404, "File not found"),
        .error(409, "A file can have at most 100 links"))

    private static let listInfo = RouteInfo.drive(
        "The links of a file that were not revoked, newest first",
        parameters: [
            QueryParameter("limit", .integer, "1 to 100, default 50"),
            QueryParameter("cursor", .string(), "`next_cursor` of the page before"),
        ],
        ResponseDescription(
            200, "One page",
            .object([.required("links", .array(link)), .required("next_cursor", .nullable(.string()))])),
        .error(403, "Access denied"), .error(404, "File not found"))

    private static let changeInfo = RouteInfo.drive(
        "Change what a link allows; null takes a limit away, what is absent stays", body: .json,
        events: [.linkChanged], requests: [BodyDescription("application/json", .object(terms))],
        ResponseDescription(200, "The link", link), .error(403, "Access denied"),
        .error(404, "File not found, or This link does not exist or is no longer valid"))

    private static let revokeInfo = RouteInfo.drive(
        "End a link for ever", events: [.linkRevoked], ResponseDescription(200, "Revoked", .message),
        .error(403, "Access denied"),
        .error(404, "File not found, or This link does not exist or is no longer valid"))
}
