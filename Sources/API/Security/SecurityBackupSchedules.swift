import Backup
import Database
import HTTP
import Vault

/// Backups that come by themselves, and what of all backups is kept.
struct SecurityBackupSchedules: Sendable {
    let backups: Backups

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/sauvegardes/programmes", Self.listInfo, list)
        table.signedIn(.post, "/api/sauvegardes/programmes", Self.addInfo, add)
        table.signedIn(.put, "/api/sauvegardes/programmes/{id}", Self.changeInfo, change)
        table.signedIn(.delete, "/api/sauvegardes/programmes/{id}", Self.deleteInfo, delete)
        table.signedIn(.post, "/api/sauvegardes/elagage", Self.pruneInfo, prune)
    }

    // MARK: GET /api/sauvegardes/programmes

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let schedules = try await backups.schedules(as: principal)
        return .json { json in
            json.object { json in json.array("programmes", schedules) { json, schedule in json.schedule(schedule) } }
        }
    }

    // MARK: POST /api/sauvegardes/programmes

    @Sendable func add(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        let definition = try BackupScheduleDefinition(try await request.jsonObject())
        let schedule = try await backups.addSchedule(definition, as: principal)
        return .json(201) { $0.schedule(schedule) }
    }

    // MARK: PUT /api/sauvegardes/programmes/{id}

    @Sendable func change(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        let definition = try BackupScheduleDefinition(try await request.jsonObject())
        let schedule = try await backups.changeSchedule(
            try request.scheduleID(), to: definition, as: principal)
        return .json { $0.schedule(schedule) }
    }

    // MARK: DELETE /api/sauvegardes/programmes/{id}

    @Sendable func delete(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        try await backups.deleteSchedule(try request.scheduleID(), as: principal)
        return .empty(204)
    }

    // MARK: POST /api/sauvegardes/elagage

    @Sendable func prune(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        let body = try await request.jsonObject()
        let isDryRun = try body.optionalBoolean("dry_run") ?? false
        let outcome = try await backups.prune(
            try KeepPolicy(try body.object("garder")), isDryRun: isDryRun, as: principal)
        return .json(isDryRun ? 200 : 202) { json in
            json.object { json in
                json.field("dry_run", isDryRun)
                json.array("supprimees", outcome.going) { json, record in
                    json.object { json in
                        json.field("id", record.id.description)
                        json.field("type", record.kind.rawValue)
                        json.field("mode", record.mode.documentName)
                        json.field("date", record.requestedAt)
                        json.field("octets", record.content?.archiveBytes)
                    }
                }
                json.field("octets", outcome.going.reduce(0) { $0 + ($1.content?.archiveBytes ?? 0) })
                json.field("gardees", outcome.kept.count)
            }
        }
    }
}

extension Request {
    fileprivate func scheduleID() throws -> BackupScheduleID {
        guard let id = BackupScheduleID(try parameter("id")) else { throw VaultError.notFound(.backupSchedule) }
        return id
    }
}

/// `rythme` of a schedule.
private enum RhythmWord: String, CaseIterable {
    case horaire, quotidien, hebdomadaire, mensuel

    init(_ unit: BackupRhythm.Unit) {
        self =
            switch unit {
            case .hourly: .horaire
            case .daily: .quotidien
            case .weekly: .hebdomadaire
            case .monthly: .mensuel
            }
    }

    var unit: BackupRhythm.Unit {
        switch self {
        case .horaire: .hourly
        case .quotidien: .daily
        case .hebdomadaire: .weekly
        case .mensuel: .monthly
        }
    }
}

extension KeepPolicy {
    fileprivate init(_ json: JSONValue) throws {
        func count(_ name: String) throws -> Int {
            Int(try json.optionalInteger(name, in: 0...10_000) ?? 0)
        }
        self.init(
            last: try count("dernieres"), daily: try count("jours"), weekly: try count("semaines"),
            monthly: try count("mois"))
    }
}

extension BackupScheduleDefinition {
    fileprivate init(_ body: JSONValue) throws {
        let kind: BackupKind = try Choices.parse(try body.required("type"), field: "type")
        let word: RhythmWord = try Choices.parse(try body.required("rythme"), field: "rythme")
        let rhythm = BackupRhythm(
            word.unit, every: Int(try body.optionalInteger("toutes_les", in: 1...168) ?? 1),
            hour: Int(try body.optionalInteger("heure", in: 0...23) ?? 0),
            minute: Int(try body.optionalInteger("minute", in: 0...59) ?? 0),
            day: Int(try body.optionalInteger("jour", in: 1...31) ?? 1))
        var keep = KeepPolicy()
        if body.has("garder"), !body.isNull("garder") { keep = try KeepPolicy(try body.object("garder")) }
        self.init(
            name: try body.required("nom"), kind: kind, target: try body.target(of: kind), rhythm: rhythm,
            fullEvery: Int(try body.optionalInteger("complete_toutes_les", in: 1...1_000) ?? 1), keep: keep,
            isEnabled: try body.optionalBoolean("actif") ?? true)
    }
}

