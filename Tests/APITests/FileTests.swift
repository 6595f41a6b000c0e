import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct FileTests {
    private static let unknown = "01925b2e-7c00-7000-8000-000000000000"

    @Test func detailsHaveTheDocumentedShape() async throws {
        try await withService { service in
            let sarah = try await service.person("Sarah", "Miller")
            let projects = try await sarah.client.folder("Projects")
            let q4 = try await sarah.client.folder("Q4 Marketing", in: projects)
            let id = try await sarah.client.put("figma", at: "Logo_V2.fig", in: q4).text("id")
            let answer = try await sarah.client.get("/api/files/\(id)")
            let example = try JSONValue(
                parsing: """
                    {"id":"uuid","name":"Logo_V2.fig","type":"Figma Design File","size":14680064,"formatted_size":"14 MB",
                     "icon":"image","icon_color":"text-indigo-500","icon_bg":"bg-indigo-50 dark:bg-indigo-500/10",
                     "mime_type":"application/x-figma","is_starred":false,"is_locked":false,
                     "preview_url":"/uploads/previews/uuid.jpg",
                     "owner":{"id":"uuid","name":"Sarah Miller","initials":"SM"},
                     "shared_with":[{"id":"uuid","name":"John Doe","initials":"JD","permission":"editor"}],
                     "created_at":"2024-09-15T10:00:00Z","updated_at":"2024-10-26T14:28:00Z",
                     "parent_path":"My Drive/Projects/Q4 Marketing"}
                    """)
            #expect(answer.status == 200)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(answer.string("type") == "Figma Design File")
            #expect(answer.string("parent_path") == "My Drive/Projects/Q4 Marketing")
            #expect(try answer.member("owner", "name") == .string("Sarah Miller"))
            #expect(try answer.member("owner", "initials") == .string("SM"))
            let folder = try await sarah.client.get("/api/files/\(q4)")
            #expect(folder.string("type") == "Folder")
            #expect(try folder.member("items_count") == .integer(1))
            #expect(try folder.member("is_folder") == .boolean(true))
        }
    }

    @Test(arguments: ["", "/download", "/rename", "/move", "/lock", "/star", "DELETE"])
    func unknownFilesAreNotFoundAndForeignOnesRefused(_ action: String) async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let theirs = try await sarah.client.put("secret", at: "secret.txt").text("id")
            func ask(_ id: String) async throws -> HTTPTestResponse {
                switch action {
                case "DELETE": try await alex.client.delete("/api/files/\(id)")
                case "/rename": try await alex.client.put("/api/files/\(id)/rename", json: #"{"name":"mine.txt"}"#)
                case "/move": try await alex.client.post("/api/files/\(id)/move", json: #"{"destination_id":null}"#)
                case "/lock", "/star": try await alex.client.put("/api/files/\(id)\(action)", json: "")
                default: try await alex.client.get("/api/files/\(id)\(action)")
                }
            }
            let foreign = try await ask(theirs)
            #expect(foreign.status == 403)
            #expect(foreign.error == "Access denied")
            for id in [Self.unknown, "nonsense", "01925b2e"] {
                let absent = try await ask(id)
                #expect(absent.status == 404)
                #expect(absent.error == "File not found")
            }
        }
    }

    @Test func renamingAnswersTheFileAndKeepsNamesUnique() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("1", at: "Logo_Draft.fig").text("id")
            try await alex.client.put("2", at: "Taken.fig")
            let answer = try await alex.client.put("/api/files/\(id)/rename", json: #"{"name":"Logo_V3_Final.fig"}"#)
            #expect(answer.status == 200)
            #expect(answer.string("name") == "Logo_V3_Final.fig")
            #expect(answer.string("id") == id)
            let taken = try await alex.client.put("/api/files/\(id)/rename", json: #"{"name":"TAKEN.fig"}"#)
            #expect(taken.status == 400)
            #expect(taken.error == "A file with this name already exists in this location")
            for body in ["{}", #"{"name":null}"#, #"{"name":5}"#, "", "[]", "{\"name\":", "nul"] {
                #expect(try await alex.client.put("/api/files/\(id)/rename", json: body).status == 400)
            }
        }
    }

    @Test func movingKnowsItsDestinations() async throws {
        try await withService { service in
            let alex = try await service.person()
            let top = try await alex.client.folder("Top")
            let below = try await alex.client.folder("Below", in: top)
            let file = try await alex.client.put("x", at: "a.txt").text("id")
            let moved = try await alex.client.post("/api/files/\(file)/move", json: "{\"destination_id\":\"\(below)\"}")
            #expect(moved.status == 200)
            #expect(moved.string("parent_id") == below)
            #expect(moved.string("parent_path") == "My Drive/Top/Below")
            for destination in [top, below] {
                let loop = try await alex.client.post(
                    "/api/files/\(top)/move", json: "{\"destination_id\":\"\(destination)\"}")
                #expect(loop.status == 400)
                #expect(loop.error == "Cannot move a folder into itself")
            }
            for destination in [Self.unknown, "nonsense", file] {
                let lost = try await alex.client.post(
                    "/api/files/\(file)/move", json: "{\"destination_id\":\"\(destination)\"}")
                #expect(lost.status == 404)
                #expect(lost.error == "Destination folder not found")
            }
            let back = try await alex.client.post("/api/files/\(file)/move", json: #"{"destination_id":null}"#)
            #expect(try back.member("parent_id") == .null)
            #expect(try await alex.client.post("/api/files/\(file)/move", json: "{}").status == 400)
        }
    }

    @Test func lockingAndStarringToggle() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("x", at: "a.txt").text("id")
            for (action, member) in [("lock", "is_locked"), ("star", "is_starred")] {
                for expected in [true, false] {
                    let answer = try await alex.client.put("/api/files/\(id)/\(action)", json: "")
                    #expect(answer.status == 200)
                    #expect(answer.string("id") == id)
                    #expect(try answer.member(member) == .boolean(expected))
                    #expect(try await alex.client.get("/api/files/\(id)").member(member) == .boolean(expected))
                }
            }
        }
    }

    @Test func theTrashTakesListsAndGivesBack() async throws {
        try await withService { service in
            let alex = try await service.person()
            let folder = try await alex.client.folder("Projects")
            let id = try await alex.client.put("zip", at: "Old_Project_Archive_v1.zip", in: folder).text("id")
            let trashed = try await alex.client.delete("/api/files/\(id)")
            #expect(trashed.status == 200)
            #expect(trashed.string("id") == id)
            #expect(try trashed.member("is_trashed") == .boolean(true))
            #expect(trashed.string("trashed_at") == "2024-10-26T15:00:00Z")
            #expect(try await alex.client.get("/api/files/\(id)").status == 404)
            service.world.clock.advance(seconds: 2 * 86_400)
            let relogged = try await service.signIn(alex)
            let list = try await relogged.get("/api/trash")
            let example = try JSONValue(
                parsing: """
                    {"items":[{"id":"uuid","name":"Old_Project_Archive_v1.zip","icon":"folder_zip",
                      "icon_bg":"bg-gray-100 dark:bg-gray-900/40","icon_color":"text-gray-600 dark:text-gray-400",
                      "is_folder":false,"original_location":"My Drive/Projects","date_deleted":"Today, 10:23 AM",
                      "days_remaining":28,"trashed_at":"2024-10-26T10:23:00Z"}],"total_count":5}
                    """)
            #expect(differences(try list.json(), from: example) == [])
            #expect(try list.member("items", "0", "original_location") == .string("My Drive/Projects"))
            #expect(try list.member("items", "0", "days_remaining") == .integer(28))
            #expect(try list.member("items", "0", "date_deleted") == .string("Oct 26, 3:00 PM"))
            #expect(try list.member("total_count") == .integer(1))
            let restored = try await relogged.send(.post, "/api/trash/\(id)/restore", body: [])
            #expect(restored.status == 200)
            #expect(restored.string("parent_id") == folder)
            #expect(restored.string("name") == "Old_Project_Archive_v1.zip")
        }
    }

    @Test func whatLostItsFolderComesBackAtTheRootAndSaysSo() async throws {
        try await withService { service in
            let alex = try await service.person()
            let folder = try await alex.client.folder("Gone")
            let id = try await alex.client.put("x", at: "a.txt", in: folder).text("id")
            _ = try await alex.client.delete("/api/files/\(id)")
            _ = try await alex.client.delete("/api/files/\(folder)")
            let answer = try await alex.client.send(.post, "/api/trash/\(id)/restore", body: [])
            #expect(answer.status == 409)
            #expect(answer.error == "Original location no longer exists. File restored to root.")
            #expect(try answer.member("file", "id") == .string(id))
            #expect(try answer.member("file", "parent_id") == .null)
            #expect(try await alex.client.get("/api/files/\(id)").status == 200)
        }
    }

    @Test func whatIsPurgedIsGone() async throws {
        try await withService { service in
            let alex = try await service.person()
            let first = try await alex.client.put("x", at: "a.txt").text("id")
            let live = try await alex.client.delete("/api/trash/\(first)")
            #expect(live.status == 404)
            #expect(live.error == "File not found in trash")
            _ = try await alex.client.delete("/api/files/\(first)")
            let purged = try await alex.client.delete("/api/trash/\(first)")
            #expect(purged.status == 200)
            #expect(purged.string("message") == "File permanently deleted")
            for answer in [
                try await alex.client.delete("/api/trash/\(first)"),
                try await alex.client.delete("/api/trash/nonsense"),
                try await alex.client.send(.post, "/api/trash/\(first)/restore", body: []),
            ] {
                #expect(answer.status == 404)
                #expect(answer.error == "File not found in trash")
            }
            for name in ["b", "c"] {
                let id = try await alex.client.put(String(repeating: "x", count: 1_024), at: name).text("id")
                _ = try await alex.client.delete("/api/files/\(id)")
            }
            let emptied = try await alex.client.delete("/api/trash")
            #expect(emptied.status == 200)
            #expect(emptied.string("message") == "Trash emptied")
            #expect(try emptied.member("deleted_count") == .integer(2))
            #expect(emptied.string("space_freed") == "2.0 KB")
        }
    }
}

