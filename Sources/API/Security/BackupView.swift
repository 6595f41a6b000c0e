import Backup
import Crypto
import Database
import HTTP
import Vault

// A backup as the document spells it (design, section 11).

extension Response {
    static func backup(_ status: Int, _ details: BackupDetails) -> Response {
        .json(status) { json in json.backup(details, isWhole: true) }
    }
}

extension JSONWriter {
    /// - Parameter isWhole: with volumes and proofs.
    mutating func backup(_ details: BackupDetails, isWhole: Bool = false) {
        let record = details.record
        object { json in
            json.field("id", record.id.description)
            json.field("type", record.kind.rawValue)
            json.field("cible_id", record.target?.description)
            json.field("forme", record.form.rawValue)
            json.field("mode", record.mode.documentName)
            json.field("base_id", record.base?.description)
            json.field("statut", record.state.documentName)
            json.field("annulation_demandee", record.isCancelAsked && record.state == .running)
            json.field("progression", record.state == .completed ? 100 : record.progress.percent)
            json.advance(record.progress)
            json.content(details)
            json.field("chemin", record.place)
            json.field("date", record.requestedAt)
            json.field("debut", record.startedAt)
            json.field("fin", record.finishedAt)
            json.field("tentatives", record.attempts)
            json.trigger(record.trigger)
            json.field("moment", record.content?.moment)
            json.field("octets", record.content?.archiveBytes)
            json.field("manifeste_sha256", record.content.map { Hex.encode($0.manifestHash) })
            json.problem(record.problem)
            json.proof("verification", record.verification)
            json.proof("exercice", record.drill)
            json.field("preuve", record.proofWord)
            json.field("last_proven_restorable", record.provenAt)
            guard isWhole else { return }
            json.array("volumes", details.volumes.enumerated()) { json, entry in
                json.object { json in
                    json.field("numero", entry.offset + 1)
                    json.field("nom", entry.element.name)
                    json.field("octets", entry.element.size)
                    json.field("sha256", Hex.encode(entry.element.sha256))
                }
            }
            json.array("controles", details.checks) { json, check in json.check(check) }
        }
    }

    private mutating func advance(_ count: WorkCount) {
        object("avancement") { json in
            json.field("elements", count.entries)
            json.field("elements_total", count.totalEntries)
            json.field("octets", count.bytes)
            json.field("octets_total", count.totalBytes)
        }
    }

    /// The document's `versionMetadata`: of a file, of a folder, of the system.
    private mutating func content(_ details: BackupDetails) {
        let record = details.record
        object("contenu") { json in
            switch record.kind {
            case .file:
                json.field("nom", details.name)
                json.field("type_mime", details.mediaType)
                json.field("taille", record.headSize)
                json.field("version_number", record.headNumber)
            case .folder, .locker, .cabinet, .space:
                json.field("nom", record.kind == .space ? "Espace" : details.name)
                json.field("type", record.kind.rawValue)
                json.field("nombre_elements", record.content.map { $0.files + $0.folders })
                json.field("version_number", record.number)
            case .system:
                json.field("nom", "Sauvegarde système")
                json.field("type", "systeme")
                json.field("version_number", record.number)
            }
            if record.kind != .file {
                json.field("nombre_dossiers", record.content?.folders)
                json.field("nombre_fichiers", record.content?.files)
            }
            json.field("nombre_versions", record.content?.versions)
            json.field("nombre_blobs", record.content?.blobs)
            json.field("evenements_journal", record.content?.journalSize)
            if case .person(let account) = record.trigger {
                json.field("created_by", account?.description)
            } else {
                json.null("created_by")
            }
            json.field("created_at", record.requestedAt)
        }
    }

    private mutating func trigger(_ trigger: BackupTrigger) {
        object("declencheur") { json in
            switch trigger {
            case .person(let account):
                json.field("type", "personne")
                json.field("user_id", account?.description)
            case .schedule(let id):
                json.field("type", "programme")
                json.field("programme_id", id.description)
            }
        }
    }

    private mutating func problem(_ problem: BackupProblem?) {
        key("probleme")
        guard let problem else { return null() }
        object { json in
            json.field("code", problem.code.rawValue)
            json.field("detail", problem.detail)
        }
    }

