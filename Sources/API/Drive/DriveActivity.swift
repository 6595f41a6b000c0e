import HTTP
import Vault

/// What happened: one file's activity and the whole history (requirements/1, "Historique").
struct DriveActivity: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/files/{id}/activity", Self.fileInfo, file)
        table.signedIn(.get, "/api/activity/history", Self.historyInfo, history)
    }

    // MARK: GET /api/files/{id}/activity

    @Sendable func file(_ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await vault.nodeActivity(
            try request.nodeID(), limit: try request.limit(default: 20, maximum: ActivityFeed.maximumLimit),
            cursor: request.query.first("cursor"), as: principal)
        let times = RelativeTime(now: vault.now())
        return .json { json in
            json.object { json in
                json.array("activities", page.events) { json, event in json.fileActivity(event, times) }
                json.field("has_more", page.hasMore)
                json.field("next_cursor", page.next)
            }
        }
    }

    // MARK: GET /api/activity/history

    @Sendable func history(_ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await vault.activity(
            try request.choice("filter", default: .all),
            limit: try request.limit(default: 20, maximum: ActivityFeed.maximumLimit),
            offset: try request.offset(maximum: ActivityFeed.maximumOffset), cursor: request.query.first("cursor"),
            as: principal)
        let times = RelativeTime(now: vault.now())
        let groups = page.events.grouped { times.day($0.time) }
        return .json { json in
            json.object { json in
                json.array("groups", groups) { json, group in
                    json.object { json in
                        json.field("date", group.label)
                        json.field("events_count", group.members.count)
                        json.array("events", group.members) { json, event in json.historyEvent(event, times) }
                    }
                }
                json.field("has_more", page.hasMore)
                json.field("next_cursor", page.next)
            }
        }
    }
}

extension Request {
    /// How many entries to leave out before the first.
    func offset(maximum: Int64) throws -> Int {
        Int(try query.integer("offset", in: 0...maximum) ?? 0)
    }
}

/// Neighbours of a list that belong under one heading.
struct LabelledGroup<Member> {
    let label: String
    var members: [Member]
}

extension Array {
    /// The elements in their order, cut where the label changes.
    func grouped(by label: (Element) -> String) -> [LabelledGroup<Element>] {
        var groups: [LabelledGroup<Element>] = []
        for element in self {
            let name = label(element)
            if let last = groups.indices.last, groups[last].label == name {
                groups[last].members.append(element)
            } else {
                groups.append(LabelledGroup(label: name, members: [element]))
            }
        }
        return groups
    }
}

extension JSONWriter {
    fileprivate mutating func fileActivity(_ event: ActivityEvent, _ times: RelativeTime) {
        let words = ActivityWords.of(event.action, isFolder: event.target.isFolder)
        object { json in
            json.field("id", event.id.description)
            json.object("user") { json in json.actor(event.actor) }
            json.field("action", words.sentence)
            json.field("action_type", event.action.rawValue)
            if let quote = event.quote { json.field("quote", quote) }
            json.field("time", times.phrase(event.time))
            json.field("created_at", event.time)
        }
    }

    fileprivate mutating func historyEvent(_ event: ActivityEvent, _ times: RelativeTime) {
        let words = ActivityWords.of(event.action, isFolder: event.target.isFolder)
        object { json in
            json.field("id", event.id.description)
            json.field("time", times.clock(event.time))
            json.field("action", ActivityWords.phrase(event))
            json.field("action_type", event.action.rawValue)
            json.field("target", ActivityWords.target(event))
            json.field("target_id", event.target.nodeID?.description)
            json.field("icon", words.icon)
            json.field("icon_color", words.color)
            json.field("icon_bg", words.background)
            json.field("created_at", event.time)
        }
    }

    /// The members of a person who did something.
    mutating func actor(_ actor: ActivityActor) {
        switch actor {
        case .caller(let person), .other(let person):
            field("id", person.id.description)
            field("name", person.shortName)
            field("initials", person.initials)
            field("avatar_url", person.avatarURL)
            field("color", PersonBadge.color(person.id))
        case .unknown: nobody(named: "Someone", initials: "?")
        case .vault: nobody(named: "CloudSpace", initials: "CS")
        }
    }

    /// Who has no account.
    private mutating func nobody(named name: String, initials: String) {
        null("id")
        field("name", name)
        field("initials", initials)
        null("avatar_url")
        field("color", PersonBadge.colorOfNobody)
    }
}

// MARK: Descriptions

extension DriveActivity {
    static let actor = Schema.object([
        .required("id", .nullable(.uuid), "null for a background job and for somebody who came by a link"),
        .required("name", .string()),
        .required("initials", .string()), .required("avatar_url", .nullable(.string())), .required("color", .string()),
    ])
    static let actions = Schema.choice(ActivityAction.allCases.map(\.rawValue))
    static let hasMore = Schema.Property.required("has_more", .boolean)
    static let nextCursor = Schema.Property.required(
        "next_cursor", .nullable(.string()), "For the next page; null on the last one")
    static let cursor = QueryParameter(
        "cursor", .string(), "next_cursor of the page before: neither holes nor doubles, whatever happens meanwhile")
    static let limit = QueryParameter("limit", .integer, "1 to \(ActivityFeed.maximumLimit), default 20")
    static let offset = QueryParameter(
        "offset", .integer, "Entries to leave out before the first, 0 to \(ActivityFeed.maximumOffset); default 0")

    private static let fileInfo = RouteInfo.drive(
        "What a file or folder went through, newest first", parameters: [limit, cursor],
        ResponseDescription(
            200, "The activities",
            .object([
                .required(
                    "activities",
                    .array(
                        .object([
                            .required("id", .uuid), .required("user", actor), .required("action", .string()),
                            .required("action_type", actions),
                            .optional("quote", .string(), "What was commented"), .required("time", .string()),
                            .required("created_at", .time),
                        ]))),
                hasMore, nextCursor,
            ])), .error(403, "Access denied"), .error(404, "File not found"))

    private static let historyInfo = RouteInfo.drive(
        "Everything the caller did and what happened to their files, newest first, by day",
        parameters: [
            limit, offset, cursor,
            QueryParameter("filter", .choice(ActivityFilter.allCases.map(\.rawValue)), "Default: all"),
        ],
        ResponseDescription(
            200, "The events",
            .object([
                .required(
                    "groups",
                    .array(
                        .object([
                            .required("date", .string()), .required("events_count", .integer, "Of this page"),
                            .required(
                                "events",
                                .array(
                                    .object([
                                        .required("id", .uuid), .required("time", .string()),
                                        .required("action", .string()), .required("action_type", actions),
                                        .required("target", .string(), "The name it had then"),
                                        .required("target_id", .nullable(.uuid), "null for what cannot be opened"),
                                        .required("icon", .string()), .required("icon_color", .string()),
                                        .required("icon_bg", .string()), .required("created_at", .time),
                                    ]))),
                        ]))),
                hasMore, nextCursor,
            ])))
}