extension Service {
    /// A fresh session, for tests that let days go by.
    func signIn(_ person: Person) async throws -> HTTPTestClient {
        anyone.signedIn(try await world.vault.sessions.open(person.account.id, from: .local).token)
    }
}

@Suite struct CopyRouteTests {
    @Test func aCopyAnswersWithTheFileItMade() async throws {
        try await withService(limit: 100) { service in
            let alex = try await service.person()
            let folder = try await alex.client.folder("Archive")
            let id = try await alex.client.put(String(repeating: "x", count: 30), at: "Logo.fig", in: folder)
                .text("id")
            let root = try await alex.client.post("/api/files/\(id)/copy", json: #"{"destination_id":null}"#)
            #expect(root.status == 201)
            #expect(root.string("name") == "Copy of Logo.fig")
            #expect(try root.member("parent_id") == .null)
            #expect(try root.member("size") == .integer(30))
            #expect(root.text("id") != id)
            let beside = try await alex.client.post("/api/files/\(id)/copy")
            #expect(beside.status == 201)
            #expect(beside.string("parent_id") == folder)
            let full = try await alex.client.post("/api/files/\(id)/copy", json: #"{"destination_id":null}"#)
            #expect(full.status == 413)
            #expect(full.error == "Storage limit exceeded")
            for (body, status) in [
                (#"{"destination_id":"nonsense"}"#, 404), (#"{"destination_id":"\#(id)"}"#, 404),
                (#"{"destination_id":7}"#, 400), ("[]", 400),
            ] {
                #expect(try await alex.client.post("/api/files/\(id)/copy", json: body).status == status, "\(body)")
            }
            #expect(try await alex.client.post("/api/files/nonsense/copy").error == "File not found")
        }
    }
}
