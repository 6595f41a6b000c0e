import Database
import HTTP
import Vault

/// The bell of the header (requirements/1, "Notifications"), as a list and live.
struct DriveNotifications: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/notifications", Self.listInfo, list)
        table.signedIn(.get, "/api/notifications/stream", Self.streamInfo, stream)
        table.signedIn(.put, "/api/notifications/{id}/read", Self.readInfo, markRead)
        table.signedIn(.put, "/api/notifications/read-all", Self.readAllInfo, markAllRead)
    }

    // MARK: GET /api/notifications

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await vault.notifications.list(
            unreadOnly: try request.query.boolean("unread_only") ?? false,
            limit: try request.limit(default: Notifications.defaultLimit, maximum: Notifications.maximumLimit),
            cursor: request.query.first("cursor"), as: principal)
        let view = NotificationView(language: request.language, now: vault.now())
        return .json { json in
            json.object { json in
                json.array("notifications", page.entries) { json, entry in view.write(entry, to: &json) }
                json.field("unread_count", page.unread)
                json.field("next_cursor", page.next)
            }
        }
    }

    // MARK: GET /api/notifications/stream

    @Sendable func stream(_ request: Request, _ principal: Principal) async throws -> Response {
        // What is no id of ours is as good as none: the stream begins with what comes.
        let last = request.headers.first("Last-Event-ID").flatMap { NotificationID($0) }
        let feed = try await vault.notifications.listen(after: last, as: principal)
        return NotificationStream(feed: feed, language: request.language, vault: vault).response
    }

    // MARK: PUT /api/notifications/{id}/read

    @Sendable func markRead(_ request: Request, _ principal: Principal) async throws -> Response {
        guard let id = NotificationID(try request.parameter("id")) else { throw VaultError.notFound(.notification) }
        try await vault.notifications.markRead(id, as: principal)
        return .json { json in json.object { json in json.field("is_read", true) } }
    }

    // MARK: PUT /api/notifications/read-all

    @Sendable func markAllRead(_ request: Request, _ principal: Principal) async throws -> Response {
        try await vault.notifications.markAllRead(as: principal)
        return .message("All notifications marked as read")
    }
}

/// A notification as the client gets it, in lists and in streams alike.
struct NotificationView {
    let language: Language
    let times: RelativeTime

    init(language: Language, now: Timestamp) {
        self.language = language
        times = RelativeTime(now: now)
    }

    func write(_ notification: Notification, to json: inout JSONWriter) {
        json.object { json in
            json.field("id", notification.id.description)
            json.field("type", NotificationWords.type(notification.kind))
            json.field("code", notification.kind.rawValue)
            json.field("title", NotificationWords.title(notification, in: language))
            json.field("message", NotificationWords.message(notification, in: language))
            json.field("is_read", notification.isRead)
            json.field("related_file_id", notification.node?.id.description)
            json.field("related_file_name", notification.node?.name.text)
            json.key("actor")
            if let actor = notification.actor {
                json.object { json in
                    json.card(actor)
                    json.field("avatar_url", actor.avatarURL)
                }
            } else {
                json.null()
            }
            if let burst = notification.burst {
                // What POST /api/drive/restore takes.
                json.object("details") { json in
                    json.field("folder_id", burst.folder.value == burst.space.value ? nil : burst.folder.description)
                    json.field("as_of", burst.moment.milliseconds)
                    json.field("count", burst.files)
                    json.field("account_id", burst.account.description)
                    json.field("space_id", burst.space.description)
                }
            }
            json.field("created_at", notification.createdAt)
            json.field("time_ago", times.text(notification.createdAt))
        }
    }
}

// MARK: Descriptions

extension DriveNotifications {
    private static let notification = Schema.object([
        .required("id", .uuid), .required("type", .choice(["share", "comment", "mention", "system"])),
        .required("code", .choice(NotificationKind.allCases.map(\.rawValue))), .required("title", .string()),
        .required("message", .nullable(.string())), .required("is_read", .boolean),
        .required("related_file_id", .nullable(.uuid)), .required("related_file_name", .nullable(.string())),
        .required(
            "actor",
            .nullable(
                .object([
                    .required("id", .uuid), .required("name", .string()), .required("initials", .string()),
                    .required("avatar_url", .nullable(.string())),
                ]))),
        .optional(
            "details",
            .object([
                .required("folder_id", .nullable(.uuid), "Null: the whole drive"),
                .required("as_of", .integer, "The moment before, in milliseconds: what a restore takes"),
                .required("count", .integer), .required("account_id", .uuid), .required("space_id", .uuid),
            ]), "Of a burst of rewriting"),
        .required("created_at", .time), .required("time_ago", .string()),
    ])

    private static let listInfo = RouteInfo.drive(
        "The caller's notifications, newest first; titles in the language asked for",
        parameters: [
            QueryParameter("unread_only", .boolean, "Default: false"),
            QueryParameter("limit", .integer, "1 to 200, default 50"),
            QueryParameter("cursor", .string(), "`next_cursor` of the page before"),
        ],
        ResponseDescription(
            200, "One page",
            .object([
                .required("notifications", .array(notification)), .required("unread_count", .integer),
                .required("next_cursor", .nullable(.string())),
            ])))

    private static let streamInfo = RouteInfo.drive(
        "Notifications as they come: events `notification` whose data are those of the list; Last-Event-ID goes on after it",
        ResponseDescription(200, "A stream without end", .string(), contentType: "text/event-stream"),
        .error(429, "Too many open notification streams"), .error(503, "The server has no room for another stream"))

    private static let readInfo = RouteInfo.drive(
        "Mark a notification as read", events: [.notificationsRead],
        ResponseDescription(200, "Read", .object([.required("is_read", .boolean)])),
        .error(404, "Notification not found"))

    private static let readAllInfo = RouteInfo.drive(
        "Mark all notifications as read", events: [.notificationsRead], ResponseDescription(200, "Read", .message))
}
