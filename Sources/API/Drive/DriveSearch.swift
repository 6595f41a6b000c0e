import Database
import HTTP
import Vault
import Versions

/// The search of the header (requirements/1, "Recherche").
struct DriveSearch: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/search", Self.info, search)
    }

    // MARK: GET /api/search

    @Sendable func search(_ request: Request, _ principal: Principal) async throws -> Response {
        if let moment = try request.asOf() { return try await past(moment, request, principal) }
        let page = try await vault.search(
            request.query.first("q") ?? "", kinds: try request.choice("type", default: .all),
            scope: try request.choice("scope", default: .all),
            limit: try request.limit(default: 10, maximum: SearchNames.maximumLimit), as: principal)
        let times = RelativeTime(now: vault.now())
        return .json { json in
            json.object { json in
                json.array("results", page.hits) { json, hit in json.hit(hit, times) }
                json.field("total_count", page.total)
            }
        }
    }
}

extension DriveSearch {
    private func past(_ moment: Timestamp, _ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await SearchPast(vault.core)(
            request.query.first("q") ?? "", at: moment, kinds: try request.choice("type", default: .all),
            scope: try request.choice("scope", default: .all),
            limit: try request.limit(default: 10, maximum: SearchNames.maximumLimit), as: principal)
        let times = RelativeTime(now: vault.now())
        return .json { json in
            json.object { json in
                json.array("results", page.hits) { json, hit in json.pastHit(hit, times) }
                json.field("total_count", page.total)
                json.field("is_complete", page.isWhole)
                json.field("as_of", moment)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func pastHit(_ hit: PastHit, _ times: RelativeTime) {
        let node = hit.node
        let look = node.look
        object { json in
            json.field("type", node.kind.isFolder ? "folder" : "file")
            json.field("id", node.id.description)
            json.field("name", node.name?.text)
            json.field("icon", look.icon)
            json.field("icon_color", look.color)
            json.field("icon_bg", look.background)
            json.field("path", ([hit.isForeign ? "Shared with me" : "My Drive"] + hit.path).joined(separator: "/"))
            if !node.kind.isFolder {
                json.field("modified", times.text(node.validFrom))
                json.field("size", ByteCountText.text(node.size))
                json.field("version_number", node.head)
            }
            json.field("today", node.today.rawValue)
        }
    }

    fileprivate mutating func hit(_ hit: SearchHit, _ times: RelativeTime) {
        switch hit {
        case .node(let node, let path, let isOwn, let childCount):
            object { json in
                json.field("type", node.kind.isFolder ? "folder" : "file")
                json.field("id", node.id.description)
                json.field("name", node.name.text)
                json.look(of: node)
                json.field("path", ([isOwn ? "My Drive" : "Shared with me"] + path).joined(separator: "/"))
                if node.kind.isFolder {
                    json.field("items_count", childCount)
                } else {
                    json.field("modified", times.text(node.updatedAt))
                    json.field("size", ByteCountText.text(node.size))
                }
            }
        case .person(let person):
            object { json in
                json.field("type", "user")
                json.field("id", person.id.description)
                json.field("name", person.fullName)
                json.field("email", person.email)
                json.field("avatar_url", person.avatarURL)
            }
        }
    }
}

// MARK: Descriptions

extension DriveSearch {
    private static let info = RouteInfo.drive(
        "Files, folders and people by a part of their name, best match first; with as_of by the names of then",
        events: [.pastViewed],
        parameters: [
            Moment.parameter,
            QueryParameter("q", .string(), "What names must hold; case and accents do not matter"),
            QueryParameter("type", .choice(SearchedKinds.allCases.map(\.rawValue)), "Default: all"),
            QueryParameter(
                "scope", .choice(SearchScope.allCases.map(\.rawValue)), "Default: all, which leaves the trash out"),
            QueryParameter("limit", .integer, "Results on the page, 1 to 100; default 10"),
        ],
        ResponseDescription(
            200, "What was found",
            .object([
                .required(
                    "results",
                    .array(
                        .object([
                            .required("type", .choice(["file", "folder", "user"])), .required("id", .uuid),
                            .required("name", .string()), .optional("icon", .string()),
                            .optional("icon_color", .string()), .optional("icon_bg", .string()),
                            .optional("path", .string()), .optional("modified", .string()),
                            .optional("size", .string()), .optional("items_count", .integer),
                            .optional("email", .string()), .optional("avatar_url", .nullable(.string())),
                        ]))),
                .required("total_count", .integer, "Everything that fits"),
                .optional(
                    "is_complete", .boolean,
                    "With as_of: whether all names of then were looked at; at most \(SearchPast.mostNames) are"),
                .optional("as_of", .time),
            ])))
}
