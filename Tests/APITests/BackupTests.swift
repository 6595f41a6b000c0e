import Backup
import BlobStore
import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct BackupTests {
    @Test func aBackupFromTheRequestToTheDownload() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let asked = try await admin.client.post("/api/sauvegardes", json: #"{"type":"systeme"}"#)
            #expect(asked.status == 202, "\(asked.text)")
            #expect(asked.text("statut") == "en_attente")
            #expect(asked.text("forme") == "scellee")
            #expect(asked.text("mode") == "complete")
            #expect(try asked.member("progression") == .integer(0))
            #expect(try asked.member("contenu", "nom") == .string("Sauvegarde système"))
            #expect(try asked.member("contenu", "version_number") == .integer(1))
            #expect(try asked.member("declencheur", "user_id") == .string(admin.id))
            let path = "/api/sauvegardes/\(asked.text("id"))"
            let early = try await admin.client.get("\(path)/archive")
            #expect(early.status == 409)
            #expect(early.code == "backup_not_completed")

            service.backups.archives.makeVolumes(2)
            try await service.backups.work()
            let made = try await admin.client.get(path)
            #expect(made.text("statut") == "terminee")
            #expect(try made.member("progression") == .integer(100))
            #expect(try made.member("contenu", "nombre_fichiers") == .integer(3))
            #expect(try made.member("volumes", "1", "numero") == .integer(2))
            #expect(made.text("preuve") == "aucune")
            #expect(made.text("chemin").hasSuffix("/\(asked.text("id"))/"))

            let which = try await admin.client.get("\(path)/archive")
            #expect(which.status == 400)
            #expect(which.code == "volume_needed")
            let volume = try await admin.client.get("\(path)/archive?volume=2")
            #expect(volume.status == 200)
            #expect(volume.text.hasPrefix("volume 2 of \(asked.text("id"))\n"))
            #expect(volume.headers.first("Content-Type") == "application/zip")
            #expect(
                volume.headers.first("Content-Disposition")?.hasPrefix("attachment; filename=\"sauvegarde-systeme-")
                    == true)
            let tag = try #require(volume.headers.first("ETag"))
            let part = try await admin.client.send(
                .get, "\(path)/archive?volume=2", headers: [("Range", "bytes=7-7"), ("If-Range", tag)])
            #expect(part.status == 206)
            #expect(part.text == "2")
            let same = try await admin.client.send(
                .get, "\(path)/archive?volume=2", headers: [("If-None-Match", tag)])
            #expect(same.status == 304)
            #expect(try await admin.client.get("\(path)/archive?volume=3").code == "volume_needed")
        }
    }

    @Test func refusalsAreSaidInBothLanguagesWithWhatToDo() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let file = try await admin.client.put("content", at: "a.txt").text("id")
            let french = admin.client.with("Accept-Language", "fr")
            for (body, status, code) in [
                (#"{"type":"camion"}"#, 400, "invalid_field"), (#"{}"#, 400, "invalid_field"),
                (#"{"type":"dossier","cible_id":"\#(file)"}"#, 400, "wrong_target_kind"),
                (#"{"type":"fichier","cible_id":"nonsense"}"#, 404, "file_not_found"),
                (#"{"type":"espace","cible_id":"\#(file)"}"#, 404, "space_not_found"),
                (#"{"type":"systeme","mode":"incrementale"}"#, 409, "no_base"),
                (#"{"type":"systeme","mot_de_passe":"x"}"#, 400, "password_not_used"),
                (#"{"type":"systeme","forme":"portable"}"#, 400, "password_needed"),
                (#"{"type":"systeme","forme":"portable","mot_de_passe":"short"}"#, 400, "password_too_short"),
                (#"{"type":"systeme","forme":"portable","mot_de_passe":"long enough it is"}"#, 400, "reason_needed"),
            ] {
                let answer = try await admin.client.post("/api/sauvegardes", json: body)
                #expect(answer.status == status, "\(body): \(answer.text)")
                #expect(answer.code == code, "\(body): \(answer.text)")
                let other = try await french.post("/api/sauvegardes", json: body)
                #expect(other.error != nil && (other.error != answer.error), "\(body)")
            }
            #expect(try await admin.client.get("/api/sauvegardes/nonsense").code == "backup_not_found")
            #expect(try await admin.client.get("/api/sauvegardes?statut=perdue").status == 400)
            #expect(try await admin.client.get("/api/sauvegardes?curseur=x").status == 400)
            #expect(try await admin.client.get("/api/sauvegardes?from=yesterday").status == 400)
        }
    }

    /// One's own files leave without a reason; nobody is told of what they did themselves.
    @Test func anAdministratorMayExportTheirOwnFiles() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let file = try await admin.client.put("content", at: "a.txt").text("id")
            let asked = try await admin.client.post(
                "/api/sauvegardes",
                json: #"{"type":"fichier","cible_id":"\#(file)","forme":"portable","mot_de_passe":"long enough it is"}"#
            )
            #expect(asked.status == 202, "\(asked.text)")
            #expect(try asked.member("contenu", "nom") == .string("a.txt"))
            #expect(try asked.member("contenu", "type_mime") == .string("text/plain"))
            #expect(try asked.member("contenu", "taille") == .integer(7))
            #expect(!asked.text.contains("long enough"))
        }
    }

    @Test(arguments: [Role.contributeur, .lecteur, .auditeur])
    func nobodyElseReachesBackups(_ role: Role) async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let other = try await service.person("Ot", "Her", role: role)
            let id = try await admin.client.post("/api/sauvegardes", json: #"{"type":"systeme"}"#).text("id")
            try await service.backups.work()
            for route in service.application.routes.all where route.pattern.hasPrefix("/api/sauvegardes") {
                let path = route.pattern.replacing("{id}", with: id)
                let answer = try await other.client.send(
                    route.method, path, headers: [("Content-Type", "application/json")], body: Array("{}".utf8))
                #expect(answer.status == 403, "\(route.method) \(path): \(answer.status) \(answer.text)")
                let nobody = try await service.anyone.send(route.method, path)
                #expect(nobody.status == 401, "\(route.method) \(path): \(nobody.status)")
            }
            #expect(try await admin.client.get("/api/sauvegardes/\(id)").text("statut") == "terminee")
        }
    }

    @Test func theListIsPagedAndFiltered() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            for _ in 0..<5 {
                service.world.clock.advance(milliseconds: 1)
                _ = try await admin.client.post("/api/sauvegardes", json: #"{"type":"systeme"}"#)
            }
            let first = try await admin.client.get("/api/sauvegardes?limit=3")
            guard case .array(let page)? = try first.member("sauvegardes") else { return #expect(Bool(false)) }
            #expect(page.count == 3)
            let rest = try await admin.client.get("/api/sauvegardes?limit=3&curseur=\(first.text("curseur"))")
            guard case .array(let others)? = try rest.member("sauvegardes") else { return #expect(Bool(false)) }
            #expect(others.count == 2)
            #expect(try rest.member("curseur") == .null)
            #expect(
                try await admin.client.get("/api/sauvegardes?statut=terminee").member("sauvegardes") == .array([]))
            let mine = try await admin.client.get("/api/sauvegardes?declencheur=personne&type=systeme&mode=complete")
            guard case .array(let all)? = try mine.member("sauvegardes") else { return #expect(Bool(false)) }
            #expect(all.count == 5)
        }
    }

    @Test func theStreamFollowsABackupToItsEnd() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let id = try await admin.client.post("/api/sauvegardes", json: #"{"type":"systeme"}"#).text("id")
            async let stream = admin.client.get("/api/sauvegardes/\(id)/evenements")
            try await service.backups.work()
            let events = try await stream
            #expect(events.headers.first("Content-Type") == "text/event-stream; charset=utf-8")
            #expect(events.text.hasPrefix("retry: 3000\n\n"))
            #expect(events.text.contains("\"statut\":\"terminee\""))
            #expect(events.text.hasSuffix("event: fin\ndata: {}\n\n"))
            let again = try await admin.client.send(
                .get, "/api/sauvegardes/\(id)", headers: [("Accept", "text/event-stream")])
            #expect(again.text.hasSuffix("event: fin\ndata: {}\n\n"))
        }
    }

    @Test func schedulesAreKeptChangedAndEnded() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let path = "/api/sauvegardes/programmes"
            let added = try await admin.client.post(
                path,
                json:
                    #"{"nom":"Nuit","type":"systeme","rythme":"hebdomadaire","jour":7,"heure":2,"complete_toutes_les":4,"garder":{"dernieres":3,"mois":12}}"#
            )
            #expect(added.status == 201, "\(added.text)")
            #expect(added.text("prochaine") == "2024-10-27T02:00:00Z")
            #expect(try added.member("garder", "mois") == .integer(12))
            let id = added.text("id")
            service.world.clock.advance(seconds: 86_400)
            let token = try await service.world.vault.sessions.open(admin.account.id, from: .local).token
            let later = service.anyone.signedIn(token)
            try await service.backups.work()
            let listed = try await later.get(path)
            #expect(try listed.member("programmes", "0", "derniere", "statut") == .string("terminee"))
            #expect(try listed.member("programmes", "0", "prochaine") == .string("2024-11-03T02:00:00Z"))
            let changed = try await later.put(
                "\(path)/\(id)", json: #"{"nom":"Nuit","type":"systeme","rythme":"quotidien","actif":false}"#)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(try changed.member("prochaine") == .null)
            #expect(try await later.post(path, json: #"{"nom":"x","type":"systeme","rythme":"annuel"}"#).status == 400)
            #expect(try await later.post(path, json: #"{"nom":"x","type":"fichier","rythme":"horaire"}"#).status == 400)
            #expect(try await later.delete("\(path)/\(id)").status == 204)
            #expect(try await later.delete("\(path)/\(id)").code == "backup_schedule_not_found")
        }
    }

    @Test func pruningSaysFirstWhatWouldGo() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            for mode in ["complete", "incrementale", "complete"] {
                service.world.clock.advance(seconds: 1)
                _ = try await admin.client.post("/api/sauvegardes", json: #"{"type":"systeme","mode":"\#(mode)"}"#)
                try await service.backups.work()
            }
            let body = #""garder":{"dernieres":1}"#
            let dry = try await admin.client.post("/api/sauvegardes/elagage", json: "{\(body),\"dry_run\":true}")
            #expect(dry.status == 200, "\(dry.text)")
            guard case .array(let would)? = try dry.member("supprimees") else { return #expect(Bool(false)) }
            #expect(would.count == 2)
            let files = try await service.backups.files()
            #expect(files.count == 3)
            let done = try await admin.client.post("/api/sauvegardes/elagage", json: "{\(body)}")
            #expect(done.status == 202)
            #expect(try done.member("supprimees") == dry.member("supprimees"))
            try await service.backups.work()
            let left = try await service.backups.files()
            #expect(left.count == 1)
            let empty = try await admin.client.post("/api/sauvegardes/elagage", json: #"{"garder":{}}"#)
            #expect(empty.status == 400)
        }
    }

    @Test func aVolumeThatIsGoneIsSaid() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let id = try await admin.client.post("/api/sauvegardes", json: #"{"type":"systeme"}"#).text("id")
            try await service.backups.work()
            try await service.backups.store.delete(try #require(ArchiveName("\(id)/0001.zip")))
            let gone = try await admin.client.get("/api/sauvegardes/\(id)/archive")
            #expect(gone.status == 410)
            #expect(gone.code == "archive_gone")
        }
    }

    @Test func metricsTellTheAgeOfTheNewestBackup() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let id = try await admin.client.post("/api/sauvegardes", json: #"{"type":"systeme"}"#).text("id")
            try await service.backups.work()
            service.world.clock.advance(seconds: 60)
            let text = try await service.anyone.get("/metrics").text
            #expect(text.contains("cloudspace_backups{state=\"completed\"} 1\n"))
            #expect(text.contains("cloudspace_backup_age_seconds 60\n"))
            #expect(
                text.contains("cloudspace_backup_last_proven_restorable_timestamp_seconds{backup=\"\(id)\"} 0\n"))
        }
    }
}
