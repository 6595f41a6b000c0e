import Database
import HTTP
import Journal
import Testing
import Vault
import VaultTesting

/// Refused attempts are in the journal: who tried what, and why it was not allowed.
@Suite struct RefusalTests {
    private struct Refused: Equatable, Sendable {
        let actor: AccountID?
        let target: NodeID?
        let address: String?
        let details: String
    }

    private func refusals(_ service: Service) async throws -> [Refused] {
        try await service.world.database.read { snapshot in
            try snapshot.all(
                """
                SELECT actor_id, target_id, address, details FROM journal_events
                WHERE action = 'access_refused' AND outcome = 2 ORDER BY sequence
                """
            ) { row in
                Refused(
                    actor: row.optionalUUID(0).map { AccountID($0) }, target: row.optionalUUID(1).map { NodeID($0) },
                    address: row.optionalText(2), details: String(decoding: row.bytes(3), as: UTF8.self))
            }
        }
    }

    @Test func anAttemptOnSomebodyElsesFileIsJournalledOnceInFiveMinutes() async throws {
        try await withService { service in
            let alex = try await service.person()
            let eve = try await service.person("Eve", "Dropper")
            let id = try await alex.client.put("x", at: "ContratRH.pdf").text("id")
            for _ in 0..<3 { #expect(try await eve.client.get("/api/files/\(id)/download").status == 403) }
            let expected = Refused(
                actor: eve.account.id, target: NodeID(id), address: "127.0.0.1",
                details: #"{"route":"GET /api/files/{id}/download","code":"access_denied"}"#)
            #expect(try await refusals(service) == [expected])

            // The repeats are counted, and told when their time is over.
            service.world.clock.advance(seconds: 301)
            try await service.world.vault.housekeeping.tidy()
            let counted = try await refusals(service)
            #expect(counted.count == 2)
            #expect(
                counted.last?.details
                    == #"{"route":"GET /api/files/{id}/download","code":"access_denied","repeats":2}"#)
            _ = try await eve.client.get("/api/files/\(id)/download")
            #expect(try await refusals(service).count == 3)
        }
    }

    @Test func everyKindOfRefusalHasItsCode() async throws {
        try await withService(limit: 10) { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let alex = try await service.person()
            let reader = try await service.person("Re", "Ader", role: .lecteur)
            let sarah = try await service.person("Sarah", "Miller")
            let id = try await alex.client.put("x", at: "a.txt").text("id")
            _ = try await alex.client.post(
                "/api/files/\(id)/share",
                json: #"{"email":"\#(sarah.account.profile.email.text)","permission":"editor"}"#)
            _ = try await alex.client.put("/api/files/\(id)/lock", json: "{}")

            #expect(try await alex.client.get("/api/journal").status == 403)
            #expect(try await reader.client.post("/api/drive/folders", json: #"{"name":"a"}"#).status == 403)
            #expect(try await sarah.client.put("/api/files/\(id)/rename", json: #"{"name":"b"}"#).status == 423)
            let large = try await alex.client.raw("/api/files/upload?name=b.bin", [UInt8](repeating: 1, count: 100))
            #expect(large.status == 413)
            #expect(
                try await admin.client.put("/api/users/\(admin.id)", json: #"{"role":"lecteur"}"#).status == 409)
            let cookie = service.anyone.with("Cookie", "access_token=\(alex.token)")
            #expect(try await cookie.post("/api/drive/folders", json: #"{"name":"a"}"#).status == 403)
            let codes = try await refusals(service).map { $0.details.split(separator: "\"").suffix(2).first ?? "" }
            #expect(
                codes == [
                    "role_forbids", "role_forbids", "file_locked", "storage_limit_exceeded", "last_administrator",
                    "origin_refused",
                ])
        }
    }

    @Test func whatIsNoAttemptIsNotJournalled() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("x", at: "a.txt").text("id")
            _ = try await alex.client.delete("/api/files/\(id)")
            for target in ["/api/files/\(id)", "/api/files/01925b2e-7c00-7000-8000-000000000000", "/api/files/x"] {
                #expect(try await alex.client.get(target).status == 404)
            }
            #expect(try await service.anyone.get("/api/me").status == 401)
            #expect(try await alex.client.put("/api/files/\(id)/rename", json: "{}").status == 400)
            // Told by the core, in the transaction that refuses.
            let login = #"{"email":"\#(alex.account.profile.email.text)","password":"wrong one"}"#
            #expect(try await service.anyone.post("/api/auth/login", json: login).status == 401)
            #expect(try await refusals(service) == [])
        }
    }

    @Test func somebodyElsesNotificationIsAnAttemptThoughItIsNotFound() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let eve = try await service.person("Eve", "Dropper")
            let id = try await alex.client.put("x", at: "a.txt").text("id")
            _ = try await alex.client.post(
                "/api/files/\(id)/share", json: #"{"email":"\#(sarah.account.profile.email.text)"}"#)
            guard
                case .string(let notice)? = try await sarah.client.get("/api/notifications")
                    .member("notifications", "0", "id")
            else {
                Issue.record("no notification")
                return
            }
            #expect(try await eve.client.put("/api/notifications/\(notice)/read", json: "{}").status == 404)
            #expect(try await refusals(service).map(\.actor) == [eve.account.id])
        }
    }

