import Database
import HTTP
import Testing
import Vault
import VaultTesting
import Versions

/// The past, and the way back to it, as clients meet them.
@Suite struct TimeTests {
    private static func moment(_ service: Service) -> Int64 {
        service.world.clock.advance(seconds: 60)
        defer { service.world.clock.advance(seconds: 60) }
        return service.world.clock.now().milliseconds
    }

    @Test func aFolderIsListedSearchedAndReadAsItWas() async throws {
        try await withService { service in
            let client = try await service.person().client
            let folder = try await client.folder("Projects")
            let file = try await client.put("first words", at: "plan.txt", in: folder).text("id")
            let before = Self.moment(service)
            try await client.put("second", at: "plan.txt", in: folder)
            _ = try await client.put("/api/files/\(file)/rename", json: #"{"name":"final.txt"}"#)
            _ = try await client.delete("/api/files/\(folder)")

            let listing = try await client.get("/api/drive/contents?parent_id=\(folder)&as_of=\(before)")
            #expect(listing.status == 200, "\(listing.text)")
            #expect(try listing.member("files", "0", "name") == .string("plan.txt"))
            #expect(try listing.member("files", "0", "size") == .integer(11))
            #expect(try listing.member("files", "0", "today") == .string("trashed"))
            #expect(try listing.member("current_folder", "name") == .string("Projects"))
            #expect(try listing.member("total_count") == .integer(1))
            let details = try await client.get("/api/files/\(file)?as_of=\(before)")
            #expect(details.text("name") == "plan.txt")
            #expect(details.text("parent_path") == "My Drive/Projects")
            #expect(try details.member("version_number") == .integer(1))
            let content = try await client.get("/api/files/\(file)/download?as_of=\(before)")
            #expect(content.text == "first words")
            let found = try await client.get("/api/search?q=PLAN&as_of=\(before)")
            #expect(try found.member("results", "0", "path") == .string("My Drive/Projects"))
            #expect(try found.member("is_complete") == .boolean(true))
            #expect(try await client.get("/api/search?q=final&as_of=\(before)").member("total_count") == .integer(0))

            let iso = Timestamp(milliseconds: before).iso8601
            #expect(try await client.get("/api/drive/contents?as_of=\(iso)").status == 200)
        }
    }

    @Test func momentsThatCannotBeAreRefusedInWords() async throws {
        try await withService { service in
            let client = try await service.person().client
            let future = service.world.clock.now().milliseconds + 1
            for (moment, code) in [
                ("\(future)", "as_of_in_the_future"), ("1000", "as_of_too_early"), ("soon", "invalid_field"),
            ] {
                let answer = try await client.get("/api/drive/contents?as_of=\(moment)")
                #expect(answer.status == 400)
                #expect(answer.code == code, "\(answer.text)")
            }
            #expect(try await client.post("/api/drive/restore", json: "{}").status == 400)
            let missing = try await client.get("/api/drive/restore/\(NodeID(5))")
            #expect(missing.status == 404)
            #expect(missing.code == "restore_not_found")
        }
    }

    @Test func aRestoreIsPreviewedDoneAndReported() async throws {
        try await withService { service in
            let client = try await service.person().client
            let folder = try await client.folder("Projects")
            let file = try await client.put("first", at: "a.txt", in: folder).text("id")
            let before = Self.moment(service)
            try await client.put("second, longer", at: "a.txt", in: folder)
            try await client.put("ransom", at: "pay.txt", in: folder)
            let body = #""folder_id":"\#(folder)","as_of":\#(before),"newer":"trash""#
            let preview = try await client.post("/api/drive/restore", json: "{\(body),\"dry_run\":true}")
            #expect(preview.status == 200, "\(preview.text)")
            #expect(preview.text("state") == "preview")
            #expect(try preview.member("counts", "version") == .integer(1))
            #expect(try preview.member("counts", "trash") == .integer(1))
            #expect(try preview.member("bytes") == .integer(-9))
            #expect(try preview.member("items", "1", "name") == .string("a.txt"))

            let done = try await client.post("/api/drive/restore", json: "{\(body)}")
            #expect(done.status == 200, "\(done.text)")
            #expect(done.text("state") == "completed")
            let id = done.text("id")
            #expect(try await client.get("/api/drive/restore/\(id)").member("counts", "done") == .integer(2))
            let items = try await client.get("/api/drive/restore/\(id)/items?outcome=done&limit=1")
            #expect(try items.member("items", "1") == nil)
            guard case .string(let cursor)? = try items.member("next_cursor") else { Issue.record("no cursor"); return }
            let rest = try await client.get("/api/drive/restore/\(id)/items?outcome=done&cursor=\(cursor)")
            #expect(try rest.member("items", "0", "acts", "0") == .string("version"))
            #expect(try await client.get("/api/files/\(file)/download").text == "first")
            let cancelled = try await client.post("/api/drive/restore/\(id)/cancel")
            #expect(cancelled.status == 409)
            #expect(cancelled.code == "restore_ended")

            let versions = try await client.get("/api/fichiers/\(folder)/versions")
            #expect(try versions.member("versions", "0", "type") == .string("dossier"))
            #expect(try versions.member("versions", "0", "nombre_elements") == .integer(1))
        }
    }

    @Test func aRestoreIsTheOwnersAndNobodyElsesToSee() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let before = Self.moment(service)
            try await alex.client.put("x", at: "a.txt")
            let id = try await alex.client.post("/api/drive/restore", json: #"{"as_of":\#(before)}"#).text("id")
            for path in ["", "/items"] {
                #expect(try await sarah.client.get("/api/drive/restore/\(id)\(path)").status == 403)
            }
            #expect(try await sarah.client.post("/api/drive/restore/\(id)/cancel").status == 403)
        }
    }

