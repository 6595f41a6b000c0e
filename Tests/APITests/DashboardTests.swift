import HTTP
import Testing
import Vault
import VaultTesting

/// The dashboard, over the socket, against the examples of requirements/1.
@Suite struct DashboardTests {
    @Test func theFiguresHaveTheDocumentedShape() async throws {
        try await withService(vault: .monthLongSessions) { service in
            let alex = try await service.person()
            let empty = try await alex.client.get("/api/dashboard/stats")
            #expect(try empty.member("total_files_change") == .string("+0 this week"))
            #expect(try empty.member("trash_auto_delete") == .string("30d"))
            for number in 0..<3 { try await alex.client.put("12345", at: "\(number).txt") }
            let trashed = try await alex.client.put("12345", at: "old.txt").text("id")
            #expect(try await alex.client.delete("/api/files/\(trashed)").status == 200)
            service.world.clock.advance(seconds: 2 * 86_400)
            let answer = try await alex.client.get("/api/dashboard/stats")
            let example = try JSONValue(
                parsing: """
                    {"total_files":1284,"total_files_change":"+24 this week","storage_used":"15.2 GB",
                     "storage_percentage":75,"shared_files":342,"shared_files_change":"+8 this week","trash_items":5,
                     "trash_auto_delete":"28d"}
                    """)
            #expect(answer.status == 200)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try answer.member("total_files") == .integer(3))
            #expect(try answer.member("total_files_change") == .string("+4 this week"))
            #expect(try answer.member("storage_used") == .string("15 B"))
            #expect(try answer.member("shared_files") == .integer(0))
            #expect(try answer.member("trash_items") == .integer(1))
            #expect(try answer.member("trash_auto_delete") == .string("28d"))
            service.world.clock.advance(seconds: 7 * 86_400)
            let later = try await alex.client.get("/api/dashboard/stats")
            #expect(try later.member("total_files_change") == .string("-4 this week"))
        }
    }

    @Test func theFeedHasTheDocumentedShape() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let folder = try await alex.client.folder("Team")
            try await service.grant(folder, to: sarah, by: alex)
            try await sarah.client.put("jpg", at: "Hero_Banner_v4.jpg", in: folder)
            service.world.clock.advance(seconds: 600)
            let answer = try await alex.client.get("/api/dashboard/activity?limit=6")
            let example = try JSONValue(
                parsing: """
                    {"activities":[{"id":"uuid","user":{"id":"uuid","name":"Sarah M.","initials":"SM","avatar_url":null,
                      "color":"#ec4899"},"action":"uploaded","target":"Hero_Banner_v4.jpg","target_id":"uuid",
                      "time":"10 min ago","created_at":"2024-10-26T14:30:00Z"}]}
                    """)
            #expect(answer.status == 200)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try answer.member("activities", "0", "user", "name") == .string("Sarah M."))
            #expect(try answer.member("activities", "0", "user", "initials") == .string("SM"))
            #expect(try answer.member("activities", "0", "action") == .string("uploaded"))
            #expect(try answer.member("activities", "0", "target") == .string("Hero_Banner_v4.jpg"))
            #expect(try answer.member("activities", "0", "time") == .string("10 min ago"))
            #expect(try answer.member("activities", "1", "action") == .string("created folder"))
            for number in 0..<8 { try await alex.client.put("x", at: "\(number)") }
            #expect(try await alex.client.get("/api/dashboard/activity").member("activities", "5") != nil)
            #expect(try await alex.client.get("/api/dashboard/activity").member("activities", "6") == nil)
        }
    }

    @Test func quickAccessHasTheDocumentedShape() async throws {
        try await withService(vault: .monthLongSessions) { service in
            let alex = try await service.person()
            let opened = try await alex.client.put("x", at: "opened.pdf").text("id")
            let node = try #require(NodeID(opened))
            let principal = try await service.world.vault.sessions.authenticate(alex.token, from: .local)
            _ = try await service.world.vault.open(node, for: .view, as: principal)
            service.world.clock.advance(seconds: 26 * 3_600)
            try await alex.client.put("one", at: "Project_Brief_v3.docx")
            try await alex.client.put("two", at: "Project_Brief_v3.docx")
            service.world.clock.advance(seconds: 600)
            for _ in 0..<2 { _ = try await alex.client.get("/api/files/\(opened)") }
            let answer = try await alex.client.get("/api/dashboard/quick-access?limit=4")
            let example = try JSONValue(
                parsing: """
                    {"files":[{"id":"uuid","name":"Project_Brief_v3.docx","icon":"description",
                      "icon_color":"text-blue-400","icon_bg":"bg-blue-500/10","subtitle":"Edited 10m ago",
                      "is_owner":true}]}
                    """)
            #expect(answer.status == 200)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try answer.member("files", "0", "subtitle") == .string("Edited 10m ago"))
            #expect(try answer.member("files", "0", "icon_color") == .string("text-blue-400"))
            #expect(try answer.member("files", "0", "icon_bg") == .string("bg-blue-500/10"))
            #expect(try answer.member("files", "1", "subtitle") == .string("Opened yesterday"))
            for number in 0..<5 { try await alex.client.put("x", at: "\(number)") }
            #expect(try await alex.client.get("/api/dashboard/quick-access").member("files", "3") != nil)
            #expect(try await alex.client.get("/api/dashboard/quick-access").member("files", "4") == nil)
        }
    }

    @Test func theTeamHasTheDocumentedShapeAndKnowsWhoIsOnline() async throws {
        try await withService { service in
            let alex = try await service.person()
            service.world.clock.advance(seconds: 1)
            let sarah = try await service.person("Sarah", "Miller")
            service.world.clock.advance(seconds: 1)
            let john = try await service.person("John", "Doe")
            _ = try await sarah.client.put("/api/user/profile", json: #"{"title":"Designer"}"#)
            try await sarah.client.put("x", at: "a.txt")
            let answer = try await alex.client.get("/api/dashboard/team")
            let example = try JSONValue(
                parsing: """
                    {"members":[{"id":"uuid","name":"Sarah Miller","initials":"SM","color":"#ec4899","role":"Designer",
                      "files_count":156,"is_online":true}],"online_count":3}
                    """)
            #expect(answer.status == 200)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try answer.member("members", "0", "name") == .string("Sarah Miller"))
            #expect(try answer.member("members", "0", "role") == .string("Designer"))
            #expect(try answer.member("members", "0", "files_count") == .integer(1))
            #expect(try answer.member("members", "1", "role") == .string("member"))
            #expect(try answer.member("members", "2") == nil)
            #expect(try answer.member("online_count") == .integer(2))

            #expect(try await john.client.post("/api/auth/logout", json: "{}").status == 200)
            service.world.clock.advance(seconds: 299)
            _ = try await sarah.client.get("/api/me")
            try await service.world.core.presence.flush()
            service.world.clock.advance(seconds: 10)
            #expect(try await service.world.core.presence.expire() == 1)
            let later = try await alex.client.get("/api/dashboard/team?limit=1")
            #expect(try later.member("members", "0", "is_online") == .boolean(true))
            #expect(try later.member("online_count") == .integer(1))
            let rest = try await alex.client.get("/api/dashboard/team?cursor=\(later.text("next_cursor"))")
            #expect(try rest.member("members", "0", "name") == .string("John Doe"))
            #expect(try rest.member("members", "0", "is_online") == .boolean(false))
            #expect(try rest.member("next_cursor") == .null)
            #expect(try await alex.client.get("/api/dashboard/team?cursor=x").status == 400)
        }
    }
}
