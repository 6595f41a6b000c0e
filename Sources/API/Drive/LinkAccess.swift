import HTTP
import Vault

/// What a link opens, for whoever has it: facts, the password, the download.
struct LinkAccess: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.open(.get, "/api/links/{token}", Self.lookInfo, look)
        table.open(.post, "/api/links/{token}/unlock", Self.unlockInfo, unlock)
        table.open(.get, "/api/links/{token}/download", Self.downloadInfo, download)
    }

    // MARK: GET /api/links/{token}

    @Sendable func look(_ request: Request) async throws -> Response {
        let link = try await vault.publicLinks.look(
            try request.parameter("token"), pass: request.query.first("pass"))
        return .json { json in json.object { json in json.publicLink(link) } }.unlisted
    }

    // MARK: POST /api/links/{token}/unlock

    @Sendable func unlock(_ request: Request) async throws -> Response {
        let token = try request.parameter("token")
        let password = try await request.jsonObject().optionalString("password") ?? ""
        let unlocked = try await vault.publicLinks.unlock(token, password: password, from: request.origin)
        return .json { json in
            json.object { json in
                json.publicLink(unlocked.link)
                json.field("download_url", Self.downloadPath(token, pass: unlocked.pass))
                json.field("expires_in", unlocked.lifetime)
            }
        }.unlisted
    }

    // MARK: GET /api/links/{token}/download

    /// The first request is counted and sent on to an address that holds for an hour and is not: so ranges, broken and
    /// repeated transfers of one download count once.
    @Sendable func download(_ request: Request) async throws -> Response {
        let token = try request.parameter("token")
        if let ticket = request.query.first("ticket") {
            switch try await vault.publicLinks.open(token, ticket: ticket, from: request.origin) {
            case .file(let content, let visitor):
                return try await ContentDownload(vault: vault, content: content, principal: visitor)
                    .response(to: request).unlisted
            case .folder(let tree, let name, let visitor):
                return try await ArchiveDownload(vault: vault, principal: visitor)
                    .response(to: request, tree, name: name.text).unlisted
            }
        }
        // HEAD promises to change nothing, and what comes first here is a count.
        guard request.method == .get else { throw HTTPProblem.methodNotAllowed([.get, .options]) }
        let ticket = try await vault.publicLinks.beginDownload(
            token, pass: request.query.first("pass"), from: request.origin)
        return .seeOther("/api/links/\(token)/download?ticket=\(ticket)")
    }

    static func downloadPath(_ token: String, pass: String) -> String { "/api/links/\(token)/download?pass=\(pass)" }
}

extension Response {
    /// Nothing that a search engine should keep.
    var unlisted: Response { with("X-Robots-Tag", "noindex, nofollow") }

    static func seeOther(_ location: String) -> Response {
        Response(status: 303, headers: ["Location": location]).unlisted
    }
}

extension JSONWriter {
    fileprivate mutating func publicLink(_ link: PublicLink) {
        field("requires_password", link.hasPassword)
        field("expires_at", link.expiresAt)
        field("remaining_downloads", link.remainingDownloads)
        field("name", link.node?.name.text)
        field("is_folder", link.node.map { $0.kind.isFolder } ?? nil)
        if let node = link.node {
            field("type", FileTypeName.of(node))
            field("size", node.size)
            field("formatted_size", ByteCountText.text(node.size))
            look(of: node)
        }
    }

    private mutating func field(_ name: String, _ truth: Bool?) {
        if let truth { field(name, truth) } else { null(name) }
    }
}

// MARK: Descriptions

extension LinkAccess {
    private static let facts: [Schema.Property] = [
        .required("requires_password", .boolean), .required("expires_at", .nullable(.time)),
        .required("remaining_downloads", .nullable(.integer)),
        .required("name", .nullable(.string()), "null until the password was given"),
        .required("is_folder", .nullable(.boolean)), .optional("type", .string()), .optional("size", .integer),
        .optional("formatted_size", .string()), .optional("icon", .string()), .optional("icon_color", .string()),
        .optional("icon_bg", .string()),
    ]

    private static let gone = ResponseDescription.error(404, "This link does not exist or is no longer valid")

    private static let lookInfo = RouteInfo.drive(
        "What a link opens", parameters: [QueryParameter("pass", .string(), "From unlock")],
        ResponseDescription(200, "The facts", .object(facts)), gone)

    private static let unlockInfo = RouteInfo.drive(
        "Give the password of a link", body: .json, events: [.linkUsed, .linkRefused],
        requests: [.json(.optional("password", .string()))],
        ResponseDescription(
            200, "The facts, and where to download",
            .object(
                facts + [
                    .required("download_url", .string(format: "uri-reference"), "Holds for expires_in seconds"),
                    .required("expires_in", .integer),
                ])),
        .error(403, "Wrong password"), gone, .error(429, "Too many attempts"))

    private static let downloadInfo = RouteInfo.drive(
        "Download what a link opens, a folder as ZIP; counted here, then continued at the address it leads to",
        events: [.linkUsed, .fileDownloaded],
        parameters: [
            QueryParameter("pass", .string(), "From unlock, where there is a password"),
            QueryParameter("ticket", .string(), "Set by the address that the first request leads to"),
        ],
        ResponseDescription(200, "The bytes", .string(format: "binary"), contentType: "application/octet-stream"),
        ResponseDescription(
            206, "The range asked for", .string(format: "binary"), contentType: "application/octet-stream"),
        ResponseDescription(303, "Counted; the bytes are at Location"), ResponseDescription(304, "Not modified"),
        .error(403, "Wrong password"), gone, .error(416, "The file does not have that range"))
}