    private mutating func proof(_ name: String, _ proof: BackupProof?) {
        key(name)
        guard let proof else { return null() }
        object { json in
            json.field("date", proof.at)
            json.field("resultat", proof.passed ? "reussie" : "echec")
        }
    }

    private mutating func check(_ check: BackupCheck) {
        object { json in
            json.field("id", check.id.description)
            json.field("type", check.kind == .drill ? "exercice" : "verification")
            json.field("statut", check.state.documentName)
            json.field("echantillon", check.kind == .drill ? Int64(check.sample) : nil)
            json.field("demande_par", check.requestedBy?.description)
            json.field("date", check.requestedAt)
            json.field("debut", check.startedAt)
            json.field("fin", check.finishedAt)
            json.field("progression", check.state.isFinished ? 100 : check.progress.percent)
            json.advance(check.progress)
            json.field("nombre_constats", check.findingCount)
            json.array("constats", check.findings) { json, finding in
                json.object { json in
                    json.field("code", finding.code)
                    json.field("objet", finding.subject)
                }
            }
            json.problem(check.problem)
        }
    }
}

extension BackupRecord {
    /// Whether it is proven restorable, in one word.
    fileprivate var proofWord: String {
        if drill?.passed == false || verification?.passed == false { return "echec" }
        return provenAt == nil ? "aucune" : "reussie"
    }
}

extension Schema {
    /// What `JSONWriter.backup` writes.
    static let backup: Schema = {
        let count = Schema.object([
            .required("elements", .integer), .required("elements_total", .integer), .required("octets", .integer),
            .required("octets_total", .integer),
        ])
        let problem = Schema.nullable(
            .object([
                .required("code", .choice(BackupProblem.Code.allCases.map(\.rawValue))),
                .required("detail", .string()),
            ]))
        let proof = Schema.nullable(
            .object([.required("date", .time), .required("resultat", .choice(["reussie", "echec"]))]))
        let check = Schema.object([
            .required("id", .uuid), .required("type", .choice(["verification", "exercice"])),
            .required("statut", .choice(BackupCheck.State.allCases.map(\.documentName))),
            .required("echantillon", .nullable(.integer)), .required("demande_par", .nullable(.uuid)),
            .required("date", .time), .required("debut", .nullable(.time)), .required("fin", .nullable(.time)),
            .required("progression", .integer), .required("avancement", count),
            .required("nombre_constats", .integer),
            .required(
                "constats", .array(.object([.required("code", .string()), .required("objet", .string())])),
                "The first hundred"), .required("probleme", problem),
        ])
        return .object([
            .required("id", .uuid), .required("type", .choice(BackupKind.allCases.map(\.rawValue))),
            .required("cible_id", .nullable(.uuid)), .required("forme", .choice(BackupForm.allCases.map(\.rawValue))),
            .required("mode", .choice(BackupModeWord.allCases.map(\.rawValue))),
            .required("base_id", .nullable(.uuid), "What an increment stands on"),
            .required("statut", .choice(BackupState.allCases.map(\.documentName))),
            .required("annulation_demandee", .boolean), .required("progression", .integer, "Percent"),
            .required("avancement", count), .required("contenu", .any, "The document's versionMetadata, and counts"),
            .required("chemin", .nullable(.string()), "Where the archive lies"), .required("date", .time),
            .required("debut", .nullable(.time)), .required("fin", .nullable(.time)),
            .required("tentatives", .integer),
            .required(
                "declencheur",
                .object([
                    .required("type", .choice(["personne", "programme"])), .optional("user_id", .nullable(.uuid)),
                    .optional("programme_id", .uuid),
                ])), .required("moment", .nullable(.time), "The one moment that the archive shows"),
            .required("octets", .nullable(.integer)), .required("manifeste_sha256", .nullable(.string())),
            .required("probleme", problem), .required("verification", proof), .required("exercice", proof),
            .required("preuve", .choice(["aucune", "reussie", "echec"])),
            .required("last_proven_restorable", .nullable(.time)),
            .optional(
                "volumes",
                .array(
                    .object([
                        .required("numero", .integer), .required("nom", .string()), .required("octets", .integer),
                        .required("sha256", .string()),
                    ]))), .optional("controles", .array(check)),
        ])
    }()
}
