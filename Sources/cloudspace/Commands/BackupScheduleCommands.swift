import HTTP

/// `cloudspace backup schedule-…`: backups that come by themselves.
enum BackupScheduleCommands {
    static let all = [list, add, remove]

    private static let scheduleID = Option(
        name: "id", placeholder: "UUID", summary: "Id of the schedule, as `backup schedules` shows it")
    private static let rhythm = Option(
        name: "rhythm", placeholder: "RHYTHM", summary: "horaire, quotidien, hebdomadaire or mensuel, in UTC (required)"
    )
    private static let every = Option(
        name: "every", placeholder: "HOURS", summary: "For horaire: hours between two, 1 to 168 (default: 1)")
    private static let at = Option(name: "at", placeholder: "HH:MM", summary: "Time of day, UTC (default: 00:00)")
    private static let day = Option(
        name: "day", placeholder: "N", summary: "1 (Monday) to 7 for hebdomadaire, 1 to 31 for mensuel (default: 1)")
    private static let fullEvery = Option(
        name: "full-every", placeholder: "N",
        summary: "Every so many-th is full, those between incremental (default: 1)")
    private static let keepLast = Option(name: "keep-last", placeholder: "N", summary: "Keep the newest so many")
    private static let keepDaily = Option(
        name: "keep-daily", placeholder: "N", summary: "Keep the newest of each of so many days")
    private static let keepWeekly = Option(
        name: "keep-weekly", placeholder: "N", summary: "Keep the newest of each of so many weeks")
    private static let keepMonthly = Option(
        name: "keep-monthly", placeholder: "N", summary: "Keep the newest of each of so many months")
    static let keepOptions = [keepLast, keepDaily, keepWeekly, keepMonthly]

    private static let list = Command(
        "backup schedules", summary: "List the schedules of backups",
        details: "One line a schedule: id, name, rhythm, when the next is due, how the last one ended.",
        settings: BackupClient.settings,
        examples: ["backup schedules --server https://vault.example.com --email ada@example.com"]
    ) { invocation in
        try await BackupClient.use(invocation) { client in
            for schedule in try await client.get("/programmes").list("programmes") {
                StandardStream.output.print(line(schedule))
            }
            return 0
        }
    }

    private static let add = Command(
        "backup schedule-add", summary: "Have backups made without being asked, and old ones let go",
        details: """
            Sealed backups of the system, or of --type and --target. Of those that this schedule makes the --keep-… flags say \
            which stay; without any all stay. One that is missed while the server is down is made once, after the start.
            """,
        settings: BackupClient.settings,
        options: [.ruleName, BackupCommands.type, BackupCommands.target, rhythm, every, at, day, fullEvery]
            + keepOptions,
        examples: [
            "backup schedule-add --server https://vault.example.com --email ada@example.com --name Nightly --rhythm quotidien --at 02:30 --full-every 7 --keep-last 7 --keep-weekly 8 --keep-monthly 12"
        ]
    ) { invocation in
        var body: [String: JSONValue] = [
            "nom": .string(try invocation.required(.ruleName)),
            "type": .string(invocation.text(BackupCommands.type) ?? "systeme"),
            "rythme": .string(try invocation.required(rhythm)), "garder": try keep(invocation),
        ]
        if let text = invocation.text(BackupCommands.target) { body["cible_id"] = .string(text) }
        if let number = try number(invocation, every) { body["toutes_les"] = .integer(number) }
        if let number = try number(invocation, day) { body["jour"] = .integer(number) }
        if let number = try number(invocation, fullEvery) { body["complete_toutes_les"] = .integer(number) }
        if let text = invocation.text(at) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let hour = Int64(parts[0]), let minute = Int64(parts[1]) else {
                throw ProgramError.usage("--at is \"\(text.printable)\"; expected HH:MM", invocation.command.path)
            }
            body["heure"] = .integer(hour)
            body["minute"] = .integer(minute)
        }
        let asked = body
        return try await BackupClient.use(invocation) { client in
            StandardStream.output.print(line(try await client.post("/programmes", asked)))
            return 0
        }
    }

    private static let remove = Command(
        "backup schedule-remove", summary: "End a schedule; the backups it had made stay", details: "",
        settings: BackupClient.settings, options: [scheduleID],
        examples: [
            "backup schedule-remove --server https://vault.example.com --email ada@example.com --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70"
        ]
    ) { invocation in
        let id = try BackupCommands.path(try invocation.required(scheduleID))
        return try await BackupClient.use(invocation) { client in
            _ = try await client.delete("/programmes/\(id)")
            return 0
        }
    }

    static func keep(_ invocation: Invocation) throws(ProgramError) -> JSONValue {
        var keep: [String: JSONValue] = [:]
        for (option, name) in zip(keepOptions, ["dernieres", "jours", "semaines", "mois"]) {
            if let number = try number(invocation, option) { keep[name] = .integer(number) }
        }
        return .object(keep)
    }

    private static func number(_ invocation: Invocation, _ option: Option) throws(ProgramError) -> Int64? {
        guard let text = invocation.text(option) else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw .usage("--\(option.name) is \"\(text.printable)\"; expected a number", invocation.command.path)
        }
        return number
    }

    private static func line(_ schedule: JSONValue) -> String {
        let next = schedule.word("prochaine").isEmpty ? "off" : "next \(schedule.word("prochaine"))"
        let last = schedule["derniere"].map { $0.word("statut") } ?? ""
        return [
            schedule.word("id"), schedule.word("nom"), schedule.word("type"), schedule.word("rythme"), next,
            last.isEmpty ? "never run" : "last \(last)",
        ].joined(separator: "  ")
    }
}
