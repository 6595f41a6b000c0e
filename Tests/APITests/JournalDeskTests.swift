import Crypto
import Database
import Foundation
import HTTP
import Journal
import Testing
import Vault
import VaultTesting

/// What people who read the journal work with: filters, search, lines, exports, saved filters, proofs of documents.
@Suite struct JournalDeskTests {
    private func sequences(_ client: HTTPTestClient, _ query: String) async throws -> [Int64] {
        let answer = try await client.get("/api/journal?\(query)")
        guard answer.status == 200, case .array(let entries)? = try answer.member("entrees") else {
            Issue.record("\(query): \(answer.status) \(answer.text)")
            return []
        }
        return try entries.map { try $0.integer("sequence") }
    }

    // MARK: Filters

    @Test func everyFilterFindsWhatItNamesInBothSpellings() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            let eve = try await service.person("Eve", "Dropper")
            let folder = try await alex.client.folder("Contrats")
            let inner = try await alex.client.folder("2025", in: folder)
            let file = try await alex.client.put("x", at: "ContratRH.pdf", in: inner).text("id")
            let other = try await alex.client.put("y", at: "Été.txt").text("id")
            _ = try await alex.client.get("/api/files/\(file)/download")
            _ = try await eve.client.get("/api/files/\(file)")
            _ = try await service.anyone.post(
                "/api/auth/login", json: #"{"email":"no.body@cloudspace.com","password":"12345678"}"#)
            // What was in the folder is found there, wherever it went.
            _ = try await alex.client.post("/api/files/\(file)/move", json: #"{"destination_id":null}"#)
            let space = alex.account.space.description

            let all = try await service.world.database.read { snapshot in
                try snapshot.all(
                    "SELECT sequence, action, actor_id, target_id, outcome, actor_kind, target_kind FROM journal_events"
                ) { row in
                    (
                        sequence: row.integer(0), action: row.text(1), actor: row.optionalUUID(2),
                        target: row.optionalUUID(3), outcome: row.integer(4), kind: row.integer(5),
                        type: row.optionalText(6)
                    )
                }
            }
            func expected(
                _ isWanted: (
                    (action: String, actor: UInt128?, target: UInt128?, outcome: Int64, kind: Int64, type: String?)
                ) -> Bool
            ) -> [Int64] {
                all.filter { isWanted(($0.action, $0.actor, $0.target, $0.outcome, $0.kind, $0.type)) }.map(\.sequence)
                    .sorted(by: >)
            }
            let eveID = eve.account.id.value
            let fileID = try #require(NodeID(file)).value
            let inFolder = try [folder, inner, file].map { try #require(NodeID($0)).value }
            let wanted: [(String, [Int64])] = [
                ("user=\(eve.id)", expected { $0.actor == eveID }),
                ("utilisateur=\(eve.id)", expected { $0.actor == eveID }),
                ("cible=\(file)", expected { $0.target == fileID }),
                (
                    "action=file_uploaded,folder_created",
                    expected { $0.action == "file_uploaded" || $0.action == "folder_created" }
                ),
                (
                    "action=file_uploaded&action=folder_created",
                    expected { $0.action == "file_uploaded" || $0.action == "folder_created" }
                ),
                ("type=dossier", expected { $0.type == "dossier" }),
                ("cible_type=folder", expected { $0.type == "dossier" }),
                ("outcome=refused", expected { $0.outcome == 2 }), ("resultat=refuse", expected { $0.outcome == 2 }),
                ("actor=anonymous", expected { $0.kind == 4 }), ("acteur=anonyme", expected { $0.kind == 4 }),
                ("space=\(space)&action=file_downloaded", expected { $0.action == "file_downloaded" }),
                ("espace=\(space)&resultat=refused", expected { $0.action == "access_refused" }),
                ("folder=\(folder)", expected { inFolder.contains($0.target ?? 0) }),
                (
                    "dossier=\(folder)&user=\(alex.id)",
                    expected { inFolder.contains($0.target ?? 0) && $0.actor != eveID }
                ),
            ]
            for (query, numbers) in wanted {
                #expect(try await sequences(auditor.client, query + "&limit=1000") == numbers, "\(query)")
                #expect(!numbers.isEmpty, "\(query) shows nothing")
            }
            #expect(try await sequences(auditor.client, "address=192.0.2.77") == [])
            #expect(try await sequences(auditor.client, "adresse=127.0.0.1&action=file_downloaded").count == 1)
            #expect(try await sequences(auditor.client, "last=1h&action=file_downloaded").count == 1)
            service.world.clock.advance(seconds: 7_200)
            #expect(try await sequences(auditor.client, "derniers=1h&action=file_downloaded") == [])
            #expect(try await sequences(auditor.client, "last=7j&action=file_downloaded").count == 1)

            // Names and details, whatever their case and accents.
            #expect(try await sequences(auditor.client, "q=contratrh").count >= 3)
            #expect(try await sequences(auditor.client, "recherche=ETE.TXT&cible=\(other)").count == 1)
            #expect(try await sequences(auditor.client, "q=nowhere") == [])
            for bad in [
                "outcome=good", "actor=me", "type=thing", "folder=\(NodeID(1))", "folder=\(file)", "last=soon",
                "last=1h&from=2024-01-01", "user=\(alex.id)&user=\(eve.id)", "q=" + String(repeating: "x", count: 201),
                "action=" + (0..<21).map { "a\($0)" }.joined(separator: ","), "format=xml", "langue=de",
            ] {
                let status = try await auditor.client.get("/api/journal?\(bad)").status
                #expect(status == (bad.hasPrefix("folder") ? 404 : 400), "\(bad): \(status)")
            }
        }
    }

    @Test func aSearchSaysHowFarItLookedAndGoesOnWithoutHoles() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            for number in 0..<30 {
                try await alex.client.put("x", at: number % 5 == 0 ? "contrat \(number)" : "autre \(number)")
            }
            let all = try await sequences(auditor.client, "q=contrat&action=file_uploaded")
            #expect(all.count == 6)
            var found: [Int64] = []
            var cursor = ""
            var pages = 0
            while pages < 20 {
                let page = try await auditor.client.get("/api/journal?q=contrat&action=file_uploaded&limit=2\(cursor)")
                pages += 1
                guard case .array(let entries)? = try page.member("entrees") else { break }
                found += try entries.map { try $0.integer("sequence") }
                guard case .integer(let next)? = try page.member("curseur") else {
                    #expect(try page.member("parcouru", "complet") == .boolean(true))
                    break
                }
                #expect(try page.member("parcouru", "complet") == .boolean(false))
                cursor = "&cursor=\(next)"
            }
            #expect(found == all)
            // What was searched for may be a name, so it rests sealed; who may read the journal sees it.
            let reads = try await auditor.client.get("/api/journal?action=journal_read&limit=1")
            #expect(try reads.member("entrees", "0", "details", "q") == .string("contrat"))
            let clear = try await service.world.database.read { snapshot in
                try snapshot.all("SELECT details FROM journal_events WHERE action = 'journal_read'") {
                    String(decoding: $0.bytes(0), as: UTF8.self)
                }
            }
            #expect(clear.allSatisfy { !$0.contains("contrat") })
        }
    }

    // MARK: Lines

    @Test func linesReadAsTheDocumentShowsThem() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            let eve = try await service.person("Eve", "Dropper")
            let moment = try #require(Timestamp.parse(iso8601: "2025-06-01T15:22:41Z"))
            service.world.clock.advance(milliseconds: moment.milliseconds - World.start.milliseconds)
            let alexClient = service.anyone.signedIn(
                try await service.world.vault.sessions.open(alex.account.id, from: .local).token)
            let auditorClient = service.anyone.signedIn(
                try await service.world.vault.sessions.open(auditor.account.id, from: .local).token)
            let eveClient = service.anyone.signedIn(
                try await service.world.vault.sessions.open(eve.account.id, from: .local).token)
            let id = try await alexClient.put("x", at: "ContratRH.pdf").text("id")
            _ = try await eveClient.get("/api/files/\(id)")
            _ = try await alexClient.put("/api/files/\(id)/star", json: "{}")
            let cabinet = try await alexClient.post("/api/drive/folders", json: #"{"name":"RH","kind":"armoire"}"#)
            let lines = try await auditorClient.get("/api/journal?format=texte&target=\(id)")
            #expect(lines.headers.first("Content-Type") == "text/plain; charset=utf-8")
            #expect(lines.headers.first("Content-Language") == "fr")
            #expect(
                lines.text == """
                    [2025-06-01 15:22] – user_id=\(alex.id) a ajouté aux favoris le fichier ID=\(id) “ContratRH.pdf”
                    [2025-06-01 15:22] – user_id=\(eve.id) s’est vu refuser l’accès au fichier ID=\(id)
                    [2025-06-01 15:22] – user_id=\(alex.id) a déposé le fichier ID=\(id) “ContratRH.pdf”

                    """)
            let line = try await auditorClient.get("/api/journal?format=texte&target=\(cabinet.text("id"))")
            #expect(
                line.text.contains("a créé l’armoire ID=\(cabinet.text("id")) “RH”"), "\(cabinet.text) \(line.text)")
            let english = try await auditorClient.get(
                "/api/journal?format=texte&langue=en&target=\(id)&action=file_uploaded")
            #expect(
                english.text
                    == "[2025-06-01 15:22] – user_id=\(alex.id) uploaded the file ID=\(id) “ContratRH.pdf”\n")
            _ = try await alexClient.delete("/api/files/\(id)")
            _ = try await alexClient.delete("/api/trash/\(id)")
            let deleted = try await auditorClient.get("/api/journal?format=texte&target=\(id)&action=file_deleted")
            // The name went with the key.
            #expect(deleted.text == "[2025-06-01 15:22] – user_id=\(alex.id) a supprimé le fichier ID=\(id)\n")
            let first = try await auditorClient.get("/api/journal?format=texte&limit=1&target=\(id)")
            let link = try #require(first.headers.first("Link"))
            let next = try await auditorClient.get(String(link.dropFirst().prefix { $0 != ">" }))
            #expect(next.text.split(separator: "\n").count == 1)
            #expect(next.text != first.text)
        }
    }

    // MARK: Saved filters

    @Test func filtersAreKeptForWhoSavedThem() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let admin = try await service.person("Ada", "Min", role: .admin)
            let alex = try await service.person()
            try await alex.client.put("x", at: "Contrat secret.pdf")
            let made = try await auditor.client.post(
                "/api/journal/filtres",
                json:
                    #"{"nom":"Dépôts secrets","filtre":{"recherche":"secret","action":["file_uploaded"],"derniers":"7j"}}"#
            )
            #expect(made.status == 201, "\(made.text)")
            #expect(try made.member("filtre", "q") == .string("secret"))
            let id = made.text("id")
            #expect(try await sequences(auditor.client, "filtre=\(id)").count == 1)
            // What the query says goes before what is saved.
            #expect(try await sequences(auditor.client, "filtre=\(id)&q=contrat").count == 1)
            #expect(try await sequences(auditor.client, "filtre=\(id)&action=file_renamed") == [])
            let export = try await auditor.client.get("/api/journal/export?filtre=\(id)")
            var verifier = ExportVerifier()
            try verifier.take(export.body)
            #expect(try verifier.finish().eventCount == 1)

            #expect(try await admin.client.get("/api/journal/filtres").member("filtres") == .array([]))
            #expect(try await admin.client.get("/api/journal?filtre=\(id)").status == 404)
            #expect(try await admin.client.delete("/api/journal/filtres/\(id)").status == 404)
            #expect(
                try await admin.client.put("/api/journal/filtres/\(id)", json: #"{"nom":"a","filtre":{}}"#).status
                    == 404)
            let changed = try await auditor.client.put(
                "/api/journal/filtres/\(id)", json: #"{"name":"Refus","filter":{"outcome":"refused"}}"#)
            #expect(changed.text("nom") == "Refus")
            #expect(
                try await auditor.client.get("/api/journal/filtres").member("filtres", "0", "nom") == .string("Refus"))
            for body in [
                #"{"nom":"","filtre":{}}"#, #"{"nom":"a"}"#, #"{"nom":"a","filtre":{"colour":"red"}}"#,
                #"{"nom":"a","filtre":{"outcome":"good"}}"#, #"{"nom":"a","filtre":{"from":5}}"#,
            ] {
                #expect(try await auditor.client.post("/api/journal/filtres", json: body).status == 400, "\(body)")
            }
            for number in 1..<100 {
                _ = try await auditor.client.post("/api/journal/filtres", json: #"{"nom":"\#(number)","filtre":{}}"#)
            }
            let oneMore = try await auditor.client.post("/api/journal/filtres", json: #"{"nom":"101","filtre":{}}"#)
            #expect(oneMore.status == 409)
            #expect(oneMore.code == "too_many_filters")
            #expect(try await auditor.client.delete("/api/journal/filtres/\(id)").status == 200)
            #expect(try await auditor.client.get("/api/journal?filtre=\(id)").status == 404)
        }
    }

    @Test func whoMayNotReadTheJournalIsRefusedAndThatIsInIt() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            let targets = [
                "/api/journal", "/api/journal?format=texte", "/api/journal/export?format=csv",
                "/api/journal/export?format=pdf", "/api/journal/filtres", "/api/journal/proof?leaf=0",
            ]
            for target in targets { #expect(try await alex.client.get(target).status == 403, "\(target)") }
            let refused = try await auditor.client.get("/api/journal?user=\(alex.id)&action=access_refused")
            guard case .array(let entries)? = try refused.member("entrees") else { return }
            #expect(entries.count == 4)
        }
    }

    // MARK: Proofs of documents

    @Test func whoMayReadAFileGetsItsProof() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            let id = try await alex.client.put("one", at: "ContratRH.pdf").text("id")
            _ = try await alex.client.raw("/api/fichiers/\(id)/version", Array("three".utf8))
            _ = try await alex.client.post("/api/fichiers/\(id)/versions/1/restaurer")
            let answer = try await alex.client.get("/api/fichiers/\(id)/preuve")
            #expect(answer.status == 200)
            #expect(answer.headers.first("Content-Disposition") == "attachment; filename=\"preuve-\(id).json\"")
            #expect(!answer.text.contains("ContratRH"))
            var verifier = DocumentProofVerifier(key: try service.world.journal.verifierKey())
            try verifier.take(answer.body)
            let report = try verifier.finish()
            #expect(report.file == id)
            #expect(report.eventCount == 3)
            #expect(report.newest == ProvenVersion(number: 3, sha256: SHA256Hash.of(Array("one".utf8)), size: 3))
            #expect(
                try answer.member("events", "1", "sha256") == .string(Hex.encode(SHA256Hash.of(Array("three".utf8)))))
            let issued = try await auditor.client.get("/api/journal?target=\(id)&action=receipt_issued")
            #expect(try issued.member("entrees", "0", "user_id") == .string(alex.id))

            // Asking again signs nothing new.
            let checkpoints = "SELECT COUNT(*) FROM journal_checkpoints" as SQL
            let before = try await service.world.database.read { try $0.first(checkpoints) { $0.integer(0) } }
            _ = try await alex.client.get("/api/fichiers/\(id)/preuve")
            #expect(try await service.world.database.read { try $0.first(checkpoints) { $0.integer(0) } } == before)
            let folder = try await alex.client.folder("Plans")
            #expect(try await alex.client.get("/api/fichiers/\(folder)/preuve").status == 400)
        }
    }
}

extension String {
    var percentEncoded: String {
        addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
