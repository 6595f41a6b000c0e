import Backup
import HTTP
import Vault

/// Archives from outside: sent, followed, ended.
struct DriveImports: Sendable {
    let vault: Vault
    let imports: Imports

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/drive/import", beginInfo, begin)
        table.signedIn(.get, "/api/drive/import/{id}", Self.readInfo, read)
        table.signedIn(.delete, "/api/drive/import/{id}", Self.cancelInfo, cancel)
    }

    private static let mostLines = 1_000

    // MARK: POST /api/drive/import

    @Sendable func begin(_ request: Request, _ principal: Principal) async throws -> Response {
        let id = try await ArchiveUpload(vault: vault, imports: imports)(request, as: principal)
        // RFC 7240: whoever prefers does not wait.
        if request.headers.first("Prefer") != "respond-async" { await imports.settle(id) }
        let report = try await imports.report(id, as: principal)
        let response = try await answer(report.state == .running ? 202 : 200, report, from: 0, 100, request, principal)
        return response.with("Location", "/api/drive/import/\(id)")
    }

    // MARK: GET /api/drive/import/{id}

    @Sendable func read(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readContent)
        let report = try await imports.report(try request.importID(), as: principal)
        let first = Int(try request.query.integer("cursor", in: 0...Int64(Int32.max)) ?? 0)
        let limit = try request.limit(default: 100, maximum: Self.mostLines)
        return try await answer(200, report, from: first, limit, request, principal)
    }

    // MARK: DELETE /api/drive/import/{id}

    @Sendable func cancel(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.writeContent)
        let report = try await imports.cancel(try request.importID(), as: principal)
        return try await answer(200, report, from: 0, 100, request, principal)
    }

    private func answer(
        _ status: Int, _ report: ImportReport, from first: Int, _ limit: Int, _ request: Request,
        _ principal: Principal
    ) async throws -> Response {
        let page = try await imports.lines(report.id, from: first, limit: limit, as: principal)
        let language = request.language
        return .json(status) { $0.importing(report, page, in: language, principal) }
    }
}

extension Request {
    fileprivate func importID() throws -> ImportID {
        guard let id = ImportID(try parameter("id")) else { throw VaultError.notFound(.importing) }
        return id
    }
}

extension JSONWriter {
    fileprivate mutating func importing(
        _ report: ImportReport, _ page: ImportLines, in language: Language, _ principal: Principal
    ) {
        object { json in
            json.field("id", report.id.description)
            json.field("state", report.state.rawValue)
            json.field("folder_id", report.folder == principal.root ? nil : report.folder.description)
            json.field("entries", report.counts.entries)
            json.field("done", report.counts.done)
            json.field("bytes", report.counts.bytes)
            json.field("bytes_done", report.counts.bytesDone)
            json.field("created", report.counts.created)
            json.field("versioned", report.counts.versioned)
            json.field("renamed", report.counts.renamed)
            json.field("folders", report.counts.folders)
            json.field("refused", report.counts.refused)
            json.field("failure", report.failure)
            json.field("created_at", report.createdAt)
            json.field("finished_at", report.finishedAt)
            json.array("report", page.lines) { json, line in json.line(line, in: language) }
            json.field("next_cursor", page.next.map(String.init))
        }
    }

    private mutating func line(_ line: ImportLine, in language: Language) {
        object { json in
            json.field("path", line.path)
            switch line.outcome {
            case .folder: json.field("outcome", "folder")
            case .created(let id):
                json.field("outcome", "created")
                json.field("file_id", id.description)
            case .versioned(let id):
                json.field("outcome", "versioned")
                json.field("file_id", id.description)
            case .renamed(let id, let name):
                json.field("outcome", "renamed")
                json.field("file_id", id.description)
                json.field("name", name)
            case .refused(let refusal):
                json.field("outcome", "refused")
                json.field("code", refusal.rawValue)
                json.field("reason", ImportWords.text(refusal, in: language))
            }
        }
    }
}

// MARK: Descriptions

extension DriveImports {
    private var beginInfo: RouteInfo {
        .drive(
            "Unpack a ZIP archive into a folder: what is there gets new versions, every entry is judged first",
            body: Upload.bodyPolicy(vault),
            events: [.fileUploaded, .fileEdited, .folderCreated, .archiveImported],
            parameters: [
                QueryParameter("parent_id", .uuid, "The folder; default: the root"),
                QueryParameter(
                    "on_conflict", .choice(NameConflict.allCases.map(\.rawValue)),
                    "When a file of that name is there: a new version (default), another name, or leave it out"),
            ],
            requests: [
                .form(
                    .required("file", .string(format: "binary")), .optional("parent_id", .nullable(.uuid)),
                    .optional("on_conflict", .choice(NameConflict.allCases.map(\.rawValue))),
                    .optional("password", .string(), "Opens its encrypted entries; beside a raw body: Archive-Password")
                ),
                .bytes,
            ],
            ResponseDescription(200, "Unpacked, as the report says", Self.schema),
            ResponseDescription(202, "Under way: ask again with its id", Self.schema),
            .error(400, "No file provided"), .error(403, "Access denied"), .error(404, "Folder not found"),
            .error(413, "Too many entries, too much content, or the storage limit"),
            .error(422, "No ZIP archive, a damaged one, or a wrong password"),
            .error(429, "Too many imports are under way"), .error(507, "The server has no space left"))
    }

    private static let readInfo = RouteInfo.drive(
        "How far an import is, and what became of its entries",
        parameters: [
            QueryParameter("cursor", .integer, "`next_cursor` of the page before"),
            QueryParameter("limit", .integer, "Lines of the report, at most 1,000; default 100"),
        ],
        ResponseDescription(200, "The import", schema), .error(404, "Import not found"))

    private static let cancelInfo = RouteInfo.drive(
        "End an import; what it stored stays", events: [.archiveImported],
        ResponseDescription(200, "As it is now", schema), .error(404, "Import not found"),
        .error(409, "It has ended already"), .error(503, "Another node does it: try there"))

    private static let schema = Schema.object([
        .required("id", .uuid), .required("state", .choice(ImportState.allCases.map(\.rawValue))),
        .required("folder_id", .nullable(.uuid)), .required("entries", .integer), .required("done", .integer),
        .required("bytes", .integer, "Of the contents to be unpacked"), .required("bytes_done", .integer),
        .required("created", .integer), .required("versioned", .integer),
        .required("renamed", .integer, "Among the created"), .required("folders", .integer, "Made"),
        .required("refused", .integer), .required("failure", .nullable(.string())), .required("created_at", .time),
        .required("finished_at", .nullable(.time)),
        .required(
            "report",
            .array(
                .object([
                    .required("path", .string(), "As the archive names it"),
                    .required("outcome", .choice(["folder", "created", "versioned", "renamed", "refused"])),
                    .optional("file_id", .uuid), .optional("name", .string(), "The name it got instead"),
                    .optional("code", .string(), "Why it was refused"), .optional("reason", .string()),
                ]))), .required("next_cursor", .nullable(.string())),
    ])
}
