import Crypto
import Database
import HTTP
import Journal
import Vault

/// The audit journal and its proofs, for those whose role reads it (requirements/2, step 2; design, section 8).
struct SecurityJournal: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/journal", Self.entriesInfo, entries)
        table.signedIn(.get, "/api/journal/checkpoint", Self.checkpointInfo, checkpoint)
        table.signedIn(.get, "/api/journal/proof", Self.proofInfo, proof)
        table.signedIn(.get, "/api/journal/export", Self.exportInfo, export)
    }

    // MARK: GET /api/journal

    private enum Shape: String, CaseIterable { case json, texte }

    @Sendable func entries(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readJournal)
        let shape: Shape = try request.choice("format", default: .json)
        let language = try request.journalLanguage
        let limit = try request.limit(default: 100, maximum: AuditTrail.maximumLimit)
        let cursor =
            try request.query.integer("cursor", in: 1...Int64.max)
            ?? request.query.integer("curseur", in: 1...Int64.max)
        let filter = try await filter(request, principal)
        let page = try await vault.auditTrail.entries(filter, before: cursor, limit: limit, as: principal)
        switch shape {
        case .json: return .json { $0.journal(page) }
        case .texte: return lines(page, language, request)
        }
    }

    /// The lines as requirements/2 shows them; where to go on stands in a `Link` (RFC 8288).
    private func lines(_ page: AuditPage, _ language: Language, _ request: Request) -> Response {
        var response = Response.text(200, page.entries.map { JournalLine.text($0, language) + "\n" }.joined())
        response.headers.append("Content-Language", language.rawValue)
        if let next = page.next {
            let kept = request.target.split(separator: "?", maxSplits: 1).last.map { query in
                query.split(separator: "&").filter { !$0.hasPrefix("cursor=") && !$0.hasPrefix("curseur=") }
            }
            let query = ((request.target.contains("?") ? kept ?? [] : []) + ["cursor=\(next)"]).joined(separator: "&")
            response.headers.append("Link", "</api/journal?\(query)>; rel=\"next\"")
        }
        return response
    }

    /// What the query filters by; what it leaves open a filter of one's own may fill (`filtre=<id>`).
    private func filter(_ request: Request, _ principal: Principal) async throws -> AuditFilter {
        let given = try JournalFilter(request.query)
        guard let text = request.savedFilter else { return try given.parsed(at: vault.core.clock.now()) }
        guard let id = JournalFilterID(text) else { throw VaultError.notFound(.journalFilter) }
        let saved = try await vault.journalFilters.one(id, as: principal)
        let filter = given.filled(from: try JournalFilter(JSONValue(parsing: saved.text)))
        return try filter.parsed(at: vault.core.clock.now())
    }

    // MARK: GET /api/journal/checkpoint

    @Sendable func checkpoint(_ request: Request, _ principal: Principal) async throws -> Response {
        let checkpoint = try await vault.auditTrail.makeCheckpoint(as: principal)
        if request.headers.first("Accept")?.hasPrefix("text/plain") == true { return .text(200, checkpoint.note) }
        let key = try vault.core.sequencer.journal.verifierKey().text
        return .json { json in
            json.object { json in
                json.field("origin", checkpoint.origin)
                json.treeHead(checkpoint.head)
                json.field("checkpoint", checkpoint.note)
                json.field("verifier_key", key)
            }
        }
    }

    // MARK: GET /api/journal/proof

    @Sendable func proof(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readJournal)
        if let from = try request.query.integer("from", in: 0...Int64.max) {
            return try await consistency(from: from, to: try request.query.integer("to", in: 0...Int64.max), principal)
        }
        let size = try request.query.integer("size", in: 1...Int64.max)
        return try await inclusion(of: try leaf(request), size: size, principal)
    }

    /// An event by its number, its place in the tree or its leaf hash.
    private func leaf(_ request: Request) throws -> AuditTrail.Leaf {
        if let sequence = try request.query.integer("sequence", in: 1...Int64.max) { return .sequence(sequence) }
        if let index = try request.query.integer("leaf", in: 0...Int64.max)
            ?? request.query.integer("feuille", in: 0...Int64.max)
        {
            return .index(index)
        }
        guard let text = request.query.first("hash") ?? request.query.first("empreinte") else {
            throw Problem.field(
                "sequence", must: "be given, or leaf, or hash, or from and to",
                fr: "manque, ou leaf, ou hash, ou from et to")
        }
        // In a query a plus is a blank.
        let hash = Hex.decode(text) ?? Base64.decode(text.replacing(" ", with: "+"))
        guard let hash, hash.count == TreeHasher.byteCount else {
            throw Problem.field(
                "hash", must: "be a SHA-256 in base64 or hexadecimal",
                fr: "doit être un SHA-256 en base64 ou hexadécimal")
        }
        return .hash(hash)
    }

    private func inclusion(of leaf: AuditTrail.Leaf, size: Int64?, _ principal: Principal) async throws -> Response {
        let (row, head, proof) = try await vault.auditTrail.inclusion(of: leaf, treeSize: size, as: principal)
        return .json { $0.inclusion(proof, of: row, in: head) }
    }

    private func consistency(from: Int64, to: Int64?, _ principal: Principal) async throws -> Response {
        let (first, second, proof) = try await vault.auditTrail.consistency(from: from, to: to, as: principal)
        return .json { $0.consistency(proof, from: first, to: second) }
    }

    // MARK: GET /api/journal/export

    @Sendable func export(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readJournal)
        let form = JournalForm(
            try request.choice("format", default: JournalFormat.ndjson), language: try request.journalLanguage,
            names: try request.query.boolean("names") ?? request.query.boolean("noms") ?? true ? .shown : .withheld,
            marksByteOrder: try request.query.boolean("bom") ?? false)
        let filter = try await exportFilter(request, principal)
        let (_, pieces) = try await JournalExporter(vault)(filter, form, as: principal)
        var headers: Headers = ["Content-Type": form.format.contentType]
        headers.append("Content-Disposition", "attachment; filename=\"journal.\(form.format.rawValue)\"")
        return Response(headers: headers, body: .stream(length: nil, ProducedBody { try await pieces.next() }))
    }

    /// Nil for the whole journal.
    private func exportFilter(_ request: Request, _ principal: Principal) async throws -> AuditFilter? {
        let isFiltered = try request.savedFilter != nil || !JournalFilter(request.query).isEmpty
        return isFiltered ? try await filter(request, principal) : nil
    }
}

