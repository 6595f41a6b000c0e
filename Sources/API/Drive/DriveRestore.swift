import Database
import HTTP
import Vault
import Versions

/// Folders back as they were (design, section 7): what would be done, doing it, and how far it is.
struct DriveRestore: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/drive/restore", Self.restoreInfo, restore)
        table.signedIn(.get, "/api/drive/restore/{id}", Self.reportInfo, report)
        table.signedIn(.get, "/api/drive/restore/{id}/items", Self.itemsInfo, items)
        table.signedIn(.post, "/api/drive/restore/{id}/cancel", Self.cancelInfo, cancel)
    }

    /// Of a preview so many items come with the answer.
    private static let shownAtOnce = 100

    // MARK: POST /api/drive/restore

    @Sendable func restore(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.writeContent)
        let body = try await request.jsonObject()
        let moment = try Self.moment(in: body)
        let newer = try body.optionalString("newer").map { text in
            try Choices.parse(text, field: "newer") as NewerNodes
        }
        let isDryRun = try body.optionalBoolean("dry_run") ?? false
        let message = Bilingual(
            "Back as it was on \(moment.iso8601)", fr: "Remis comme au \(moment.iso8601)")
        let tree = RestoreTree(vault.core)
        let report = try await tree(
            RestoreTree.Request(
                folder: try FolderReference.parse(try body.optionalString("folder_id")), moment: moment,
                newer: newer ?? .keep, isDryRun: isDryRun, message: message.text(request.language)), as: principal)
        let items =
            isDryRun
            ? try await tree.items(report.restore.id, outcome: nil, limit: Self.shownAtOnce, as: principal) : nil
        return .json(report.restore.state.isUnderWay ? 202 : 200) { json in
            json.object { json in
                json.report(report)
                guard let items else { return }
                json.array("items", items.items) { json, item in json.item(item) }
                json.field("next_cursor", items.next)
            }
        }
    }

    /// ISO 8601 as a text, or milliseconds as a number.
    private static func moment(in body: JSONValue) throws -> Timestamp {
        if case .string(let text)? = body["as_of"] { return try Moment.parse(text) }
        guard body.has("as_of") else { throw VaultError.invalid(field: "as_of", .missing) }
        return Timestamp(milliseconds: try body.integer("as_of"))
    }

    // MARK: GET /api/drive/restore/{id}

    @Sendable func report(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readContent)
        let report = try await RestoreTree(vault.core).report(try request.restoreID(), as: principal)
        return .json { json in json.object { json in json.report(report) } }
    }

    // MARK: GET /api/drive/restore/{id}/items

    @Sendable func items(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readContent)
        let outcome = try request.query.first("outcome").map { text in
            try Choices.parse(text, field: "outcome") as RestoreItem.Outcome
        }
        let page = try await RestoreTree(vault.core).items(
            try request.restoreID(), outcome: outcome,
            limit: try request.limit(default: RestoreTree.defaultPage, maximum: RestoreTree.mostPerPage),
            cursor: request.query.first("cursor"), as: principal)
        return .json { json in
            json.object { json in
                json.array("items", page.items) { json, item in json.item(item) }
                json.field("next_cursor", page.next)
            }
        }
    }

    // MARK: POST /api/drive/restore/{id}/cancel

    @Sendable func cancel(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.writeContent)
        let report = try await RestoreTree(vault.core).cancel(try request.restoreID(), as: principal)
        return .json { json in json.object { json in json.report(report) } }
    }
}

extension Request {
    fileprivate func restoreID() throws -> RestoreID {
        guard let id = RestoreID(try parameter("id")) else { throw VaultError.notFound(.restore) }
        return id
    }
}

extension JSONWriter {
    /// The members of a restore, inside an object.
    fileprivate mutating func report(_ report: RestoreTree.Report) {
        let (restore, counts) = (report.restore, report.counts)
        field("id", restore.id.description)
        field("state", restore.state.rawValue)
        field("folder_id", restore.folder.value == restore.space.value ? nil : restore.folder.description)
        field("as_of", restore.moment)
        field("newer", restore.newer.rawValue)
        field("dry_run", restore.isDryRun)
        field("problem", restore.problem?.rawValue)
        object("progress") { json in
            json.field("total", counts.total)
            json.field("done", counts.total - counts.planned)
        }
        object("counts") { json in
            json.field("planned", counts.planned)
            json.field("done", counts.done)
            json.field("kept", counts.kept)
            json.field("refused", counts.refused)
            json.field("unchanged", restore.unchanged)
            json.field("newer_kept", restore.newerKept)
            for (act, word) in RewindActs.words { json.field(word, counts.byAct[act] ?? 0) }
        }
        object("reasons") { json in
            for reason in RewindReason.allCases {
                if let count = counts.byReason[reason] { json.field(reason.rawValue, count) }
            }
        }
        field("bytes", counts.growth)
        field("asked_at", restore.askedAt)
        field("started_at", restore.startedAt)
        field("finished_at", restore.finishedAt)
    }

