import HTTP
import Testing
import Vault
import VaultTesting

@testable import API

/// What happened, over the socket, against the examples of requirements/1.
@Suite struct ActivityTests {
    // MARK: GET /api/files/:fileId/activity

    @Test func theActivityOfAFileHasTheDocumentedShape() async throws {
        try await withService { service in
            let alex = try await service.person()
            let file = try await alex.client.put("one", at: "Logo_V2.fig").text("id")
            service.world.clock.advance(seconds: 60)
            try await alex.client.put("two", at: "Logo_V2.fig")
            service.world.clock.advance(seconds: 600)
            let answer = try await alex.client.get("/api/files/\(file)/activity?limit=20")
            let example = try JSONValue(
                parsing: """
                    {"activities":[{"id":"uuid","user":{"name":"Sarah M.","initials":"SM","color":"#ec4899"},
                      "action":"Uploaded a new version","time":"10m ago","created_at":"2024-10-26T14:28:00Z"}]}
                    """)
            #expect(answer.status == 200)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try answer.member("activities", "0", "action") == .string("Uploaded a new version"))
            #expect(try answer.member("activities", "0", "time") == .string("10m ago"))
            #expect(try answer.member("activities", "0", "created_at") == .string("2024-10-26T15:01:00Z"))
            #expect(try answer.member("activities", "0", "user", "name") == .string("Alex D."))
            #expect(try answer.member("activities", "0", "user", "initials") == .string("AD"))
            #expect(try answer.member("activities", "1", "action") == .string("Uploaded file"))
            #expect(try answer.member("has_more") == .boolean(false))
            let first = try await alex.client.get("/api/files/\(file)/activity?limit=1")
            #expect(try first.member("has_more") == .boolean(true))
            let rest = try await alex.client.get("/api/files/\(file)/activity?cursor=\(first.text("next_cursor"))")
            #expect(try rest.member("activities", "0", "action") == .string("Uploaded file"))
            #expect(try rest.member("activities", "1") == nil)
        }
    }

