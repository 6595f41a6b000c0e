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

    /// The filters of `/api/journal` and its exports. Each has a French spelling, too: JournalFilter.Field.
    private static let filters = [
        QueryParameter("from", .time, "From this moment on; a date is its first moment. Also `du`, `depuis`"),
        QueryParameter("to", .time, "Before this moment; a date counts to its end. Also `au`, `jusqu_a`"),
        QueryParameter("last", .string(), "Instead of from: 24h, 7d (7j), 4w (4s). Also `derniers`"),
        QueryParameter("user", .uuid, "Who acted. Also `utilisateur`"),
        QueryParameter(
            "actor", .choice(["user", "api_key", "system", "anonymous"]), "What kind of actor. Also `acteur`"),
        QueryParameter("action", .string(), "One of the actions, or several with commas between them, at most 20"),
        QueryParameter(
            "type",
            .choice([
                "fichier", "dossier", "casier", "armoire", "utilisateur", "journal", "conservation", "gel", "livraison",
                "export_programme", "sauvegarde", "sauvegarde_programmee", "systeme",
            ]),
            "What was acted on. Also `cible_type`"),
        QueryParameter("target", .uuid, "What was acted on. Also `cible`"),
        QueryParameter("space", .uuid, "In which space. Also `espace`"),
        QueryParameter("folder", .uuid, "What is or was in this folder, at any depth. Also `dossier`"),
        QueryParameter("outcome", .choice(["success", "refused", "failed"]), "How it ended. Also `resultat`"),
        QueryParameter("address", .string(), "The client's address. Also `adresse`"),
        QueryParameter(
            "q", .string(),
            "A part of a target's name or of the details; case and accents do not matter. Also `recherche`"),
    ]

    private static let saved = QueryParameter(
        "filtre", .uuid, "A filter of one's own: what the query leaves open. Also `filter`")
    private static let language = QueryParameter("langue", .choice(["fr", "en"]), "Of sentences. Also `lang`")

    static let entriesInfo = RouteInfo.security(
        "The journal, newest first", access: .auditor, events: [.journalRead],
        parameters: filters + [
            QueryParameter(
                "format", .choice(["json", "texte"]),
                "`texte`: one line for each event, as `[2025-06-01 15:22] – user_id=3 a supprimé le fichier ID=67 “ContratRH.pdf”`"
            ), language, saved,
            QueryParameter("limit", .integer, "1 to 1,000, default 100"),
            QueryParameter("cursor", .integer, "`curseur` of the page before. Also `curseur`"),
        ],
        ResponseDescription(
            200, "One page; a search may find nothing in the part it looked at and lead on",
            .object([
                .required("entrees", .array(entry)), .required("curseur", .nullable(.integer)),
                .required(
                    "parcouru",
                    .object([
                        .required("evenements", .integer, "Looked at for this page"),
                        .required("jusqu_a", .nullable(.time), "When the oldest of them happened"),
                        .required("complet", .boolean, "Whether everything was looked at"),
                    ])),
            ])), .error(404, "The folder does not exist"))

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
            QueryParameter(
                "leaf", .integer, "Inclusion of the event at that place in the tree, from 0. Also `feuille`"),
            QueryParameter(
                "hash", .string(), "Inclusion of the event of that leaf hash, base64 or hexadecimal. Also `empreinte`"),
            QueryParameter("size", .integer, "Tree size for inclusion; default: now"),
            QueryParameter("from", .integer, "Consistency from that tree size"),
            QueryParameter("to", .integer, "Consistency to that tree size; default: now"),
        ],
        ResponseDescription(200, "The proof", .object([.required("hashes", .array(.string()), "Base64")])),
        .error(400, "The journal's tree is not that large"), .error(404, "Event not found"))

    static let exportInfo = RouteInfo.security(
        "The journal, or what filters select of it, as a file", access: .auditor, events: [.journalExported],
        parameters: filters + [
            QueryParameter(
                "format", .choice(JournalFormat.allCases.map(\.rawValue)),
                "`ndjson` (default): sealed names and a proof for every event, for `cloudspace journal verify --file`; `csv` and `pdf`: names opened, each row with its leaf hash"
            ), language, saved,
            QueryParameter("names", .boolean, "`false` leaves names and details out of CSV and PDF. Also `noms`"),
            QueryParameter("bom", .boolean, "`true` begins CSV with a byte order mark, for spreadsheets"),
        ],
        ResponseDescription(200, "NDJSON, CSV or PDF", .string(), contentType: "application/x-ndjson"),
        .error(422, "More events than a PDF may hold"))
}