extension Request {
    fileprivate var savedFilter: String? { query.first("filtre") ?? query.first("filter") }

    /// `langue` or `lang` of the query, else what the client prefers; French, as the document is, when it says nothing.
    fileprivate var journalLanguage: Language {
        get throws {
            if let text = query.first("langue") ?? query.first("lang") {
                return try Choices.parse(text, field: "langue")
            }
            return headers.contains("Accept-Language") ? language : .french
        }
    }
}

extension JSONWriter {
    /// One page, with how far was looked.
    fileprivate mutating func journal(_ page: AuditPage) {
        object { json in
            json.array("entrees", page.entries) { json, entry in json.entry(entry) }
            json.field("curseur", page.next)
            json.object("parcouru") { json in
                json.field("evenements", page.lookedAt)
                json.field("jusqu_a", page.lookedBackTo)
                json.field("complet", page.next == nil)
            }
        }
    }

    /// A journal row (design, section 11).
    fileprivate mutating func entry(_ entry: AuditEntry) {
        let (row, event) = (entry.row, entry.row.event)
        object { json in
            json.field("sequence", row.sequence)
            json.field("date", row.time)
            json.field("acteur", event.actorKind.exportName)
            json.field("user_id", event.actorID.map { AccountID($0).description })
            json.field("action", event.action)
            json.object("cible") { json in
                json.field("type", event.targetKind)
                json.field("id", event.targetID.map { NodeID($0).description })
                json.field("nom", entry.targetName)
            }
            json.field("adresse", event.address)
            json.field("requete", event.requestID)
            json.field("resultat", event.outcome.exportName)
            json.key("details")
            if let details = entry.details { json.raw(Array(details.utf8)) } else { json.null() }
        }
    }

    fileprivate mutating func treeHead(_ head: TreeHead) {
        field("tree_size", head.size)
        field("root_hash", Base64.encode(head.rootHash))
    }

    fileprivate mutating func inclusion(_ proof: InclusionProof, of row: JournalRow, in head: TreeHead) {
        object { json in
            json.field("sequence", row.sequence)
            json.field("leaf_index", proof.leafIndex)
            json.field("leaf_hash", Base64.encode(row.leafHash))
            json.treeHead(head)
            json.array("hashes", proof.hashes) { json, hash in json.value(Base64.encode(hash)) }
        }
    }

    fileprivate mutating func consistency(_ proof: ConsistencyProof, from first: TreeHead, to second: TreeHead) {
        object { json in
            json.object("from") { json in json.treeHead(first) }
            json.object("to") { json in json.treeHead(second) }
            json.array("hashes", proof.hashes) { json, hash in json.value(Base64.encode(hash)) }
        }
    }
}