    @Test func aTokenThatIsNoneIsJournalledOnceForItsNetwork() async throws {
        try await withService { service in
            for token in ["x", "y", "z"] {
                for target in ["/api/me", "/api/drive/contents"] {
                    let answer = try await service.anyone.signedIn(token).get(target)
                    #expect(answer.status == 401)
                }
            }
            let expected = Refused(
                actor: nil, target: nil, address: "127.0.0.1",
                details: #"{"route":"GET /api/me","code":"not_signed_in"}"#)
            #expect(try await refusals(service) == [expected])
        }
    }

    @Test func whoTriesEverythingDoesNotFillTheJournal() async throws {
        try await withService { service in
            let alex = try await service.person()
            let eve = try await service.person("Eve", "Dropper")
            for number in 0..<150 {
                let id = try await alex.client.put("x", at: "\(number).txt").text("id")
                #expect(try await eve.client.get("/api/files/\(id)").status == 403)
            }
            let all = try await refusals(service)
            #expect(all.count == 101)
            #expect(all.last?.details == #"{"route":"*","code":"*"}"#)
            try await service.world.vault.housekeeping.finish()
            #expect(try await refusals(service).last?.details == #"{"route":"*","code":"*","repeats":49}"#)
        }
    }

    /// The refusal gives nothing away; what would be allowed does not happen (decision 0036).
    @Test func withoutAJournalNothingIsAllowedAndRefusalsStand() async throws {
        try await withService { service in
            let alex = try await service.person()
            let eve = try await service.person("Eve", "Dropper")
            let id = try await alex.client.put("x", at: "a.txt").text("id")
            let other = try await alex.client.put("y", at: "b.txt").text("id")
            _ = try await eve.client.get("/api/me")
            service.world.faults.failWrites(with: .full)
            #expect(try await eve.client.get("/api/files/\(id)/download").status == 403)
            for target in ["/api/files/\(id)/download", "/api/files/\(other)/download?inline=true"] {
                let answer = try await alex.client.get(target)
                #expect(answer.status == 507)
                #expect(answer.code == "storage_full")
                #expect(answer.headers.first("Repr-Digest") == nil)
            }
            #expect(try await alex.client.post("/api/drive/download", json: #"{"ids":["\#(id)"]}"#).status == 507)
            #expect(try await alex.client.put("/api/files/\(id)/star", json: "{}").status == 507)
            service.world.faults.heal()
            #expect(try await alex.client.get("/api/files/\(id)/download").text == "x")
            #expect(try await refusals(service) == [])
        }
    }

    /// Counts that could not be written are not lost.
    @Test func repeatsOutliveATimeWithoutAJournal() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("x", at: "a.txt").text("id")
            for _ in 0..<3 { _ = try await alex.client.get("/api/files/\(id)/download") }
            service.world.clock.advance(seconds: 301)
            service.world.faults.failWrites()
            await #expect(throws: DatabaseError.self) { try await service.world.vault.housekeeping.tidy() }
            service.world.faults.heal()
            try await service.world.vault.housekeeping.tidy()
            let counts = try await service.world.database.read { snapshot in
                try snapshot.all("SELECT details FROM journal_events WHERE details IS NOT NULL") {
                    String(decoding: $0.bytes(0), as: UTF8.self)
                }
            }
            #expect(counts == [#"{"repeats":2}"#])
        }
    }
}