extension JSONWriter {
    fileprivate mutating func schedule(_ schedule: BackupSchedule) {
        let definition = schedule.definition
        object { json in
            json.field("id", schedule.id.description)
            json.field("nom", definition.name)
            json.field("type", definition.kind.rawValue)
            json.field("cible_id", definition.target?.description)
            json.field("rythme", RhythmWord(definition.rhythm.unit).rawValue)
            json.field("toutes_les", definition.rhythm.every)
            json.field("heure", definition.rhythm.hour)
            json.field("minute", definition.rhythm.minute)
            json.field("jour", definition.rhythm.day)
            json.field("complete_toutes_les", definition.fullEvery)
            json.object("garder") { json in
                json.field("dernieres", definition.keep.last)
                json.field("jours", definition.keep.daily)
                json.field("semaines", definition.keep.weekly)
                json.field("mois", definition.keep.monthly)
            }
            json.field("actif", definition.isEnabled)
            json.field("prochaine", definition.isEnabled ? schedule.nextAt : nil)
            json.key("derniere")
            if let latest = schedule.latest {
                json.object { json in
                    json.field("id", latest.id.description)
                    json.field("statut", latest.state.documentName)
                    json.field("date", latest.requestedAt)
                    json.field("probleme", latest.problem?.code.rawValue)
                }
            } else {
                json.null()
            }
            json.field("created_by", schedule.createdBy?.description)
            json.field("created_at", schedule.createdAt)
            json.field("updated_at", schedule.updatedAt)
        }
    }
}

// MARK: Descriptions

extension SecurityBackupSchedules {
    private static let keep = Schema.object([
        .optional("dernieres", .integer, "The newest so many"),
        .optional("jours", .integer, "The newest of each of so many days"),
        .optional("semaines", .integer, "The newest of each of so many weeks"),
        .optional("mois", .integer, "The newest of each of so many months"),
    ])

    private static let definition: [Schema.Property] = [
        .required("nom", .string(), "1 to 50 characters"),
        .required("type", .choice(BackupKind.allCases.map(\.rawValue))), .optional("cible_id", .nullable(.uuid)),
        .required("rythme", .choice(RhythmWord.allCases.map(\.rawValue)), "In UTC"),
        .optional("toutes_les", .integer, "Hours, for horaire: 1 to 168, default 1"),
        .optional("heure", .integer, "0 to 23"), .optional("minute", .integer, "0 to 59"),
        .optional("jour", .integer, "1 (Monday) to 7 for hebdomadaire, 1 to 31 for mensuel"),
        .optional("complete_toutes_les", .integer, "Every so many-th is full; default 1, all of them"),
        .optional("garder", keep, "What is kept of them; nothing said keeps all"), .optional("actif", .boolean),
    ]

    private static let schedule = Schema.object(
        [.required("id", .uuid)] + definition + [
            .required("prochaine", .nullable(.time)), .required("derniere", .nullable(.any)),
            .required("created_by", .nullable(.uuid)), .required("created_at", .time), .required("updated_at", .time),
        ])

    private static let body = BodyDescription("application/json", .object(definition))

    private static let listInfo = RouteInfo.security(
        "Backups that come by themselves", access: .admin,
        ResponseDescription(200, "All of them", .object([.required("programmes", .array(schedule))])))

    private static let addInfo = RouteInfo.security(
        "Have sealed backups made without being asked, and old ones let go", access: .admin, body: .json,
        events: [.backupScheduleSaved], requests: [body], ResponseDescription(201, "It is kept", schedule),
        .error(404, "No such target"), .error(409, "As many as are kept"))

    private static let changeInfo = RouteInfo.security(
        "Replace a schedule", access: .admin, body: .json, events: [.backupScheduleSaved], requests: [body],
        ResponseDescription(200, "It is kept", schedule), .error(404, "No such schedule, or target"))

    private static let deleteInfo = RouteInfo.security(
        "End a schedule; the backups it had made stay", access: .admin, events: [.backupScheduleDeleted],
        ResponseDescription(204, "It is gone"), .error(404, "No such schedule"))

    private static let pruneInfo = RouteInfo.security(
        "Let go of the sealed backups that a policy does not keep, for each target; chains stay whole", access: .admin,
        body: .json, events: [.backupDeleted],
        requests: [
            .json(.required("garder", keep), .optional("dry_run", .boolean, "Only say what would go; default: false"))
        ],
        ResponseDescription(
            200, "What would go",
            .object([
                .required("dry_run", .boolean), .required("supprimees", .array(.any)), .required("octets", .integer),
                .required("gardees", .integer),
            ])), ResponseDescription(202, "What goes, in the same shape"))
}
