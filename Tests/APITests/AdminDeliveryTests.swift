import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct AdminDeliveryTests {
    private static let settings: VaultSettings = {
        var settings = VaultSettings()
        settings.deliveries.targets = [.checkpointWebhook, .exportDirectory]
        return settings
    }()

    @Test func deliveriesAreListedAndTriedAgain() async throws {
        try await withService(vault: Self.settings) { service in
            let admin = try await service.person("Ad", "Min", role: .admin)
            _ = try await service.world.core.sequencer.makeCheckpoint()
            let list = try await admin.client.get("/api/admin/deliveries?state=waiting&target=checkpoint_webhook")
            #expect(list.status == 200, "\(list.text)")
            let example = try JSONValue(
                parsing: """
                    {"deliveries":[{"id":"uuid","target":"checkpoint_webhook","reference":"3","tree_size":3,
                      "schedule_id":null,"period_start":null,"state":"waiting","attempts":0,
                      "created_at":"2024-10-26T15:00:00Z","next_attempt_at":"2024-10-26T15:00:00Z",
                      "given_up_at":"2024-10-29T15:00:00Z","attempted_at":null,"ended_at":null,"failure":null,
                      "failure_status":null,"file_name":null,"event_count":null,"sha256":null}],"next_cursor":null}
                    """)
            #expect(differences(try list.json(), from: example) == [])
            guard case .string(let id)? = try list.member("deliveries", "0", "id") else {
                Issue.record("no delivery")
                return
            }
            let retried = try await admin.client.post("/api/admin/deliveries/\(id)/retry", json: "{}")
            #expect(retried.status == 202 && retried.text("state") == "waiting", "\(retried.text)")
            #expect(try await admin.client.get("/api/admin/deliveries?state=failed").text.contains("\"deliveries\":[]"))
            #expect(try await admin.client.get("/api/admin/deliveries?state=lost").status == 400)
            #expect(try await admin.client.get("/api/admin/deliveries?cursor=x").status == 400)
            let unknown = "01925b2e-7c00-7000-8000-000000000000"
            let missing = try await admin.client.post("/api/admin/deliveries/\(unknown)/retry", json: "{}")
            #expect(missing.status == 404 && missing.code == "delivery_not_found")
        }
    }

    @Test func scheduledExportsAreKept() async throws {
        try await withService(vault: Self.settings) { service in
            let admin = try await service.person("Ad", "Min", role: .admin)
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let body = #"{"name":"Journal du mois","target":"export_directory","interval":"monthly","hour":3}"#
            let made = try await admin.client.post("/api/admin/journal/exports", json: body)
            #expect(made.status == 201 && made.text("next_at") == "2024-11-01T03:00:00Z", "\(made.text)")
            let id = made.text("id")
            let listed = try await auditor.client.get("/api/admin/journal/exports")
            #expect(listed.status == 200 && listed.text.contains("Journal du mois"))
            #expect(try await auditor.client.post("/api/admin/journal/exports", json: body).status == 403)
            let changed = try await admin.client.put(
                "/api/admin/journal/exports/\(id)",
                json: #"{"name":"Hebdo","target":"export_directory","interval":"weekly","action":"file_viewed"}"#)
            #expect(changed.status == 200 && changed.text("interval") == "weekly", "\(changed.text)")
            for bad in [
                "{}", #"{"name":"x","target":"/etc/passwd","interval":"daily"}"#,
                #"{"name":"x","target":"export_directory","interval":"hourly"}"#,
                #"{"name":"x","target":"export_directory","interval":"daily","hour":24}"#,
                #"{"name":"x","target":"export_directory","interval":"daily","user":"me"}"#,
                #"{"name":"x","target":"checkpoint_mail","interval":"daily"}"#,
            ] {
                #expect(try await admin.client.post("/api/admin/journal/exports", json: bad).status == 400, "\(bad)")
            }
            let elsewhere = try await admin.client.post(
                "/api/admin/journal/exports", json: #"{"name":"x","target":"export_webhook","interval":"daily"}"#)
            #expect(elsewhere.status == 409 && elsewhere.code == "target_not_configured")
            #expect(try await admin.client.delete("/api/admin/journal/exports/\(id)").status == 200)
            #expect(try await admin.client.delete("/api/admin/journal/exports/\(id)").status == 404)
        }
    }
}
