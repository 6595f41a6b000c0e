import Database
import HTTP
import Vault

/// Erasure of accounts, in the French of the security document: first what it would do, then the request, then its report.
struct SecurityErasure: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/users/{id}/effacement", Self.askInfo, ask)
        table.signedIn(.get, "/api/users/{id}/effacement", Self.reportInfo, report)
        table.signedIn(.post, "/api/me/effacement", Self.askOwnInfo, askOwn)
    }

    // MARK: POST /api/users/{id}/effacement

    @Sendable func ask(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageAccounts)
        let id = try request.accountID()
        if try await request.isDryRun() {
            return .report(try await vault.eraseAccount.plan(id, as: principal), in: request.language)
        }
        return .report(try await vault.eraseAccount.ask(id, as: principal), status: 202, in: request.language)
    }

    // MARK: GET /api/users/{id}/effacement

    @Sendable func report(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageAccounts)
        let report = try await vault.eraseAccount.report(try request.accountID(), as: principal)
        return .report(report, in: request.language)
    }

    // MARK: POST /api/me/effacement

    @Sendable func askOwn(_ request: Request, _ principal: Principal) async throws -> Response {
        if try await request.isDryRun() {
            return .report(
                try await vault.eraseAccount.plan(principal.account, as: principal), in: request.language)
        }
        let body = try await request.jsonObject()
        let report = try await vault.eraseAccount.askOwn(
            password: try body.required("password"), as: principal)
        return .report(report, status: 202, in: request.language)
    }
}

extension Request {
    fileprivate func accountID() throws -> AccountID {
        guard let id = AccountID(try parameter("id")) else { throw VaultError.notFound(.account) }
        return id
    }

    /// `dry_run` of the query or of the body.
    fileprivate func isDryRun() async throws -> Bool {
        if let asked = try query.boolean("dry_run") { return asked }
        return try await optionalJSONObject()?.optionalBoolean("dry_run") ?? false
    }
}

extension Response {
    fileprivate static func report(
        _ report: ErasureReport, status: Int = 200, in language: Language
    ) -> Response {
        .json(status) { json in
            json.object { json in
                json.field("compte_id", report.account.description)
                json.field("statut", SecurityErasure.word(report.status))
                json.field("demande_par", report.askedBy?.description)
                json.field("demande_le", report.askedAt)
                json.field("compte_efface_le", report.erasedAt)
                json.field("termine_le", report.finishedAt)
                json.key("detruit")
                json.object { json in
                    json.field("fichiers", report.destroyed.files)
                    json.field("dossiers", report.destroyed.folders)
                    json.field("octets", report.destroyed.bytes)
                    json.field("commentaires", report.destroyed.comments)
                    json.field("liens", report.destroyed.links)
                }
                json.field("conserves", report.keptCount)
                json.array("elements_conserves", report.kept) { json, kept in json.kept(kept, in: language) }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func kept(_ kept: ErasureReport.Kept, in language: Language) {
        object { json in
            json.field("id", kept.node.description)
            switch kept.rule {
            case .hold(let id):
                json.field("regle", "gel")
                json.field("regle_id", id.description)
                json.null("jusqu_au")
                json.field(
                    "motif",
                    Bilingual(
                        "under a legal hold, until two people release it",
                        fr: "sous gel juridique, jusqu’à sa levée par deux personnes"
                    )
                    .text(language))
            case .retention(let id, _), .bearer(let id, _):
                json.field("regle", "conservation")
                json.field("regle_id", id.description)
                json.field("jusqu_au", kept.until)
                let until = kept.until?.iso8601 ?? ""
                json.field(
                    "motif",
                    Bilingual(
                        "minimum retention until \(until)", fr: "durée minimale de conservation jusqu’au \(until)"
                    )
                    .text(language))
            }
        }
    }
}

// MARK: Descriptions

extension SecurityErasure {
    fileprivate static func word(_ status: ErasureStatus) -> String {
        switch status {
        case .planned: "prevu"
        case .asked: "demande"
        case .waiting: "en_attente"
        case .finished: "termine"
        }
    }

    private static let view = Schema.object([
        .required("compte_id", .uuid),
        .required(
            "statut", .choice(ErasureStatus.allCases.map(word)), "prevu: a dry run; en_attente: rules keep the rest"),
        .required("demande_par", .nullable(.uuid)), .required("demande_le", .nullable(.time)),
        .required("compte_efface_le", .nullable(.time)), .required("termine_le", .nullable(.time)),
        .required(
            "detruit",
            .object([
                .required("fichiers", .integer), .required("dossiers", .integer), .required("octets", .integer),
                .required("commentaires", .integer), .required("liens", .integer),
            ])), .required("conserves", .integer),
        .required(
            "elements_conserves",
            .array(
                .object([
                    .required("id", .uuid), .required("regle", .choice(["gel", "conservation"])),
                    .required("regle_id", .uuid), .required("jusqu_au", .nullable(.time)),
                    .required("motif", .string()),
                ])), "The first thousand"),
    ])

    private static let dryRun = [QueryParameter("dry_run", .boolean, "true: what it would do; nothing is changed")]

    private static let askInfo = RouteInfo.security(
        "Erase an account and all of its own that no rule keeps", access: .admin, body: .json,
        events: [.erasureAsked], parameters: dryRun, requests: [.json(.optional("dry_run", .boolean))],
        ResponseDescription(200, "What it would do", view), ResponseDescription(202, "Closed; being erased", view),
        .error(404, "User not found"), .error(409, "The last administrator, or asked before"))

    private static let reportInfo = RouteInfo.security(
        "How far an erasure is, what it destroyed, what is kept and why", access: .admin,
        ResponseDescription(200, "The report", view), .error(404, "No erasure was asked"))

    private static let askOwnInfo = RouteInfo.security(
        "Erase one's own account", body: .json, events: [.erasureAsked], parameters: dryRun,
        requests: [.json(.optional("password", .string()), .optional("dry_run", .boolean))],
        ResponseDescription(200, "What it would do", view), ResponseDescription(202, "Closed; being erased", view),
        .error(401, "Not signed in, or not the password"), .error(409, "The last administrator"),
        .error(429, "Too many attempts"))
}
