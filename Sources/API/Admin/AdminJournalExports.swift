import HTTP
import Vault

/// Exports of the journal that are made again and again.
struct AdminJournalExports: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/admin/journal/exports", Self.listInfo, list)
        table.signedIn(.post, "/api/admin/journal/exports", Self.addInfo, add)
        table.signedIn(.put, "/api/admin/journal/exports/{id}", Self.changeInfo, change)
        table.signedIn(.delete, "/api/admin/journal/exports/{id}", Self.deleteInfo, delete)
    }

    // MARK: GET /api/admin/journal/exports

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let schedules = try await vault.journalSchedules.list(as: principal)
        return .json { json in
            json.object { json in json.array("exports", schedules) { json, schedule in json.schedule(schedule) } }
        }
    }

    // MARK: POST /api/admin/journal/exports

    @Sendable func add(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageDeliveries)
        let definition = try await request.definition()
        let schedule = try await vault.journalSchedules.add(definition, as: principal)
        return .json(201) { json in json.schedule(schedule) }
    }

    // MARK: PUT /api/admin/journal/exports/{id}

    @Sendable func change(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageDeliveries)
        let id = try request.scheduleID()
        let definition = try await request.definition()
        let schedule = try await vault.journalSchedules.change(id, to: definition, as: principal)
        return .json { json in json.schedule(schedule) }
    }

    // MARK: DELETE /api/admin/journal/exports/{id}

    @Sendable func delete(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageDeliveries)
        try await vault.journalSchedules.delete(try request.scheduleID(), as: principal)
        return .message("Scheduled export deleted")
    }
}

extension Request {
    fileprivate func scheduleID() throws -> JournalScheduleID {
        guard let id = JournalScheduleID(try parameter("id")) else { throw VaultError.notFound(.journalSchedule) }
        return id
    }

    fileprivate func definition() async throws -> JournalScheduleDefinition {
        let json = try await jsonObject()
        var definition = JournalScheduleDefinition(
            name: try json.required("name"), target: try Choices.parse(json.required("target"), field: "target"),
            interval: try Choices.parse(json.required("interval"), field: "interval"), hour: 0)
        if let format = try json.optionalString("format") {
            definition.format = try Choices.parse(format, field: "format")
        }
        if let hour = try json.optionalInteger("hour", in: 0...23) { definition.hour = Int(clamping: hour) }
        definition.action = try json.optionalString("action")
        if let user = try json.optionalString("user") {
            guard let id = AccountID(user) else { throw VaultError.invalid(field: "user", .malformed) }
            definition.actor = id
        }
        if let target = try json.optionalString("subject") {
            guard let id = NodeID(target) else { throw VaultError.invalid(field: "subject", .malformed) }
            definition.subject = id
        }
        return definition
    }
}

extension JSONWriter {
    fileprivate mutating func schedule(_ schedule: JournalSchedule) {
        let definition = schedule.definition
        object { json in
            json.field("id", schedule.id.description)
            json.field("name", definition.name)
            json.field("format", definition.format.rawValue)
            json.field("target", definition.target.rawValue)
            json.field("interval", definition.interval.rawValue)
            json.field("hour", definition.hour)
            json.field("action", definition.action)
            json.field("user", definition.actor?.description)
            json.field("subject", definition.subject?.description)
            json.field("created_by", schedule.createdBy.description)
            json.field("created_at", schedule.createdAt)
            json.field("updated_at", schedule.updatedAt)
            json.field("next_at", schedule.nextAt)
        }
    }
}

// MARK: Descriptions

extension AdminJournalExports {
    private static let targets = [DeliveryTarget.exportDirectory, .exportWebhook].map(\.rawValue)
    private static let fields: [Schema.Property] = [
        .required("name", .string(), "1 to 50 characters; rests sealed"),
        .required("target", .choice(targets), "One that the server is set up for"),
        .required("interval", .choice(ScheduleInterval.allCases.map(\.rawValue)), "Whole periods, UTC"),
        .optional("hour", .integer, "When it is made on the day after the period, 0 to 23 UTC; default 0"),
        .optional("format", .choice(JournalExportFormat.allCases.map(\.rawValue))),
        .optional("action", .nullable(.string()), "Only events of this action"),
        .optional("user", .nullable(.uuid), "Only events of this person"),
        .optional("subject", .nullable(.uuid), "Only events about this target"),
    ]

    private static let schedule = Schema.object([
        .required("id", .uuid), .required("name", .string()),
        .required("format", .choice(JournalExportFormat.allCases.map(\.rawValue))),
        .required("target", .choice(targets)),
        .required("interval", .choice(ScheduleInterval.allCases.map(\.rawValue))), .required("hour", .integer),
        .required("action", .nullable(.string())), .required("user", .nullable(.uuid)),
        .required("subject", .nullable(.uuid)), .required("created_by", .uuid), .required("created_at", .time),
        .required("updated_at", .time), .required("next_at", .time),
    ])

    private static let listInfo = RouteInfo.admin(
        "Scheduled exports of the journal", access: .auditor,
        ResponseDescription(200, "All of them, at most 50", .object([.required("exports", .array(schedule))])))

    private static let addInfo = RouteInfo.admin(
        "Have the journal exported again and again", access: .admin, body: .json, events: [.journalScheduleSaved],
        requests: [BodyDescription("application/json", .object(fields))],
        ResponseDescription(201, "The scheduled export", schedule),
        .error(409, "The server is not set up for the target, or there are too many"))

    private static let changeInfo = RouteInfo.admin(
        "Replace a scheduled export", access: .admin, body: .json, events: [.journalScheduleSaved],
        requests: [BodyDescription("application/json", .object(fields))],
        ResponseDescription(200, "The scheduled export", schedule), .error(404, "Scheduled export not found"),
        .error(409, "The server is not set up for the target"))

    private static let deleteInfo = RouteInfo.admin(
        "End a scheduled export; what was exported stays where it is", access: .admin,
        events: [.journalScheduleDeleted],
        ResponseDescription(200, "Ended", .message), .error(404, "Scheduled export not found"))
}
