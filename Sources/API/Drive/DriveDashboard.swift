import HTTP
import Vault

/// The dashboard: figures, feed, files at hand, colleagues (requirements/1, "Dashboard").
struct DriveDashboard: Sendable {
    let vault: Vault

    private static let largestFeed = 50
    private static let largestQuickAccess = 20

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/dashboard/stats", Self.statsInfo, stats)
        table.signedIn(.get, "/api/dashboard/activity", Self.activityInfo, activity)
        table.signedIn(.get, "/api/dashboard/quick-access", Self.quickAccessInfo, quickAccess)
        table.signedIn(.get, "/api/dashboard/team", Self.teamInfo, team)
    }

    // MARK: GET /api/dashboard/stats

    @Sendable func stats(_ request: Request, _ principal: Principal) async throws -> Response {
        let stats = try await vault.dashboardStats(as: principal)
        let times = RelativeTime(now: vault.now())
        return .json { json in
            json.object { json in
                json.field("total_files", stats.files)
                json.field("total_files_change", Self.change(stats.filesChange))
                json.field("storage_used", ByteCountText.text(stats.used))
                json.field("storage_percentage", StorageShares.percentage(stats.used, of: stats.limit))
                json.field("shared_files", stats.shares)
                json.field("shared_files_change", Self.change(stats.sharesChange))
                json.field("trash_items", stats.trashed)
                let days = stats.oldestTrashed.map { Trash.keptDays - times.days(since: $0) } ?? Trash.keptDays
                json.field("trash_auto_delete", "\(max(0, days))d")
            }
        }
    }

    /// "+24 this week".
    static func change(_ count: Int64) -> String { "\(count < 0 ? "" : "+")\(count) this week" }

    // MARK: GET /api/dashboard/activity

    @Sendable func activity(_ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await vault.activity(
            about: .nodes, limit: try request.limit(default: 6, maximum: Self.largestFeed), as: principal)
        let times = RelativeTime(now: vault.now())
        return .json { json in
            json.object { json in
                json.array("activities", page.events) { json, event in
                    json.object { json in
                        json.field("id", event.id.description)
                        json.object("user") { json in json.actor(event.actor) }
                        json.field("action", ActivityWords.of(event.action).verb)
                        json.field("action_type", event.action.rawValue)
                        json.field("target", ActivityWords.target(event))
                        json.field("target_id", event.target.nodeID?.description)
                        json.field("time", times.text(event.time))
                        json.field("created_at", event.time)
                    }
                }
            }
        }
    }

    // MARK: GET /api/dashboard/quick-access

    @Sendable func quickAccess(_ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await vault.recentFiles(
            [.fileEdited, .fileViewed, .fileUploaded],
            limit: try request.limit(default: 4, maximum: Self.largestQuickAccess), as: principal)
        let times = RelativeTime(now: vault.now())
        return .json { json in
            json.object { json in
                json.array("files", page.files) { json, file in
                    let look = FileAppearance.of(file.node)
                    json.object { json in
                        json.field("id", file.node.id.description)
                        json.field("name", file.node.name.text)
                        json.field("icon", look.icon)
                        json.field("icon_color", look.lightColor)
                        json.field("icon_bg", look.softBackground)
                        json.field("subtitle", "\(file.action.pastTense) \(times.phrase(file.time))")
                        json.field("is_owner", file.isOwn)
                    }
                }
            }
        }
    }

    // MARK: GET /api/dashboard/team

    @Sendable func team(_ request: Request, _ principal: Principal) async throws -> Response {
        let cursor = try request.query.first("cursor").map { text throws(VaultError) in
            guard let id = AccountID(text) else { throw VaultError.invalid(field: "cursor", .malformed) }
            return id
        }
        let page = try await vault.team(
            after: cursor, limit: try request.limit(default: ListTeam.defaultLimit, maximum: ListTeam.maximumLimit),
            as: principal)
        return .json { json in
            json.object { json in
                json.array("members", page.members) { json, member in
                    json.object { json in
                        json.field("id", member.person.id.description)
                        json.field("name", member.person.fullName)
                        json.field("initials", member.person.initials)
                        json.field("avatar_url", member.person.avatarURL)
                        json.field("color", PersonBadge.color(member.person.id))
                        json.field("role", member.person.title ?? "member")
                        json.field("files_count", member.files)
                        json.field("is_online", member.isOnline)
                    }
                }
                json.field("online_count", page.online)
                json.field("next_cursor", page.next?.description)
            }
        }
    }
}

// MARK: Descriptions

extension DriveDashboard {
    private static let statsInfo = RouteInfo.drive(
        "The figures of the dashboard",
        ResponseDescription(
            200, "The figures; changes compare the last seven days with the seven before",
            .object([
                .required("total_files", .integer), .required("total_files_change", .string()),
                .required("storage_used", .string()), .required("storage_percentage", .integer),
                .required("shared_files", .integer), .required("shared_files_change", .string()),
                .required("trash_items", .integer),
                .required("trash_auto_delete", .string(), "Until the oldest item goes; 30d when the trash is empty"),
            ])))

    private static let activityInfo = RouteInfo.drive(
        "What happened lately to the caller's files and to what is shared with them",
        parameters: [QueryParameter("limit", .integer, "1 to 50, default 6")],
        ResponseDescription(
            200, "Newest first",
            .object([
                .required(
                    "activities",
                    .array(
                        .object([
                            .required("id", .uuid), .required("user", DriveActivity.actor),
                            .required("action", .string()), .required("action_type", DriveActivity.actions),
                            .required("target", .string(), "The name it had then"),
                            .required("target_id", .nullable(.uuid), "null once it is deleted for ever"),
                            .required("time", .string()), .required("created_at", .time),
                        ])))
            ])))

    private static let quickAccessInfo = RouteInfo.drive(
        "The files the caller opened or changed last",
        parameters: [QueryParameter("limit", .integer, "1 to 20, default 4")],
        ResponseDescription(
            200, "Latest first",
            .object([
                .required(
                    "files",
                    .array(
                        .object([
                            .required("id", .uuid), .required("name", .string()), .required("icon", .string()),
                            .required("icon_color", .string()), .required("icon_bg", .string()),
                            .required("subtitle", .string()), .required("is_owner", .boolean),
                        ])))
            ])))

    private static let teamInfo = RouteInfo.drive(
        "Colleagues: everybody with an active account but the caller",
        parameters: [
            QueryParameter("limit", .integer, "1 to 1,000, default 200"),
            QueryParameter("cursor", .uuid, "next_cursor of the page before"),
        ],
        ResponseDescription(
            200, "Oldest account first",
            .object([
                .required(
                    "members",
                    .array(
                        .object([
                            .required("id", .uuid), .required("name", .string()), .required("initials", .string()),
                            .required("avatar_url", .nullable(.string())), .required("color", .string()),
                            .required("role", .string(), "Job title"), .required("files_count", .integer),
                            .required("is_online", .boolean),
                        ]))),
                .required("online_count", .integer, "Of all colleagues, also beyond the page"),
                DriveActivity.nextCursor,
            ])))
}
