import HTTP
import Vault

/// Files had in hand lately (requirements/1, "Fichiers récents").
struct DriveRecent: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/files/recent", Self.info, recent)
    }

    // MARK: GET /api/files/recent

    @Sendable func recent(_ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await vault.recentFiles(
            limit: try request.limit(default: 20, maximum: RecentFiles.maximumLimit),
            offset: try request.offset(maximum: RecentFiles.maximumOffset), cursor: request.query.first("cursor"),
            as: principal)
        let times = RelativeTime(now: vault.now())
        let groups = page.files.grouped { times.stretch($0.time) }
        return .json { json in
            json.object { json in
                json.array("groups", groups) { json, group in
                    json.object { json in
                        json.field("label", group.label)
                        json.array("files", group.members) { json, file in json.recent(file, times) }
                    }
                }
                json.field("has_more", page.hasMore)
                json.field("next_cursor", page.next)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func recent(_ file: RecentFile, _ times: RelativeTime) {
        let look = FileAppearance.of(file.node)
        object { json in
            json.field("id", file.node.id.description)
            json.field("name", file.node.name.text)
            json.field("icon", look.icon)
            json.field("icon_color", look.color)
            json.field("icon_bg", look.softBackground)
            json.field("owner", file.isOwn ? "You" : file.owner.shortName)
            json.field("activity", "\(file.action.pastTense) \(times.clockOrDay(file.time))")
            json.field("activity_type", file.action.rawValue)
            json.field("activity_at", file.time)
            json.field("updated_at", file.node.updatedAt)
        }
    }
}

// MARK: Descriptions

extension DriveRecent {
    private static let info = RouteInfo.drive(
        "Files opened or changed lately, each once, by stretch of time",
        parameters: [DriveActivity.limit, DriveActivity.offset, DriveActivity.cursor],
        ResponseDescription(
            200, "The files",
            .object([
                .required(
                    "groups",
                    .array(
                        .object([
                            .required("label", .string()),
                            .required(
                                "files",
                                .array(
                                    .object([
                                        .required("id", .uuid), .required("name", .string()),
                                        .required("icon", .string()), .required("icon_color", .string()),
                                        .required("icon_bg", .string()),
                                        .required("owner", .string(), "\"You\", or the owner's short name"),
                                        .required("activity", .string()),
                                        .required(
                                            "activity_type", .choice(RecentFiles.actions.map(\.rawValue))),
                                        .required("activity_at", .time), .required("updated_at", .time),
                                    ]))),
                        ]))),
                DriveActivity.hasMore, DriveActivity.nextCursor,
            ])))
}
