import Backup
import HTTP
import Vault

// What the routes of backups take and answer.
extension SecurityBackups {
    private static let words = BackupState.allCases.map(\.documentName)

    static let askInfo = RouteInfo.security(
        "Ask for a backup of a file, a folder, a space or the system; it waits its turn and is made by a job",
        access: .admin,
        body: .json, events: [.backupAsked],
        requests: [
            .json(
                .required("type", .choice(BackupKind.allCases.map(\.rawValue))),
                .optional("cible_id", .nullable(.uuid), "The file, folder or space; none for the system"),
                .optional("forme", .choice(BackupForm.allCases.map(\.rawValue)), "Default: scellee"),
                .optional("mode", .choice(BackupModeWord.allCases.map(\.rawValue)), "Default: complete"),
                .optional("base_id", .nullable(.uuid), "What an increment stands on; default: the newest that fits"),
                .optional("mot_de_passe", .nullable(.string()), "Of a portable archive: 12 characters or more"),
                .optional(
                    "motif", .nullable(.string()),
                    "Why; needed for a portable archive of other people's files, kept sealed in the journal"))
        ],
        ResponseDescription(202, "It waits", .backup), .error(404, "No such file, folder or space"),
        .error(409, "Nothing to go on from"), .error(429, "Too many wait"), .error(507, "No room for the archive"))

    static let listInfo = RouteInfo.security(
        "Backups, newest first", access: .admin,
        parameters: [
            QueryParameter("type", .choice(BackupKind.allCases.map(\.rawValue))),
            QueryParameter("statut", .choice(words)), QueryParameter("cible", .uuid),
            QueryParameter("forme", .choice(BackupForm.allCases.map(\.rawValue))),
            QueryParameter("mode", .choice(BackupModeWord.allCases.map(\.rawValue))),
            QueryParameter("declencheur", .string(), "personne, programme, or the id of a schedule"),
            QueryParameter("from", .time, "Asked at or after; also as du"),
            QueryParameter("to", .time, "Asked before; also as au"),
            QueryParameter("limit", .integer, "1 to 1000, default 50"),
            QueryParameter("curseur", .uuid, "`curseur` of the page before"),
        ],
        ResponseDescription(
            200, "One page",
            .object([
                .required("sauvegardes", .array(.backup)), .required("curseur", .nullable(.uuid)),
            ])))

    static let detailsInfo = RouteInfo.security(
        "One backup, with its progress, volumes and proofs; as Server-Sent Events when Accept asks for text/event-stream",
        access: .admin, ResponseDescription(200, "The backup", .backup), .error(404, "Backup not found"))

    static let followInfo = RouteInfo.security(
        "One backup as it goes on: events `progression` with the backup, then `fin`", access: .admin,
        ResponseDescription(200, "A stream that ends with the work", .string(), contentType: "text/event-stream"),
        .error(404, "Backup not found"), .error(503, "The server has no room for another stream"))

    static let archiveInfo = RouteInfo.security(
        "Download the archive, a volume at a time; ranges and conditions work", access: .admin,
        events: [.backupDownloaded],
        parameters: [QueryParameter("volume", .integer, "From 1; needed when there are several")],
        ResponseDescription(
            200, "The volume", .string(format: "binary"), contentType: "application/zip"),
        ResponseDescription(206, "A part of it", .string(format: "binary"), contentType: "application/zip"),
        .error(404, "Backup not found"), .error(409, "It has not been completed"),
        .error(410, "Its files are gone"))

    static let deleteInfo = RouteInfo.security(
        "Let a backup go; its files are removed by a job", access: .admin, events: [.backupDeleted],
        parameters: [QueryParameter("chaine", .boolean, "Also the increments that stand on it; default: false")],
        ResponseDescription(
            202, "They go",
            .object([.required("statut", .string()), .required("sauvegardes", .array(.uuid))])),
        .error(404, "Backup not found"), .error(409, "Increments stand on it, or it is being worked on"))

    static let cancelInfo = RouteInfo.security(
        "Cancel a backup that waits or is being made; nothing of it stays", access: .admin,
        events: [.backupCancelled], ResponseDescription(202, "It ends", .backup), .error(404, "Backup not found"),
        .error(409, "It has ended"))

    static let verifyInfo = RouteInfo.security(
        "Have every volume, entry and seal of the archive and its ancestors verified", access: .admin,
        events: [.backupVerified], ResponseDescription(202, "It waits; see `controles`", .backup),
        .error(404, "Backup not found"), .error(409, "It has not been completed, or is being proven"))

    static let drillInfo = RouteInfo.security(
        "Have a sample of the backup restored into memory, opened and compared", access: .admin, body: .json,
        events: [.backupDrilled],
        requests: [.json(.optional("echantillon", .integer, "Files, 1 to 10000; default: the operator's own number"))],
        ResponseDescription(202, "It waits; see `controles`", .backup), .error(404, "Backup not found"),
        .error(409, "It has not been completed, or is being proven"))
}