    fileprivate mutating func item(_ item: RestoreItem) {
        object { json in
            json.field("id", item.node.description)
            json.field("name", item.name?.text)
            json.field("kind", item.kind.documentName)
            json.field("outcome", item.outcome.rawValue)
            json.array("acts") { json in
                for (act, word) in RewindActs.words where item.acts.contains(act) { json.value(word) }
            }
            json.field("version_number", item.kind == .file ? Int64(item.version) : nil)
            json.field("size", item.size)
            json.field("reason", item.reason?.rawValue)
            json.field("is_numbered", item.isNumbered)
        }
    }
}

// MARK: Descriptions

extension DriveRestore {
    private static let item = Schema.object([
        .required("id", .uuid), .required("name", .nullable(.string()), "Null once shredded"),
        .required("kind", .choice(NodeKind.allCases.map(\.documentName))),
        .required("outcome", .choice(RestoreItem.Outcome.allCases.map(\.rawValue))),
        .required("acts", .array(.choice(RewindActs.words.map(\.word)))),
        .required("version_number", .nullable(.integer), "The version whose content comes back"),
        .required("size", .integer),
        .required("reason", .nullable(.choice(RewindReason.allCases.map(\.rawValue)))),
        .required("is_numbered", .boolean, "Its name was taken: it bears a numbered one"),
    ])

    private static let members: [Schema.Property] = [
        .required("id", .uuid), .required("state", .choice(TreeRestore.State.allCases.map(\.rawValue))),
        .required("folder_id", .nullable(.uuid), "Null: the whole drive"), .required("as_of", .time),
        .required("newer", .choice(NewerNodes.allCases.map(\.rawValue))), .required("dry_run", .boolean),
        .required("problem", .nullable(.choice(TreeRestore.Problem.allCases.map(\.rawValue)))),
        .required("progress", .object([.required("total", .integer), .required("done", .integer)])),
        .required(
            "counts",
            .object(
                [
                    .required("planned", .integer), .required("done", .integer), .required("kept", .integer),
                    .required("refused", .integer), .required("unchanged", .integer),
                    .required("newer_kept", .integer),
                ] + RewindActs.words.map { .required($0.word, .integer) })),
        .required(
            "reasons", .object(RewindReason.allCases.map { .optional($0.rawValue, .integer) }),
            "How many items have which reason"),
        .required("bytes", .integer, "That the quota counts more for it; negative: less"),
        .required("asked_at", .time), .required("started_at", .nullable(.time)),
        .required("finished_at", .nullable(.time)),
    ]

    private static let restoreInfo = RouteInfo.drive(
        "Bring a folder, or the whole drive, back as it was: as new versions, out of the trash, to its place and name",
        body: .json,
        events: [
            .pastViewed, .folderRewound, .versionRestored, .fileRestored, .fileMoved, .fileRenamed, .fileTrashed,
        ],
        requests: [
            .json(
                .optional("folder_id", .nullable(.uuid), "Null or absent: the whole drive"),
                .required("as_of", .string(), "ISO 8601, or milliseconds since 1970 in UTC"),
                .optional("newer", .choice(NewerNodes.allCases.map(\.rawValue)), "What came later; default: keep"),
                .optional("dry_run", .boolean, "Only tell what would be done; default: false"))
        ],
        ResponseDescription(
            200, "Done, or the preview with its first 100 items",
            .object(
                members + [.optional("items", .array(item)), .optional("next_cursor", .nullable(.string()))])),
        ResponseDescription(202, "Under way", .object(members)),
        .error(400, "as_of is in the future, or before the drive began"), .error(403, "Access denied"),
        .error(404, "The folder was not there then"), .error(409, "A restore of this drive is under way"))

    private static let reportInfo = RouteInfo.drive(
        "How far a restore is, and what it came to", ResponseDescription(200, "The restore", .object(members)),
        .error(403, "Access denied"), .error(404, "Restore not found"))

    private static let itemsInfo = RouteInfo.drive(
        "The plan of a restore, and later its report, node by node",
        parameters: [
            QueryParameter("outcome", .choice(RestoreItem.Outcome.allCases.map(\.rawValue)), "Default: all"),
            QueryParameter("limit", .integer, "1 to 1,000, default 100"),
            QueryParameter("cursor", .string(), "`next_cursor` of the page before"),
        ],
        ResponseDescription(
            200, "One page",
            .object([.required("items", .array(item)), .required("next_cursor", .nullable(.string()))])),
        .error(403, "Access denied"), .error(404, "Restore not found"))

    private static let cancelInfo = RouteInfo.drive(
        "End a restore before its next batch; what was done stays done", events: [.folderRewound],
        ResponseDescription(200, "The restore", .object(members)), .error(403, "Access denied"),
        .error(404, "Restore not found"), .error(409, "It has ended"))
}
