import Backup
import Database
import HTTP
import Vault
import Versions

/// Archives brought back into the vault they were made of (requirements/2, step 5), in the French of their document. For
/// those who manage backups.
struct SecurityArchiveRestores: Sendable {
    let backups: Backups

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/sauvegardes/{id}/restaurer", Self.askInfo, ask)
        table.signedIn(.get, "/api/sauvegardes/restaurations/{id}", Self.reportInfo, report)
    }

    fileprivate enum Newer: String, CaseIterable {
        case keep = "garder"
        case trash = "corbeille"
    }

    /// Lines of the report on one page, most.
    private static let mostLines = 1_000

    // MARK: POST /api/sauvegardes/{id}/restaurer

    @Sendable func ask(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        let body = try await request.optionalJSONObject() ?? .object([:])
        var asked = ArchiveRestoreRequest()
        asked.isDryRun = try body.optionalBoolean("dry_run") ?? false
        asked.newer = try body.choice("nouveaux", default: Newer.keep) == .trash ? .trash : .keep
        asked.selection = try body.optionalStrings("selection") ?? []
        if case .string(let text)? = body["as_of"] {
            asked.asOf = try Moment.parse(text)
        } else if body.has("as_of") {
            asked.asOf = Timestamp(milliseconds: try body.integer("as_of"))
        }
        let report = try await backups.askRestore(try request.backupID(), asked, as: principal)
        return .json(202) { json in json.object { json in json.restoration(report) } }
    }

    // MARK: GET /api/sauvegardes/restaurations/{id}

    @Sendable func report(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageBackups)
        guard let id = ArchiveRestoreID(try request.parameter("id")) else { throw VaultError.notFound(.restore) }
        let issue = try request.query.first("issue").map { text in
            try Choices.parse(text, field: "issue") as Issue
        }
        let report = try await backups.restoreReport(id, as: principal)
        let page = try await backups.restoreItems(
            id, outcome: issue?.outcome, limit: try request.limit(default: 100, maximum: Self.mostLines),
            cursor: request.query.first("curseur"), as: principal)
        return .json { json in
            json.object { json in
                json.restoration(report)
                json.array("lignes", page.items) { json, item in json.line(item) }
                json.field("curseur", page.next)
            }
        }
    }

    /// What became of a file or folder, in the document's language.
    fileprivate enum Issue: String, CaseIterable {
        case planned = "prevu"
        case done = "fait"
        case kept = "garde"
        case refused = "refuse"

        init(_ outcome: RestoreItem.Outcome) {
            self =
                switch outcome {
                case .planned: .planned
                case .done: .done
                case .kept: .kept
                case .refused: .refused
                }
        }

        var outcome: RestoreItem.Outcome {
            switch self {
            case .planned: .planned
            case .done: .done
            case .kept: .kept
            case .refused: .refused
            }
        }
    }

    /// The words for deeds.
    fileprivate static let deeds: [(act: RewindActs, word: String)] = [
        (.undelete, "cree"), (.version, "version_creee"), (.move, "deplace"), (.rename, "renomme"),
        (.trash, "corbeille"),
    ]
}

extension JSONWriter {
    fileprivate mutating func restoration(_ report: ArchiveRestoreReport) {
        let (restore, counts) = (report.restore, report.counts)
        field("id", restore.id.description)
        field("sauvegarde_id", restore.backup.description)
        field("statut", restore.state.documentName)
        field("dry_run", restore.isDryRun)
        field("as_of", restore.asOf)
        field("nouveaux", restore.newer == .trash ? "corbeille" : "garder")
        field("probleme", restore.problem?.rawValue)
        object("progression") { json in
            json.field("total", counts.total)
            json.field("fait", counts.total - counts.planned)
        }
        object("rapport") { json in
            for (act, word) in SecurityArchiveRestores.deeds { json.field(word, counts.byAct[act] ?? 0) }
            json.field("inchange", report.unchanged)
            json.field("nouveaux_gardes", report.newerKept)
            json.field("refuse", counts.refused)
            json.field("contenus_remis", restore.mended)
            json.field("contenus_perdus", restore.lost)
            json.object("raisons") { json in
                for reason in RewindReason.allCases {
                    if let count = counts.byReason[reason] { json.field(reason.rawValue, count) }
                }
            }
        }
        field("date", restore.requestedAt)
        field("debut", restore.startedAt)
        field("fin", restore.finishedAt)
    }

