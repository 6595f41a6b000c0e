import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct FolderTests {
    @Test func contentsHaveTheDocumentedShape() async throws {
        try await withService { service in
            let alex = try await service.person()
            let projects = try await alex.client.folder("Projects")
            let q4 = try await alex.client.folder("Q4 Marketing", in: projects)
            _ = try await alex.client.folder("Marketing Assets", in: q4)
            try await alex.client.put("figma", at: "Logo_V2.fig", in: q4)
            service.world.clock.advance(seconds: 125)
            let answer = try await alex.client.get("/api/drive/contents?parent_id=\(q4)")
            let example = try JSONValue(
                parsing: """
                    {"current_folder":{"id":"uuid","name":"Q4 Marketing","parent_id":"uuid"},
                     "breadcrumbs":[{"id":null,"name":"My Drive"},{"id":"uuid-projects","name":"Projects"}],
                     "folders":[{"id":"uuid","name":"Marketing Assets","items_count":24,"icon":"folder",
                       "icon_color":"text-yellow-500","is_locked":false,"updated_at":"2024-10-24T10:00:00Z"}],
                     "files":[{"id":"uuid","name":"Logo_V2.fig","size":14680064,"formatted_size":"14 MB","icon":"image",
                       "icon_color":"text-indigo-500","icon_bg":"bg-indigo-50 dark:bg-indigo-500/10",
                       "mime_type":"application/x-figma","is_starred":false,"is_locked":false,
                       "updated_at":"2024-10-26T14:28:00Z","formatted_date":"2 min ago",
                       "owners":[{"id":"uuid","initials":"SM","color":"#ec4899"}]}]}
                    """)
            #expect(answer.status == 200)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try answer.member("current_folder", "parent_id") == .string(projects))
            #expect(try answer.member("breadcrumbs", "1", "name") == .string("Projects"))
            #expect(try answer.member("breadcrumbs", "2", "name") == .string("Q4 Marketing"))
            #expect(try answer.member("files", "0", "formatted_date") == .string("2 min ago"))
            #expect(try answer.member("files", "0", "icon_color") == .string("text-indigo-500"))
            #expect(try answer.member("files", "0", "owners", "0", "initials") == .string("AD"))
            #expect(try answer.member("total_count") == .integer(2))
            #expect(try answer.member("next_cursor") == .null)
        }
    }

    @Test func aGuestBrowsesFromTheTopOfWhatIsShared() async throws {
        try await withService { service in
            let alex = try await service.person("Sarah", "Miller")
            let guest = try await service.person("John", "Doe")
            let hidden = try await alex.client.folder("Hidden")
            let team = try await alex.client.folder("Team", in: hidden)
            let inner = try await alex.client.folder("Inner", in: team)
            try await alex.client.put("14", at: "b.txt", in: team)
            try await alex.client.put("1", at: "a.txt", in: team)
            let (node, owner) = (try #require(NodeID(team)), alex.account.id)
            try await service.world.database.write { transaction in
                _ = try transaction.run(
                    """
                    INSERT INTO grants (node_id, grantee_id, permission, granted_by, created_at)
                    VALUES (\(node), \(guest.account.id), 1, \(owner), \(transaction.now))
                    """)
            }
            let top = try await guest.client.get("/api/drive/contents?parent_id=\(team)&sort=size&order=desc")
            #expect(top.status == 200)
            #expect(try top.member("current_folder", "parent_id") == .null)
            #expect(try top.member("breadcrumbs", "0", "name") == .string("Shared with me"))
            #expect(try top.member("breadcrumbs", "1", "id") == .string(team))
            #expect(try top.member("breadcrumbs", "2") == nil)
            #expect(try top.member("folders", "0", "items_count") == .integer(0))
            #expect(try top.member("files", "0", "name") == .string("b.txt"))
            #expect(try top.member("files", "0", "owners", "0", "initials") == .string("SM"))
            let below = try await guest.client.get("/api/drive/contents?parent_id=\(inner)")
            #expect(try below.member("current_folder", "parent_id") == .string(team))
            #expect(try below.member("breadcrumbs", "2", "name") == .string("Inner"))
            let details = try await guest.client.get("/api/files/\(team)")
            #expect(try details.member("parent_id") == .null)
            for answer in [top, below, details] {
                #expect(!answer.text.contains(hidden) && !answer.text.contains("Hidden"))
            }
            #expect(try await guest.client.get("/api/drive/contents?parent_id=\(hidden)").status == 403)
        }
    }

    @Test func theRootIsNullHoweverItIsSaid() async throws {
        try await withService { service in
            let alex = try await service.person()
            try await alex.client.put("x", at: "a.txt")
            for query in ["", "?parent_id=null", "?parent_id="] {
                let answer = try await alex.client.get("/api/drive/contents\(query)")
                #expect(answer.status == 200)
                #expect(try answer.member("current_folder", "id") == .null)
                #expect(try answer.member("current_folder", "name") == .string("My Drive"))
                #expect(try answer.member("files", "0", "name") == .string("a.txt"))
            }
        }
    }

    @Test func contentsSortFilterAndPage() async throws {
        try await withService { service in
            let alex = try await service.person()
            _ = try await alex.client.folder("z")
            for (name, size) in [("b", 3), ("a", 2), ("C", 1)] {
                service.world.clock.advance(seconds: 1)
                try await alex.client.put(String(repeating: "x", count: size), at: "\(name).txt")
            }
            func names(_ query: String) async throws -> [String] {
                let answer = try await alex.client.get("/api/drive/contents?\(query)")
                guard answer.status == 200, case .array(let files)? = try answer.member("files"),
                    case .array(let folders)? = try answer.member("folders")
                else { return [answer.text] }
                return try (folders + files).map { try $0.string("name") }
            }
            #expect(try await names("sort=name") == ["z", "a.txt", "b.txt", "C.txt"])
            #expect(try await names("sort=size&order=desc") == ["z", "b.txt", "a.txt", "C.txt"])
            #expect(try await names("sort=modified") == ["z", "b.txt", "a.txt", "C.txt"])
            #expect(try await names("type=file") == ["a.txt", "b.txt", "C.txt"])
            #expect(try await names("type=folder") == ["z"])
            let first = try await alex.client.get("/api/drive/contents?limit=3")
            #expect(try first.member("total_count") == .integer(4))
            #expect(try await names("limit=3&cursor=\(first.text("next_cursor"))") == ["C.txt"])
        }
    }

    @Test(arguments: [
        "sort=owner", "order=up", "type=image", "limit=0", "limit=10001", "limit=ten", "cursor=nonsense",
    ])
    func wrongParametersAreRefused(_ query: String) async throws {
        try await withService { service in
            let alex = try await service.person()
            let answer = try await alex.client.get("/api/drive/contents?\(query)")
            #expect(answer.status == 400)
            #expect(answer.string("field") == query.split(separator: "=").first.map(String.init))
        }
    }

    @Test func unknownFoldersAreNotFoundAndForeignOnesAreRefused() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let theirs = try await sarah.client.folder("Private")
            for id in ["nonsense", "01925b2e-7c00-7000-8000-000000000000"] {
                let answer = try await alex.client.get("/api/drive/contents?parent_id=\(id)")
                #expect(answer.status == 404)
                #expect(answer.error == "Folder not found")
            }
            let foreign = try await alex.client.get("/api/drive/contents?parent_id=\(theirs)")
            #expect(foreign.status == 403)
            #expect(foreign.error == "Access denied")
            let file = try await alex.client.put("x", at: "a.txt").text("id")
            let notAFolder = try await alex.client.get("/api/drive/contents?parent_id=\(file)")
            #expect(notAFolder.status == 400)
            #expect(notAFolder.code == "not_a_folder")
        }
    }

    @Test func aNewFolderAnswersAsDocumented() async throws {
        try await withService { service in
            let alex = try await service.person()
            let answer = try await alex.client.post(
                "/api/drive/folders", json: #"{"name":"New Folder","parent_id":null}"#)
            #expect(answer.status == 201)
            #expect(answer.string("name") == "New Folder")
            #expect(try answer.member("is_folder") == .boolean(true))
            #expect(try answer.member("parent_id") == .null)
            #expect(answer.string("created_at") == "2024-10-26T15:00:00Z")
            let again = try await alex.client.post("/api/drive/folders", json: #"{"name":"new folder"}"#)
            #expect(again.status == 400)
            #expect(again.error == "Folder name already exists in this location")
        }
    }

    @Test func foldersMayBeCabinetsAndLockers() async throws {
        try await withService { service in
            let alex = try await service.person()
            for kind in ["armoire", "casier", "dossier"] {
                let answer = try await alex.client.post(
                    "/api/drive/folders", json: #"{"name":"a \#(kind)","kind":"\#(kind)"}"#)
                #expect(answer.status == 201)
                #expect(answer.string("kind") == kind)
            }
            let wrong = try await alex.client.post("/api/drive/folders", json: #"{"name":"x","kind":"fichier"}"#)
            #expect(wrong.status == 400)
        }
    }

    @Test func namesThatLookAlikeAreOneName() async throws {
        try await withService { service in
            let alex = try await service.person()
            #expect(
                try await alex.client.post("/api/drive/folders", json: #"{"name":"R\u00e9sum\u00e9"}"#).status == 201)
            let twin = try await alex.client.post("/api/drive/folders", json: #"{"name":"Re\u0301sume\u0301"}"#)
            #expect(twin.status == 400)
            #expect(twin.code == "name_taken")
        }
    }

    @Test(arguments: [
        "", " ", ".", "..", "a/b", #"a\\b"#, #"a\u0000b"#, #"a\u001fb"#, #"a\u202eb"#, #"a\u2066b"#, #"a\u200fb"#,
        #"a\u007fb"#, String(repeating: "é", count: 128), String(repeating: "a", count: 256),
        String(repeating: "a", count: 5_000),
    ])
    func badNamesAreRefused(_ name: String) async throws {
        try await withService { service in
            let alex = try await service.person()
            let answer = try await alex.client.post("/api/drive/folders", json: "{\"name\":\"\(name)\"}")
            #expect(answer.status == 400)
            #expect(answer.string("field") == "name")
            let file = try await alex.client.put("x", at: "a.txt").text("id")
            let rename = try await alex.client.put("/api/files/\(file)/rename", json: "{\"name\":\"\(name)\"}")
            #expect(rename.status == 400)
        }
    }

    @Test func aNameOf255BytesIsTaken() async throws {
        try await withService { service in
            let alex = try await service.person()
            let name = String(repeating: "é", count: 127) + "a"
            #expect(try await alex.client.folder(name).isEmpty == false)
        }
    }
}
