import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct SearchRouteTests {
    @Test func resultsHaveTheDocumentedShape() async throws {
        try await withService { service in
            let alex = try await service.person()
            _ = try await service.person("Logan", "Miller")
            let projects = try await alex.client.folder("Projects")
            let q4 = try await alex.client.folder("Q4 Marketing", in: projects)
            try await alex.client.put("figma", at: "Logo_V2.fig", in: q4)
            let design = try await alex.client.folder("Design")
            let assets = try await alex.client.folder("Logo Assets", in: design)
            try await alex.client.put("x", at: "a.txt", in: assets)
            service.world.clock.advance(seconds: 125)
            let answer = try await alex.client.get("/api/search?q=logo&type=all&scope=all&limit=10")
            #expect(answer.status == 200)
            #expect(try answer.member("total_count") == .integer(2))
            for (place, example) in [
                #"{"type":"folder","id":"uuid","name":"Logo Assets","icon":"folder","icon_color":"text-yellow-500","path":"My Drive/Design","items_count":1}"#,
                #"{"type":"file","id":"uuid","name":"Logo_V2.fig","icon":"image","icon_color":"text-indigo-500","path":"My Drive/Projects/Q4 Marketing","modified":"2 min ago","size":"5 B"}"#,
            ].enumerated() {
                let result = try answer.member("results", "\(place)") ?? .null
                let wanted = try JSONValue(parsing: example)
                #expect(differences(result, from: wanted) == [])
                for name in ["type", "name", "icon", "icon_color", "path", "modified", "size", "items_count"] {
                    #expect(result[name] == wanted[name], "\(name)")
                }
            }
            let people = try await alex.client.get("/api/search?q=logan&type=user")
            #expect(try people.member("results", "0", "type") == .string("user"))
            #expect(try people.member("results", "0", "name") == .string("Logan Miller"))
            #expect(try people.member("results", "0", "avatar_url") == .null)
            #expect(try people.member("total_count") == .integer(1))
        }
    }

    /// What is asked, and the status of the answer.
    @Test(arguments: [
        ("", 400), ("q=", 400), ("q=%20%20", 400), ("q=" + String(repeating: "a", count: 201), 400),
        ("q=" + String(repeating: "a", count: 7_000), 400), ("q=" + String(repeating: "%CC%81", count: 3), 200),
        ("q=%25", 200), ("q=_", 200), ("q=*", 200), ("q=%5C", 200), ("q=%27%3B--", 200), ("q=%D7%A9%D7%9C", 200),
        ("q=%E2%80%AEa", 200), ("q=%01", 200), ("q=a%C3%28", 400), ("q=a&type=image", 400), ("q=a&scope=mine", 400),
        ("q=a&limit=0", 400), ("q=a&limit=101", 400), ("q=a&limit=x", 400),
    ])
    func strangeQuestionsGetClearAnswers(_ query: String, _ status: Int) async throws {
        try await withService { service in
            let alex = try await service.person()
            for name in ["100%", "under_score", "star*", "quote';--"] { try await alex.client.put("x", at: name) }
            let answer = try await alex.client.get("/api/search?\(query)")
            #expect(answer.status == status, "\(answer.text)")
            if status == 200 { #expect(try answer.member("results") != nil) } else { #expect(answer.error != nil) }
        }
    }

    @Test func wildcardsAreLetters() async throws {
        try await withService { service in
            let alex = try await service.person()
            for name in ["100%", "under_score", "star*", "plain"] { try await alex.client.put("x", at: name) }
            for (query, name) in [("%25", "100%"), ("_", "under_score"), ("*", "star*")] {
                let answer = try await alex.client.get("/api/search?q=\(query)&type=file")
                #expect(try answer.member("total_count") == .integer(1))
                #expect(try answer.member("results", "0", "name") == .string(name))
            }
        }
    }

    /// Whatever somebody asks, the answers are the same bytes whether the other's files are there or not.
    @Test func nothingIsLearnedOfForeignNames() async throws {
        try await withService { service in
            let alex = try await service.person()
            let mallory = try await service.person("Mallory", "Eve")
            try await mallory.client.put("x", at: "secret of my own")
            _ = try await mallory.client.delete(
                "/api/files/\(try await mallory.client.put("x", at: "secret trash").text("id"))")
            func answers() async throws -> [String] {
                var all: [String] = []
                for text in ["secret", "s", "secret%20plan", "secret%20plan.pdf", "nothing", "%CC%81"] {
                    for scope in ["all", "drive", "shared", "trash"] {
                        for type in ["all", "file", "folder", "user"] {
                            for limit in [1, 100] {
                                let target = "/api/search?q=\(text)&scope=\(scope)&type=\(type)&limit=\(limit)"
                                let answer = try await mallory.client.get(target)
                                all.append("\(target) \(answer.status) \(answer.text)")
                            }
                        }
                    }
                }
                return all
            }
            let before = try await answers()
            let folder = try await alex.client.folder("secret folder")
            let plan = try await alex.client.put("x", at: "secret plan.pdf", in: folder).text("id")
            let trashed = try await alex.client.put("x", at: "secret trashed", in: folder).text("id")
            _ = try await alex.client.delete("/api/files/\(trashed)")
            #expect(try await answers() == before)

            // A part is shared: that part is found, and nothing around it.
            let node = try #require(NodeID(plan))
            try await service.world.database.write { transaction in
                _ = try transaction.run(
                    """
                    INSERT INTO grants (node_id, grantee_id, permission, granted_by, created_at)
                    VALUES (\(node), \(mallory.account.id), 1, \(alex.account.id), \(transaction.now))
                    """)
            }
            let shared = try await mallory.client.get("/api/search?q=secret&scope=shared")
            #expect(try shared.member("total_count") == .integer(1))
            #expect(try shared.member("results", "0", "path") == .string("Shared with me"))
            #expect(!shared.text.contains("folder"))
            _ = try await alex.client.put("/api/files/\(plan)/rename", json: #"{"name":"secret other.pdf"}"#)
            #expect(try await mallory.client.get("/api/search?q=plan").member("total_count") == .integer(0))

            try await service.world.database.write { transaction in
                _ = try transaction.run("DELETE FROM grants WHERE grantee_id = \(mallory.account.id)")
            }
            #expect(try await answers() == before)
        }
    }
}
