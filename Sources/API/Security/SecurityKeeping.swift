import HTTP
import Vault

/// Which retention policies and legal holds keep a file, in the French of the security document.
struct SecurityKeeping: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/fichiers/{id}/conservation", Self.info, explain)
    }

    // MARK: GET /api/fichiers/{id}/conservation

    @Sendable func explain(_ request: Request, _ principal: Principal) async throws -> Response {
        let answer = try await vault.explainKeeping(try request.nodeID(), as: principal)
        return .json { json in
            json.object { json in
                json.field("id", answer.node.description)
                json.field("type", answer.kind.documentName)
                json.field("bloque", !answer.bonds.isEmpty)
                json.field("libre_le", answer.freeAt)
                json.array("regles", answer.bonds) { json, bond in json.rule(bond) }
            }
        }
    }

    private static let info = RouteInfo.security(
        "Which rules keep a file or folder from being destroyed, until when, and why",
        ResponseDescription(
            200, "The rules, the strictest first",
            .object([
                .required("id", .uuid), .required("type", .choice(NodeKind.allCases.map(\.documentName))),
                .required("bloque", .boolean),
                .required(
                    "libre_le", .nullable(.time), "null when nothing keeps it, or when somebody has to end a rule"),
                .required(
                    "regles",
                    .array(
                        .object([
                            .required("type", .choice(["gel", "conservation", "dossier_porteur"])),
                            .required("id", .uuid),
                            .required("nom", .nullable(.string()), "null where the reader may not know it"),
                            .required("motif", .nullable(.string())),
                            .required("mode", .nullable(.choice(RetentionMode.allCases.map(\.name)))),
                            .required("duree", .nullable(.string())), .required("jusqu_au", .nullable(.time)),
                            .required(
                                "emplacement",
                                .object([.required("id", .nullable(.uuid)), .required("nom", .nullable(.string()))])),
                            .required("emporte", .boolean, "It left the rule's folder and took the rule along"),
                        ]))),
            ])), .error(403, "Access denied"), .error(404, "File not found"))
}

extension JSONWriter {
    fileprivate mutating func rule(_ explained: ExplainedBond) {
        let bond = explained.bond
        object { json in
            switch bond.rule {
            case .hold(let id):
                json.field("type", "gel")
                json.field("id", id.description)
            case .retention(let id, _):
                json.field("type", "conservation")
                json.field("id", id.description)
            case .bearer(let id, _):
                json.field("type", "dossier_porteur")
                json.field("id", id.description)
            }
            json.field("nom", explained.name)
            json.field("motif", explained.reason)
            switch bond.rule {
            case .hold: json.null("mode")
            case .retention(_, let mode), .bearer(_, let mode): json.field("mode", mode.name)
            }
            json.field("duree", explained.duration.map(RetentionDuration.text))
            json.field("jusqu_au", bond.until)
            json.key("emplacement")
            json.object { json in
                // Where a rule lies is told to those who see that folder, too.
                json.field("id", explained.placeName == nil ? nil : bond.place.description)
                json.field("nom", explained.placeName)
            }
            json.field("emporte", bond.isCarried)
        }
    }
}