    fileprivate mutating func line(_ item: RestoreItem) {
        object { json in
            json.field("fichier_id", item.node.description)
            json.field("nom", item.name?.text)
            json.field("type", item.kind.documentName)
            json.field("issue", SecurityArchiveRestores.Issue(item.outcome).rawValue)
            json.array("actes") { json in
                for (act, word) in SecurityArchiveRestores.deeds where item.acts.contains(act) { json.value(word) }
            }
            json.field("version_number", item.kind == .file ? Int64(item.version) : nil)
            json.field("taille", item.size)
            json.field("raison", item.reason?.rawValue)
        }
    }
}

// MARK: Descriptions

extension SecurityArchiveRestores {
    private static let report: [Schema.Property] =
        deeds.map { .required($0.word, .integer) } + [
            .required("inchange", .integer), .required("nouveaux_gardes", .integer), .required("refuse", .integer),
            .required("contenus_remis", .integer, "Missing or damaged contents copied back out of the archive"),
            .required("contenus_perdus", .integer, "Neither the store nor the archive has them whole"),
            .required("raisons", .object(RewindReason.allCases.map { .optional($0.rawValue, .integer) })),
        ]

    private static let members: [Schema.Property] = [
        .required("id", .uuid), .required("sauvegarde_id", .uuid),
        .required("statut", .choice(["en_attente", "en_cours", "terminee", "echouee"])),
        .required("dry_run", .boolean), .required("as_of", .nullable(.time)),
        .required("nouveaux", .choice(Newer.allCases.map(\.rawValue))),
        .required("probleme", .nullable(.choice(ArchiveRestore.Problem.allCases.map(\.rawValue)))),
        .required("progression", .object([.required("total", .integer), .required("fait", .integer)])),
        .required("rapport", .object(report)),
        .required("date", .time), .required("debut", .nullable(.time)), .required("fin", .nullable(.time)),
    ]

    private static let line = Schema.object([
        .required("fichier_id", .uuid), .required("nom", .nullable(.string())),
        .required("type", .choice(NodeKind.allCases.map(\.documentName))),
        .required("issue", .choice(Issue.allCases.map(\.rawValue))),
        .required("actes", .array(.choice(deeds.map(\.word)))),
        .required("version_number", .nullable(.integer)), .required("taille", .integer),
        .required("raison", .nullable(.choice(RewindReason.allCases.map(\.rawValue)))),
    ])

    private static let askInfo = RouteInfo.security(
        "Bring a sealed backup, or a selection of it, back in place: never over what is there, but as new versions",
        access: .admin, body: .json, events: [.restoreAsked],
        requests: [
            .json(
                .optional("dry_run", .boolean, "Only tell what would be done; default: false"),
                .optional("as_of", .string(), "A moment of the archive's history; default: the archive's own"),
                .optional("selection", .array(.string()), "Ids of files and folders, or their paths; default: all"),
                .optional("nouveaux", .choice(Newer.allCases.map(\.rawValue)), "What came later; default: garder"))
        ],
        ResponseDescription(202, "It will be done", .object(members)), .error(400, "Not a moment of the archive"),
        .error(404, "Backup not found"), .error(409, "There is no sealed archive, or it is being brought back already"))

    private static let reportInfo = RouteInfo.security(
        "How far the bringing back of a backup is, and its report", access: .admin,
        parameters: [
            QueryParameter("issue", .choice(Issue.allCases.map(\.rawValue)), "Only these lines"),
            QueryParameter("limit", .integer, "Lines on the page, 1 to 1,000; default 100"),
            QueryParameter("curseur", .string(), "`curseur` of the page before"),
        ],
        ResponseDescription(
            200, "The report",
            .object(members + [.required("lignes", .array(line)), .required("curseur", .nullable(.string()))])),
        .error(404, "Restore not found"))
}
