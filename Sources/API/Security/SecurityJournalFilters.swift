import Database
import HTTP
import Vault

/// Filters of the journal that people keep: `filtre=<id>` uses one in `/api/journal` and its exports.
struct SecurityJournalFilters: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/journal/filtres", Self.listInfo, list)
        table.signedIn(.post, "/api/journal/filtres", Self.saveInfo, save)
        table.signedIn(.put, "/api/journal/filtres/{id}", Self.replaceInfo, replace)
        table.signedIn(.delete, "/api/journal/filtres/{id}", Self.deleteInfo, delete)
    }

    // MARK: GET /api/journal/filtres

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let filters = try await vault.journalFilters.all(as: principal)
        return .json { json in
            json.object { json in json.array("filtres", filters) { json, filter in json.savedFilter(filter) } }
        }
    }

    // MARK: POST /api/journal/filtres

    @Sendable func save(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readJournal)
        let (name, text) = try await fields(of: request)
        let filter = try await vault.journalFilters.save(name: name, text: text, as: principal)
        return .json(201) { $0.savedFilter(filter) }
    }

    // MARK: PUT /api/journal/filtres/{id}

    @Sendable func replace(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readJournal)
        let id = try request.journalFilterID()
        let (name, text) = try await fields(of: request)
        let filter = try await vault.journalFilters.replace(id, name: name, text: text, as: principal)
        return .json { $0.savedFilter(filter) }
    }

    // MARK: DELETE /api/journal/filtres/{id}

    @Sendable func delete(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readJournal)
        try await vault.journalFilters.delete(try request.journalFilterID(), as: principal)
        return .message("Filter deleted")
    }

    /// The name, and the filter in the spelling it is kept in; one that means nothing is refused now, not when it is used.
    private func fields(of request: Request) async throws -> (name: String, text: String) {
        let body = try await request.jsonObject()
        let name = try body.optionalString("nom") ?? body.required("name")
        let filter = try JournalFilter(body[body.has("filtre") ? "filtre" : "filter"] ?? .null)
        _ = try filter.parsed(at: vault.core.clock.now())
        return (name, String(decoding: filter.json.serialized, as: UTF8.self))
    }
}

extension Request {
    fileprivate func journalFilterID() throws -> JournalFilterID {
        guard let id = JournalFilterID(try parameter("id")) else { throw VaultError.notFound(.journalFilter) }
        return id
    }
}

extension JSONWriter {
    fileprivate mutating func savedFilter(_ filter: SavedJournalFilter) {
        object { json in
            json.field("id", filter.id.description)
            json.field("nom", filter.name)
            json.key("filtre")
            json.raw(Array(filter.text.utf8))
            json.field("created_at", filter.createdAt)
            json.field("updated_at", filter.updatedAt)
        }
    }
}

// MARK: Descriptions

extension SecurityJournalFilters {
    private static let filter = Schema.object([
        .required("id", .uuid), .required("nom", .string()),
        .required("filtre", .any, "The filters of /api/journal by name"), .required("created_at", .time),
        .required("updated_at", .time),
    ])

    private static let body = BodyDescription.json(
        .required("nom", .string(), "At most 100 characters. Also `name`"),
        .required("filtre", .any, "An object: the filters of /api/journal by name, as texts. Also `filter`"))

    private static let listInfo = RouteInfo.security(
        "One's own filters of the journal", access: .auditor,
        ResponseDescription(200, "The filters", .object([.required("filtres", .array(filter))])))

    private static let saveInfo = RouteInfo.security(
        "Keep a filter of the journal", access: .auditor, body: .json, events: [.journalFilterSaved], requests: [body],
        ResponseDescription(201, "Kept", filter), .error(409, "As many filters as one may keep"))

    private static let replaceInfo = RouteInfo.security(
        "Change a filter of the journal", access: .auditor, body: .json, events: [.journalFilterSaved],
        requests: [body], ResponseDescription(200, "Changed", filter), .error(404, "Filter not found"))

    private static let deleteInfo = RouteInfo.security(
        "Delete a filter of the journal", access: .auditor, events: [.journalFilterDeleted],
        ResponseDescription(200, "Deleted", .message), .error(404, "Filter not found"))
}
