import HTTP
import Vault

extension SecurityJournal {
    private static let entry = Schema.object([
        .required("sequence", .integer), .required("date", .time),
        .required("acteur", .choice(["user", "api_key", "system", "anonymous"])),
        .required("user_id", .nullable(.uuid)),
        .required("action", .string(), "One of the actions of the document, such as file_uploaded"),
        .required(
            "cible",
            .object([
                .required("type", .nullable(.string())), .required("id", .nullable(.uuid)),
                .required("nom", .nullable(.string()), "As it was then; null once the target was shredded"),
            ])),
        .required("adresse", .nullable(.string())), .required("requete", .nullable(.string())),
        .required("resultat", .choice(["success", "refused", "failed"])), .required("details", .any),
    ])

    static let entriesInfo = RouteInfo.security(
        "The journal, newest first", access: .auditor, events: [.journalRead],
        parameters: [
            QueryParameter("from", .time, "From this moment on; a date is its first moment"),
            QueryParameter("to", .time, "Before this moment; a date counts to its end"),
            QueryParameter("user", .uuid), QueryParameter("action"), QueryParameter("target", .uuid),
            QueryParameter("limit", .integer, "1 to 1,000, default 100"),
            QueryParameter("cursor", .integer, "`curseur` of the page before"),
        ],
        ResponseDescription(
            200, "One page", .object([.required("entrees", .array(entry)), .required("curseur", .nullable(.integer))])))

    static let checkpointInfo = RouteInfo.security(
        "Sign the journal as it is now (C2SP tlog-checkpoint); text/plain gives the note alone", access: .auditor,
        events: [.checkpointMade],
        ResponseDescription(
            200, "The checkpoint",
            .object([
                .required("origin", .string()), .required("tree_size", .integer), .required("root_hash", .string()),
                .required("checkpoint", .string(), "The signed note"), .required("verifier_key", .string()),
            ])))

    static let proofInfo = RouteInfo.security(
        "A proof of RFC 9162: inclusion of an event, or consistency of two sizes", access: .auditor,
        parameters: [
            QueryParameter("sequence", .integer, "Inclusion of the event of that number"),
            QueryParameter("size", .integer, "Tree size for inclusion; default: now"),
            QueryParameter("from", .integer, "Consistency from that tree size"),
            QueryParameter("to", .integer, "Consistency to that tree size; default: now"),
        ],
        ResponseDescription(200, "The proof", .object([.required("hashes", .array(.string()), "Base64")])),
        .error(400, "The journal's tree is not that large"), .error(404, "Event not found"))

    static let exportInfo = RouteInfo.security(
        "The whole journal with its proofs, one JSON object a line", access: .auditor, events: [.journalExported],
        ResponseDescription(200, "NDJSON", .string(), contentType: "application/x-ndjson"))
}