    @Test func aBurstIsANotificationThatOffersTheMomentBefore() async throws {
        try await withService { service in
            let client = try await service.person().client
            for number in 0..<50 { try await client.put("one", at: "\(number).txt") }
            service.world.clock.advance(seconds: 3_600)
            for number in 0..<50 { try await client.put("two", at: "\(number).txt") }
            try await RewriteWatch(service.world.core).round()
            let told = try await client.get("/api/notifications")
            #expect(try told.member("notifications", "0", "code") == .string("rewrite_burst"))
            #expect(try told.member("notifications", "0", "details", "count") == .integer(50))
            #expect(try told.member("notifications", "0", "details", "folder_id") == .null)
            guard case .integer(let moment)? = try told.member("notifications", "0", "details", "as_of") else {
                Issue.record("no moment"); return
            }
            let done = try await client.post("/api/drive/restore", json: "{\"as_of\":\(moment)}")
            #expect(try done.member("counts", "version") == .integer(50), "\(done.text)")
        }
    }

    @Test func versionsAreComparedInBothForms() async throws {
        try await withService { service in
            let client = try await service.person().client
            let id = try await client.put("one\ntwo\n", at: "a.txt").text("id")
            try await client.put("one\n2\n", at: "a.txt")
            let compared = try await client.get("/api/fichiers/\(id)/versions/compare?from=1&to=2")
            #expect(try compared.member("identique") == .boolean(false))
            #expect(try compared.member("difference_taille") == .integer(-2))
            #expect(try compared.member("texte", "blocs", "0", "lignes", "1", "texte") == .string("two"))
            #expect(try compared.member("a", "courante") == .boolean(true))
            let text = try await client.get("/api/fichiers/\(id)/versions/compare?from=1&to=2&format=texte")
            #expect(text.text.contains("-two\n+2\n"))
            #expect(text.headers.first("Content-Type")?.hasPrefix("text/plain") == true)
            #expect(try await client.get("/api/fichiers/\(id)/versions/compare?from=1").status == 400)
            #expect(try await client.get("/api/fichiers/\(id)/versions/compare?from=1&to=7").status == 404)
        }
    }
}
