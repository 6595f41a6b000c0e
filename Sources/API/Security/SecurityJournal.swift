import Crypto
import Database
import HTTP
import Journal
import Vault

/// The audit journal and its proofs, for those whose role reads it (requirements/2, step 2; design, section 8).
struct SecurityJournal: Sendable {
    let vault: Vault
    let exports: any JournalExports

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/journal", Self.entriesInfo, entries)
        table.signedIn(.get, "/api/journal/checkpoint", Self.checkpointInfo, checkpoint)
        table.signedIn(.get, "/api/journal/proof", Self.proofInfo, proof)
        table.signedIn(.get, "/api/journal/export", Self.exportInfo, export)
    }

    // MARK: GET /api/journal

    @Sendable func entries(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readJournal)
        let limit = try request.limit(default: 100, maximum: AuditTrail.maximumLimit)
        let cursor =
            try request.query.integer("cursor", in: 1...Int64.max)
            ?? request.query.integer("curseur", in: 1...Int64.max)
        let page = try await vault.auditTrail.entries(
            try JournalFilter.parse(request.query), before: cursor, limit: limit, as: principal)
        return .json { json in
            json.object { json in
                json.array("entrees", page.entries) { json, entry in json.entry(entry) }
                json.field("curseur", page.next)
            }
        }
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
        guard let sequence = try request.query.integer("sequence", in: 1...Int64.max) else {
            throw Problem.field("sequence", must: "be given, or from and to", fr: "manque, ou from et to")
        }
        return try await inclusion(of: sequence, size: try request.query.integer("size", in: 1...Int64.max), principal)
    }

    private func inclusion(of sequence: Int64, size: Int64?, _ principal: Principal) async throws -> Response {
        let (row, head, proof) = try await vault.auditTrail.inclusion(of: sequence, treeSize: size, as: principal)
        return .json { $0.inclusion(proof, of: row, in: head) }
    }

    private func consistency(from: Int64, to: Int64?, _ principal: Principal) async throws -> Response {
        let (first, second, proof) = try await vault.auditTrail.consistency(from: from, to: to, as: principal)
        return .json { $0.consistency(proof, from: first, to: second) }
    }

    // MARK: GET /api/journal/export

    @Sendable func export(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readJournal)
        try await vault.auditTrail.note(.journalExported, by: principal)
        let pieces = try await exports.export()
        var headers: Headers = ["Content-Type": "application/x-ndjson"]
        headers.append("Content-Disposition", "attachment; filename=\"journal.ndjson\"")
        return Response(headers: headers, body: .stream(length: nil, ProducedBody { try await pieces.next() }))
    }
}

/// The filters of the query: `from`, `to`, `user`, `action`, `target`.
enum JournalFilter {
    static func parse(_ query: Query) throws -> AuditFilter {
        AuditFilter(
            from: try moment(query, "from"), to: try moment(query, "to", dayEnd: true),
            actor: try identifier(query, "user").map { AccountID($0) }, action: query.first("action"),
            target: try identifier(query, "target"))
    }

    /// RFC 3339; a date alone is a whole day, so as an end it is the day's end.
    private static func moment(_ query: Query, _ name: String, dayEnd: Bool = false) throws -> Timestamp? {
        guard let text = query.first(name), !text.isEmpty else { return nil }
        guard let moment = Timestamp.parse(iso8601: text) else {
            throw Problem.field(
                name, must: "be a date or a time of RFC 3339", fr: "doit être une date ou une heure RFC 3339")
        }
        return dayEnd && text.utf8.count == 10 ? moment.advanced(bySeconds: 86_400) : moment
    }

    private static func identifier(_ query: Query, _ name: String) throws -> UInt128? {
        guard let text = query.first(name), !text.isEmpty else { return nil }
        guard let id = NodeID(text) else {
            throw Problem.field(name, must: "be an identifier", fr: "doit être un identifiant")
        }
        return id.value
    }
}

extension JSONWriter {
    /// A journal row (design, section 11).
    fileprivate mutating func entry(_ entry: AuditEntry) {
        let (row, event) = (entry.row, entry.row.event)
        object { json in
            json.field("sequence", row.sequence)
            json.field("date", row.time)
            json.field("acteur", event.actorKind.word)
            json.field("user_id", event.actorID.map { AccountID($0).description })
            json.field("action", event.action)
            json.object("cible") { json in
                json.field("type", event.targetKind)
                json.field("id", event.targetID.map { NodeID($0).description })
                json.field("nom", entry.targetName)
            }
            json.field("adresse", event.address)
            json.field("requete", event.requestID)
            json.field("resultat", event.outcome.word)
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

extension ActorKind {
    fileprivate var word: String {
        switch self {
        case .user: "user"
        case .apiKey: "api_key"
        case .system: "system"
        case .anonymous: "anonymous"
        }
    }
}

extension Outcome {
    fileprivate var word: String {
        switch self {
        case .success: "success"
        case .refused: "refused"
        case .failed: "failed"
        }
    }
}
