import Backup
import Database
import HTTP
import Vault

/// Backups (requirements/2, step 5), in the French of their document. For those who manage backups: administrators.
struct SecurityBackups: Sendable {
    let vault: Vault
    let backups: Backups

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/sauvegardes", Self.askInfo, ask)
        table.signedIn(.get, "/api/sauvegardes", Self.listInfo, list)
        table.signedIn(.get, "/api/sauvegardes/{id}", Self.detailsInfo, details)
        table.signedIn(.get, "/api/sauvegardes/{id}/evenements", Self.followInfo, follow)
        table.signedIn(.get, "/api/sauvegardes/{id}/archive", Self.archiveInfo, archive)
        table.signedIn(.delete, "/api/sauvegardes/{id}", Self.deleteInfo, delete)
        table.signedIn(.post, "/api/sauvegardes/{id}/annuler", Self.cancelInfo, cancel)
        table.signedIn(.post, "/api/sauvegardes/{id}/verifier", Self.verifyInfo, verify)
        table.signedIn(.post, "/api/sauvegardes/{id}/exercice", Self.drillInfo, drill)
    }

    // MARK: POST /api/sauvegardes

    @Sendable func ask(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        let body = try await request.jsonObject()
        let kind: BackupKind = try Choices.parse(try body.required("type"), field: "type")
        var asked = BackupRequest(kind: kind)
        asked.target = try body.target(of: kind)
        asked.form = try body.choice("forme", default: .sealed)
        asked.isIncremental = try body.choice("mode", default: BackupModeWord.complete) == .incrementale
        asked.base = try body.backupID("base_id")
        asked.password = try body.optionalString("mot_de_passe")
        asked.reason = try body.optionalString("motif")
        return .backup(202, try await backups.ask(asked, as: principal))
    }

    // MARK: GET /api/sauvegardes

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        let cursor = try request.query.first("curseur").map { text in
            guard let id = BackupID(text) else { throw Problem.invalidCursor }
            return id
        }
        let page = try await backups.list(
            try request.backupFilter(), before: cursor,
            limit: try request.limit(default: Backups.defaultLimit, maximum: Backups.maximumLimit), as: principal)
        return .json { json in
            json.object { json in
                json.array("sauvegardes", page.backups) { json, backup in json.backup(backup) }
                json.field("curseur", page.next?.description)
            }
        }
    }

    // MARK: GET /api/sauvegardes/{id}

    @Sendable func details(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        if request.headers.first("Accept")?.hasPrefix("text/event-stream") == true {
            return try await follow(request, principal)
        }
        return .backup(200, try await backups.describe(try request.backupID(), as: principal))
    }

    // MARK: GET /api/sauvegardes/{id}/evenements

    @Sendable func follow(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        return BackupStream(feed: try await backups.follow(try request.backupID(), as: principal)).response
    }

    // MARK: GET /api/sauvegardes/{id}/archive

    @Sendable func archive(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        let number = try request.query.integer("volume", in: 1...100_000).map(Int.init)
        let volume = try await backups.open(try request.backupID(), volume: number, as: principal)
        return try await VolumeDownload(volume: volume).response(to: request)
    }

    // MARK: DELETE /api/sauvegardes/{id}

    @Sendable func delete(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        let gone = try await backups.delete(
            try request.backupID(), withIncrements: try request.query.boolean("chaine") ?? false, as: principal)
        return .json(202) { json in
            json.object { json in
                json.field("statut", BackupState.deleting.documentName)
                json.array("sauvegardes", gone) { json, id in json.value(id.description) }
            }
        }
    }

    // MARK: POST /api/sauvegardes/{id}/annuler

    @Sendable func cancel(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        return .backup(202, try await backups.cancel(try request.backupID(), as: principal))
    }

    // MARK: POST /api/sauvegardes/{id}/verifier

    @Sendable func verify(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        return .backup(202, try await backups.check(try request.backupID(), .verification, as: principal))
    }

    // MARK: POST /api/sauvegardes/{id}/exercice

    @Sendable func drill(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        let body = try await request.optionalJSONObject()
        let sample = try body?.optionalInteger("echantillon", in: 1...10_000).map(Int.init)
        return .backup(202, try await backups.check(try request.backupID(), .drill, sample: sample, as: principal))
    }
}

/// `mode` of the document.
enum BackupModeWord: String, CaseIterable { case complete, incrementale }

extension Request {
    /// The backup in the path. Text that is no identifier names nothing.
    func backupID() throws -> BackupID {
        guard let id = BackupID(try parameter("id")) else { throw VaultError.notFound(.backup) }
        return id
    }

    fileprivate func backupFilter() throws -> BackupFilter {
        var filter = BackupFilter()
        filter.kind = try wanted("type")
        filter.form = try wanted("forme")
        if let mode: BackupModeWord = try wanted("mode") { filter.isIncremental = mode == .incrementale }
        if let word = query.first("statut"), !word.isEmpty {
            guard let state = BackupState.allCases.first(where: { $0.documentName == word }) else {
                throw VaultError.invalid(
                    field: "statut", .unknownValue(allowed: BackupState.allCases.map(\.documentName)))
            }
            filter.state = state
        }
        if let text = query.first("cible"), !text.isEmpty {
            guard let id = NodeID(text) else { throw VaultError.invalid(field: "cible", .malformed) }
            filter.target = id
        }
        switch query.first("declencheur") {
        case nil, "": break
        case "personne": filter.isScheduled = false
        case "programme": filter.isScheduled = true
        case let text?:
            guard let id = BackupScheduleID(text) else {
                throw VaultError.invalid(
                    field: "declencheur", .unknownValue(allowed: ["personne", "programme", "<programme_id>"]))
            }
            filter.schedule = id
        }
        filter.from = try moment("from") ?? moment("du")
        filter.to = try moment("to") ?? moment("au")
        return filter
    }

    private func wanted<Choice: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws -> Choice? where Choice.RawValue == String {
        guard let text = query.first(name), !text.isEmpty else { return nil }
        let choice: Choice = try Choices.parse(text, field: name)
        return choice
    }

    private func moment(_ name: String) throws -> Timestamp? {
        guard let text = query.first(name), !text.isEmpty else { return nil }
        guard let moment = Timestamp.parse(iso8601: text) else { throw VaultError.invalid(field: name, .malformed) }
        return moment
    }
}

extension JSONValue {
    /// `cible_id`, as the kind of backup needs it.
    func target(of kind: BackupKind) throws -> NodeID? {
        guard let text = try optionalString("cible_id"), !text.isEmpty else { return nil }
        if let id = NodeID(text) { return id }
        switch kind {
        case .system: throw VaultError.invalid(field: "cible_id", .malformed)
        case .space: throw VaultError.notFound(.space)
        case .file: throw VaultError.notFound(.file)
        case .folder, .locker, .cabinet: throw VaultError.notFound(.folder)
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Choice
    ) throws -> Choice where Choice.RawValue == String {
        guard let text = try optionalString(name), !text.isEmpty else { return fallback }
        return try Choices.parse(text, field: name)
    }

    fileprivate func backupID(_ name: String) throws -> BackupID? {
        guard let text = try optionalString(name), !text.isEmpty else { return nil }
        guard let id = BackupID(text) else { throw VaultError.notFound(.backup) }
        return id
    }
}