    @Test func theActivityOfAFileIsForThoseWhoMaySeeIt() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let file = try await alex.client.put("one", at: "a.txt").text("id")
            let path = "/api/files/\(file)/activity"
            let stranger = try await sarah.client.get(path)
            #expect(stranger.status == 403)
            #expect(stranger.error == "Access denied")
            for id in ["01925b2e-7c00-7000-8000-000000000000", "x"] {
                let unknown = try await alex.client.get("/api/files/\(id)/activity")
                #expect(unknown.status == 404)
                #expect(unknown.error == "File not found")
            }
            try await service.grant(file, to: sarah, by: alex)
            #expect(try await sarah.client.get(path).status == 200)
            try await service.revoke(file, from: sarah)
            #expect(try await sarah.client.get(path).status == 403)
            #expect(try await service.anyone.get(path).status == 401)
        }
    }

    @Test func commentsAreQuotedAsTheyReadNowForThoseWhoMaySeeThem() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let file = try await alex.client.put("one", at: "Logo_V2.fig").text("id")
            let share = try await alex.client.post(
                "/api/files/\(file)/share",
                json: #"{"email":"sarah.miller@cloudspace.com","permission":"viewer"}"#)
            #expect(share.status == 201, "\(share.text)")
            let comment = try await sarah.client.post(
                "/api/files/\(file)/comments", json: #"{"text":"The logo looks great!"}"#)
            #expect(comment.status == 201, "\(comment.text)")
            let path = "/api/files/\(file)/activity"
            service.world.clock.advance(seconds: 300)
            let answer = try await alex.client.get(path)
            #expect(try answer.member("activities", "0", "action") == .string("Commented on file"))
            #expect(try answer.member("activities", "0", "quote") == .string("The logo looks great!"))
            #expect(try answer.member("activities", "0", "time") == .string("5m ago"))
            #expect(try answer.member("activities", "1", "action") == .string("Shared file"))
            #expect(try answer.member("activities", "1", "quote") == nil)
            let history = try await alex.client.get("/api/activity/history")
            #expect(try history.member("groups", "0", "events", "0", "action") == .string("Sarah M. commented on"))
            #expect(try history.member("groups", "0", "events", "1", "action") == .string("You shared"))

            let id = comment.text("id")
            let edited = try await sarah.client.put("/api/files/\(file)/comments/\(id)", json: #"{"text":"Great."}"#)
            #expect(edited.status == 200, "\(edited.text)")
            #expect(try await alex.client.get(path).member("activities", "0", "quote") == .string("Great."))
            #expect(try await alex.client.delete("/api/files/\(file)/comments/\(id)").status == 200)
            #expect(try await alex.client.get(path).member("activities", "0", "quote") == nil)
        }
    }

    @Test func unsharingTakesWhatOthersDidOutOfOnesListsAndLeavesNoName() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let file = try await alex.client.put("one", at: "Confidential.pdf").text("id")
            let share = try await alex.client.post(
                "/api/files/\(file)/share",
                json: #"{"email":"sarah.miller@cloudspace.com","permission":"editor"}"#)
            #expect(share.status == 201, "\(share.text)")
            _ = try await sarah.client.raw("/api/fichiers/\(file)/version", Array("two".utf8))
            _ = try await sarah.client.post("/api/files/\(file)/comments", json: #"{"text":"Confidential words"}"#)
            _ = try await sarah.client.send(.put, "/api/files/\(file)/star")
            let lists = [
                "/api/activity/history", "/api/files/recent", "/api/files/starred", "/api/dashboard/activity",
                "/api/dashboard/quick-access",
            ]
            for list in lists {
                #expect(try await sarah.client.get(list).text.contains("Confidential.pdf"), "\(list)")
            }
            let unshared = try await alex.client.delete("/api/files/\(file)/share/\(sarah.id)")
            #expect(unshared.status == 200, "\(unshared.text)")
            for list in lists {
                let answer = try await sarah.client.get(list)
                #expect(answer.status == 200)
                for word in ["Confidential", file, "Alex"] { #expect(!answer.text.contains(word), "\(list): \(word)") }
            }
            let history = try await sarah.client.get("/api/activity/history?filter=edits")
            #expect(try history.member("groups", "0", "events", "0", "target") == .string("Unavailable file"))
            #expect(try history.member("groups", "0", "events", "0", "target_id") == .null)
            let own = try await alex.client.get("/api/activity/history?filter=shares")
            #expect(try own.member("groups", "0", "events", "0", "action") == .string("You removed sharing on"))
            #expect(try own.member("groups", "0", "events", "0", "icon") == .string("person_remove"))
        }
    }

    // MARK: GET /api/activity/history

    @Test func historyHasTheDocumentedShapeAndWords() async throws {
        try await withService(vault: .monthLongSessions) { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let file = try await alex.client.put("one", at: "Project_Brief_v3.docx").text("id")
            service.world.clock.advance(seconds: 86_400)
            try await service.grant(file, to: sarah, by: alex)
            let edited = try await sarah.client.raw("/api/fichiers/\(file)/version", Array("two".utf8))
            #expect(edited.status == 201, "\(edited.text)")
            service.world.clock.advance(seconds: 600)
            _ = try await alex.client.put("/api/files/\(file)/rename", json: #"{"name":"Brief.docx"}"#)
            let answer = try await alex.client.get("/api/activity/history?limit=20&offset=0&filter=all")
            let example = try JSONValue(
                parsing: """
                    {"groups":[{"date":"Today","events_count":4,"events":[{"id":"uuid","time":"11:42 AM",
                      "action":"You edited","target":"Project_Brief_v3.docx","target_id":"uuid","icon":"edit_document",
                      "icon_color":"text-blue-500","icon_bg":"bg-blue-500/10"}]}],"has_more":true}
                    """)
            #expect(answer.status == 200)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try answer.member("groups", "0", "date") == .string("Today"))
            #expect(try answer.member("groups", "0", "events_count") == .integer(2))
            #expect(try answer.member("groups", "0", "events", "0", "action") == .string("You renamed"))
            #expect(try answer.member("groups", "0", "events", "0", "time") == .string("3:10 PM"))
            #expect(try answer.member("groups", "0", "events", "1", "action") == .string("Sarah M. edited"))
            #expect(try answer.member("groups", "0", "events", "1", "icon") == .string("edit_document"))
            #expect(try answer.member("groups", "0", "events", "1", "icon_color") == .string("text-blue-500"))
            #expect(try answer.member("groups", "0", "events", "1", "icon_bg") == .string("bg-blue-500/10"))
            #expect(
                try answer.member("groups", "0", "events", "1", "target") == .string("Project_Brief_v3.docx"))
            #expect(try answer.member("groups", "0", "events", "1", "target_id") == .string(file))
            #expect(try answer.member("groups", "1", "date") == .string("Yesterday"))
            #expect(try answer.member("groups", "1", "events", "0", "action") == .string("You uploaded"))
            #expect(try answer.member("has_more") == .boolean(false))
            #expect(try answer.member("next_cursor") == .null)
        }
    }

    @Test func historyFiltersAndPagesBothWays() async throws {
        try await withService { service in
            let alex = try await service.person()
            for number in 0..<5 { try await alex.client.put("x", at: "\(number).txt") }
            try await alex.client.put("y", at: "0.txt")
            let edits = try await alex.client.get("/api/activity/history?filter=edits")
            #expect(try edits.member("groups", "0", "events_count") == .integer(1))
            let uploads = try await alex.client.get("/api/activity/history?filter=uploads&limit=2&offset=3")
            #expect(try uploads.member("groups", "0", "events", "0", "target") == .string("1.txt"))
            #expect(try uploads.member("has_more") == .boolean(false))
            let none = try await alex.client.get("/api/activity/history?filter=comments")
            #expect(try none.member("groups") == .array([]))
            #expect(try none.member("has_more") == .boolean(false))
            let first = try await alex.client.get("/api/activity/history?limit=4")
            #expect(try first.member("has_more") == .boolean(true))
            let cursor = first.text("next_cursor")
            try await alex.client.put("later", at: "later.txt")
            let second = try await alex.client.get("/api/activity/history?limit=4&cursor=\(cursor)")
            #expect(try second.member("groups", "0", "events_count") == .integer(2))
            #expect(try second.member("has_more") == .boolean(false))
        }
    }

    @Test(arguments: [
        "?filter=everything", "?limit=0", "?limit=201", "?limit=x", "?offset=-1", "?offset=10001", "?cursor=x",
        "?cursor=%00", "?cursor=",
    ])
    func aHistoryAskedForBadlyIsRefusedClearly(_ query: String) async throws {
        try await withService { service in
            let alex = try await service.person()
            let answer = try await alex.client.get("/api/activity/history\(query)")
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.error?.isEmpty == false)
        }
    }

    // MARK: GET /api/files/recent

    @Test func recentFilesHaveTheDocumentedShape() async throws {
        try await withService(vault: .monthLongSessions) { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            try await alex.client.put("x", at: "old.pdf")
            service.world.clock.advance(seconds: 9 * 86_400)
            let file = try await sarah.client.put("one", at: "Project_Brief_v3.docx").text("id")
            try await service.grant(file, to: alex, by: sarah)
            let edited = try await alex.client.raw("/api/fichiers/\(file)/version", Array("two".utf8))
            #expect(edited.status == 201)
            service.world.clock.advance(seconds: 60)
            try await alex.client.put("x", at: "mine.png")
            let answer = try await alex.client.get("/api/files/recent?limit=20&offset=0")
            let example = try JSONValue(
                parsing: """
                    {"groups":[{"label":"Today","files":[{"id":"uuid","name":"Project_Brief_v3.docx",
                      "icon":"description","icon_color":"text-blue-500","icon_bg":"bg-blue-500/10","owner":"You",
                      "activity":"Edited 10:42 AM","activity_type":"file_edited","updated_at":"2024-10-26T10:42:00Z"}]}]}
                    """)
            #expect(answer.status == 200)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try answer.member("groups", "0", "label") == .string("Today"))
            #expect(try answer.member("groups", "0", "files", "0", "owner") == .string("You"))
            #expect(try answer.member("groups", "0", "files", "0", "activity") == .string("Uploaded 3:01 PM"))
            #expect(try answer.member("groups", "0", "files", "1", "name") == .string("Project_Brief_v3.docx"))
            #expect(try answer.member("groups", "0", "files", "1", "owner") == .string("Sarah M."))
            #expect(try answer.member("groups", "0", "files", "1", "activity") == .string("Edited 3:00 PM"))
            #expect(try answer.member("groups", "0", "files", "1", "icon_color") == .string("text-blue-500"))
            #expect(try answer.member("groups", "0", "files", "1", "icon_bg") == .string("bg-blue-500/10"))
            #expect(try answer.member("groups", "1", "label") == .string("October 2024"))
            #expect(try answer.member("groups", "1", "files", "0", "activity") == .string("Uploaded Oct 26"))
            let page = try await alex.client.get("/api/files/recent?limit=1")
            let next = try await alex.client.get("/api/files/recent?limit=1&cursor=\(page.text("next_cursor"))")
            #expect(try next.member("groups", "0", "files", "0", "id") == .string(file))
        }
    }

    // MARK: GET /api/files/starred

    @Test func favouritesHaveTheDocumentedShape() async throws {
        try await withService { service in
            let alex = try await service.person()
            let folder = try await alex.client.folder("Design System V2")
            try await alex.client.put(String(repeating: "x", count: 2_048), at: "a.txt", in: folder)
            let file = try await alex.client.put("pdf", at: "Q3_Financial_Summary.pdf").text("id")
            let image = try await alex.client.put("png", at: "Shot.PNG").text("id")
            for id in [folder, file, image] {
                #expect(try await alex.client.send(.put, "/api/files/\(id)/star").status == 200)
            }
            service.world.clock.advance(seconds: 7_300)
            let answer = try await alex.client.get("/api/files/starred?sort=name")
            let example = try JSONValue(
                parsing: """
                    {"folders":[{"id":"uuid","name":"Design System V2","items_count":48,"size":"320 MB","icon":"folder",
                      "icon_color":"text-yellow-500","is_locked":false}],
                     "files":[{"id":"uuid","name":"Q3_Financial_Summary.pdf","icon":"picture_as_pdf",
                      "icon_color":"text-red-500","icon_bg":"bg-slate-50 dark:bg-[#151e26]","updated_at":"Updated 2h ago",
                      "type_badge":"PDF","badge_color":"bg-red-100 text-red-600 dark:bg-red-500/20 dark:text-red-400",
                      "is_image":false,"preview_url":null}]}
                    """)
            #expect(answer.status == 200)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try answer.member("folders", "0", "size") == .string("2.0 KB"))
            #expect(try answer.member("folders", "0", "items_count") == .integer(1))
            #expect(try answer.member("files", "0", "icon_bg") == .string("bg-slate-50 dark:bg-[#151e26]"))
            #expect(try answer.member("files", "0", "updated_at") == .string("Updated 2h ago"))
            #expect(try answer.member("files", "0", "type_badge") == .string("PDF"))
            #expect(
                try answer.member("files", "0", "badge_color")
                    == .string("bg-red-100 text-red-600 dark:bg-red-500/20 dark:text-red-400"))
            #expect(try answer.member("files", "1", "type_badge") == .string("IMG"))
            #expect(try answer.member("files", "1", "is_image") == .boolean(true))
            #expect(try answer.member("total_count") == .integer(3))
            #expect(try await alex.client.get("/api/files/starred?sort=colour").status == 400)
            #expect(try await alex.client.get("/api/files/starred?cursor=1").status == 400)
        }
    }
}

extension VaultSettings {
    /// For tests that look back over days.
    static var monthLongSessions: VaultSettings {
        var settings = VaultSettings()
        settings.sessionSeconds = 30 * 86_400
        return settings
    }
}

extension Service {
    /// Gives somebody a right on a file.
    func grant(_ file: String, to other: Person, by owner: Person, _ permission: Permission = .editor) async throws {
        let node = try #require(NodeID(file))
        try await world.database.write { [other = other.account.id, owner = owner.account.id] transaction in
            try transaction.run(
                """
                INSERT INTO grants (node_id, grantee_id, permission, granted_by, created_at)
                VALUES (\(node), \(other), \(permission.rawValue), \(owner), \(transaction.now))
                """)
        }
    }

    /// Takes it away.
    func revoke(_ file: String, from other: Person) async throws {
        let node = try #require(NodeID(file))
        try await world.database.write { [other = other.account.id] transaction in
            try transaction.run("DELETE FROM grants WHERE node_id = \(node) AND grantee_id = \(other)")
        }
    }
}
