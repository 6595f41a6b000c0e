import HTTP
import Vault
import Versions

/// Two versions of a file beside each other.
struct SecurityComparison: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/fichiers/{id}/versions/compare", Self.info, compare)
    }

    private enum Format: String, CaseIterable { case json, texte }

    // MARK: GET /api/fichiers/{id}/versions/compare

    @Sendable func compare(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readContent)
        let id = try request.nodeID()
        let format: Format = try request.choice("format", default: .json)
        guard let from = try request.query.integer("from", in: 1...Int64(Int32.max)) else {
            throw VaultError.invalid(field: "from", .missing)
        }
        guard let to = try request.query.integer("to", in: 1...Int64(Int32.max)) else {
            throw VaultError.invalid(field: "to", .missing)
        }
        let comparison = try await CompareVersions(vault.core)(id, from: Int(from), to: Int(to), as: principal)
        switch format {
        case .json: return .json { json in json.comparison(comparison) }
        case .texte: return try Self.text(comparison)
        }
    }

    private static func text(_ comparison: CompareVersions.Comparison) throws -> Response {
        guard case .difference(let difference) = comparison.text else {
            throw Problem(
                422, "not_comparable_as_text",
                "These versions cannot be compared as text: one of them is none, is too large, or expired",
                fr: "Ces versions ne se comparent pas comme du texte : l’une n’en est pas, est trop grande, ou a expiré"
            )
        }
        let (old, new) = (comparison.from, comparison.to)
        let text = difference.unified(
            from: "\(old.meta.name.text) (version \(old.number))", to: "\(new.meta.name.text) (version \(new.number))")
        return Response(
            headers: ["Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"],
            body: .bytes(Array(text.utf8)))
    }
}

extension JSONWriter {
    fileprivate mutating func comparison(_ comparison: CompareVersions.Comparison) {
        object { json in
            json.key("de")
            json.version(comparison.from, isCurrent: comparison.from.number == comparison.current)
            json.key("a")
            json.version(comparison.to, isCurrent: comparison.to.number == comparison.current)
            json.field("identique", comparison.isIdentical)
            json.field("difference_taille", comparison.to.size - comparison.from.size)
            json.object("texte") { json in
                switch comparison.text {
                case .none(let reason):
                    json.field("comparable", false)
                    json.field("raison", reason.rawValue)
                case .difference(let difference):
                    json.field("comparable", true)
                    json.null("raison")
                    json.field("coupe", difference.isCut)
                    json.field("ajoutees", difference.inserted)
                    json.field("supprimees", difference.deleted)
                    json.array("blocs", difference.hunks) { json, hunk in json.hunk(hunk) }
                }
            }
        }
    }

    private mutating func hunk(_ hunk: TextDifference.Hunk) {
        object { json in
            json.field("ancien_debut", hunk.oldStart)
            json.field("ancien_nombre", hunk.oldCount)
            json.field("nouveau_debut", hunk.newStart)
            json.field("nouveau_nombre", hunk.newCount)
            json.array("lignes", hunk.lines) { json, line in
                json.object { json in
                    json.field("type", line.kind.rawValue)
                    json.field("ancien", line.old.map(Int64.init))
                    json.field("nouveau", line.new.map(Int64.init))
                    json.field("texte", line.text)
                }
            }
        }
    }
}

// MARK: Descriptions

extension SecurityComparison {
    private static let line = Schema.object([
        .required("type", .choice([" ", "-", "+"])), .required("ancien", .nullable(.integer)),
        .required("nouveau", .nullable(.integer)), .required("texte", .string()),
    ])

    private static let info = RouteInfo.security(
        "Two versions of a file beside each other; texts line by line", events: [.versionsCompared, .fileViewed],
        parameters: [
            QueryParameter("from", .integer, "A version's number"), QueryParameter("to", .integer, "Another's"),
            QueryParameter("format", .choice(Format.allCases.map(\.rawValue)), "texte: as `diff -u`; default: json"),
        ],
        ResponseDescription(
            200, "The comparison",
            .object([
                .required("de", SecurityVersions.row), .required("a", SecurityVersions.row),
                .required("identique", .boolean, "The same bytes"), .required("difference_taille", .integer, "Bytes"),
                .required(
                    "texte",
                    .object([
                        .required("comparable", .boolean),
                        .required("raison", .nullable(.choice(CompareVersions.NoText.allCases.map(\.rawValue)))),
                        .optional("coupe", .boolean, "They differ too much: the changed part is given as replaced"),
                        .optional("ajoutees", .integer), .optional("supprimees", .integer),
                        .optional(
                            "blocs",
                            .array(
                                .object([
                                    .required("ancien_debut", .integer), .required("ancien_nombre", .integer),
                                    .required("nouveau_debut", .integer), .required("nouveau_nombre", .integer),
                                    .required("lignes", .array(line)),
                                ]))),
                    ])),
            ])),
        .error(400, "from and to are versions' numbers"), .error(403, "Access denied"),
        .error(404, "File or version not found"), .error(422, "format=texte: not text"))
}
