import HTTP
import Testing
import Vault
import VaultTesting

/// Sharing and comments over a real socket, with the words of requirements/1.
@Suite struct SharingTests {
    @Test func sharingHasTheDocumentsShapesAndWords() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let file = try await alex.client.put("x", at: "Website_Mockups_V3.fig").text("id")
            let body = #"{"email":"SARAH.miller@cloudspace.com","permission":"editor"}"#
            let given = try await alex.client.post("/api/files/\(file)/share", json: body)
            #expect(given.status == 201)
            let example = try JSONValue(
                parsing: """
                    {"shared_with":{"id":"uuid","name":"Sarah Miller","email":"sarah@cloudspace.com"},"permission":"editor"}
                    """)
            #expect(differences(try given.json(), from: example) == [])
            #expect(try given.member("shared_with", "name") == .string("Sarah Miller"))

            let shared = try await sarah.client.get("/api/sharing/shared-with-me?sort=date&order=desc")
            let entry = try JSONValue(
                parsing: """
                    {"files":[{"id":"uuid","name":"n","type":"Figma Design File","icon":"image","icon_bg":"b","icon_color":"c",
                    "is_folder":false,"shared_by":{"id":"uuid","name":"Sarah Miller","avatar_url":null},
                    "date_shared":"Today, 10:23 AM","size":"45 MB","permission":"editor"}]}
                    """)
            #expect(differences(try shared.json(), from: entry) == [])
            #expect(try shared.member("files", "0", "type") == .string("Figma Design File"))
            #expect(try shared.member("files", "0", "date_shared") == .string("Today, 3:00 PM"))
            #expect(try shared.member("files", "0", "size") == .string("1 B"))
            #expect(try shared.member("files", "0", "shared_by", "name") == .string("Alex Davidson"))

            let changed = try await alex.client.put(
                "/api/files/\(file)/share/\(sarah.id)", json: #"{"permission":"viewer"}"#)
            #expect(changed.status == 200)
            #expect(changed.text("permission") == "viewer")
            let list = try await alex.client.get("/api/files/\(file)/shares")
            #expect(try list.member("owner", "id") == .string(alex.id))
            #expect(try list.member("shares", "0", "is_inherited") == .boolean(false))
            let removed = try await alex.client.delete("/api/files/\(file)/share/\(sarah.id)")
            #expect(removed.status == 200)
            #expect(removed.text("message") == "Sharing removed")
            #expect(try await sarah.client.get("/api/files/\(file)").status == 403)
        }
    }

    @Test(arguments: [
        (#"{"email":"nobody@cloudspace.com"}"#, 404, "User not found"),
        (#"{"email":"sarah.miller@cloudspace.com"}"#, 409, "File already shared with this user"),
        (#"{"email":"alex.davidson@cloudspace.com"}"#, 400, "You cannot share a file with yourself"),
        (#"{"email":"nonsense"}"#, 400, "Invalid email format"), ("{}", 400, "Missing required fields"),
        (
            #"{"email":"a@b.fr","permission":"admin"}"#, 400, "permission must be one of: viewer, editor, owner"
        ),
    ])
    func whatCannotBeSharedIsSaid(_ body: String, _ status: Int, _ words: String) async throws {
        try await withService { service in
            let alex = try await service.person()
            _ = try await service.person("Sarah", "Miller")
            let file = try await alex.client.put("x", at: "a.txt").text("id")
            let first = #"{"email":"sarah.miller@cloudspace.com"}"#
            #expect(try await alex.client.post("/api/files/\(file)/share", json: first).text("permission") == "viewer")
            let answer = try await alex.client.post("/api/files/\(file)/share", json: body)
            #expect(answer.status == status)
            #expect(answer.error == words)
        }
    }

    @Test func rootsAndStrangersAreNotShared() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let root = alex.account.space.description
            let body = #"{"email":"sarah.miller@cloudspace.com"}"#
            let answer = try await alex.client.post("/api/files/\(root)/share", json: body)
            #expect(answer.status == 400)
            #expect(answer.code == "share_root")
            let file = try await alex.client.put("x", at: "a.txt").text("id")
            for id in [sarah.id, "nonsense"] {
                let removed = try await alex.client.delete("/api/files/\(file)/share/\(id)")
                #expect(removed.status == 404)
                #expect(removed.code == "share_not_found")
            }
        }
    }

    @Test func commentsHaveTheDocumentsShapesAndWords() async throws {
        try await withService { service in
            let alex = try await service.person()
            let file = try await alex.client.put("x", at: "a.txt").text("id")
            let text = "The logo looks great! Just one small tweak needed on the gradient."
            let made = try await alex.client.post("/api/files/\(file)/comments", json: #"{"text":"\#(text)"}"#)
            #expect(made.status == 201)
            let example = try JSONValue(
                parsing: """
                    {"id":"uuid","text":"t","user":{"name":"Alex Davidson","initials":"AD"},"created_at":"2024-10-26T15:00:00Z"}
                    """)
            #expect(differences(try made.json(), from: example) == [])
            #expect(made.text("text") == text)
            #expect(try made.member("user", "initials") == .string("AD"))
            #expect(made.text("created_at") == "2024-10-26T15:00:00Z")
            for body in ["{}", #"{"text":""}"#, #"{"text":"  \n"}"#, #"{"text":null}"#] {
                let refused = try await alex.client.post("/api/files/\(file)/comments", json: body)
                #expect(refused.status == 400)
                #expect(refused.error == "Comment text is required")
            }
            let id = made.text("id")
            let edited = try await alex.client.put("/api/files/\(file)/comments/\(id)", json: #"{"text":"Better"}"#)
            #expect(edited.text("text") == "Better")
            #expect(try edited.member("is_edited") == .boolean(true))
            // The side panel quotes it as it reads now.
            let activity = try await alex.client.get("/api/files/\(file)/activity")
            #expect(try activity.member("activities", "0", "quote") == .string("Better"))
            let list = try await alex.client.get("/api/files/\(file)/comments")
            #expect(try list.member("total_count") == .integer(1))
            #expect(
                try await alex.client.delete("/api/files/\(file)/comments/\(id)").text("message") == "Comment deleted")
            #expect(try await alex.client.delete("/api/files/\(file)/comments/\(id)").error == "Comment not found")
            #expect(try await alex.client.get("/api/files/\(file)/activity").member("activities", "0", "quote") == nil)
        }
    }
}
