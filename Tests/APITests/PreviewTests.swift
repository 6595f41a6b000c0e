import Crypto
import Database
import HTTP
import Media
import Testing
import Vault
import VaultTesting

/// Previews over HTTP, made by the real program.
@Suite struct PreviewTests {
    private static let picture = PNGFile.picture(width: 800, height: 400)

    private func put(_ bytes: [UInt8], at name: String, as client: HTTPTestClient) async throws -> String {
        let answer = try await client.form("/api/files/upload", [.file("file", name, bytes)])
        try #require(answer.status == 201, "\(answer.text)")
        return answer.text("id")
    }

    @Test func aPictureHasAPreviewAsDocumented() async throws {
        try await withPreviews { service in
            let alex = try await service.person()
            let id = try await put(Self.picture, at: "photo.png", as: alex.client)
            let answer = try await alex.client.get("/api/files/\(id)/preview")
            #expect(answer.status == 200)
            #expect(try answer.member("can_preview") == .boolean(true))
            #expect(answer.text("preview_type") == "image")
            let address = answer.text("preview_url")
            let version = try await alex.client.get("/api/files/\(id)").text("version_id")
            #expect(address.hasPrefix("/uploads/previews/\(version).jpg?"))

            // As an <img> asks for it: without a token.
            let image = try await service.anyone.get(address)
            #expect(image.status == 200)
            #expect(image.headers.first("Content-Type") == "image/jpeg")
            #expect(image.headers.first("X-Content-Type-Options") == "nosniff")
            #expect(image.headers.first("Cache-Control") == "private, max-age=3600")
            #expect(image.body.starts(with: [0xFF, 0xD8, 0xFF]))
            let tag = try #require(image.headers.first("ETag"))
            let again = try await service.anyone.get(address, headers: [("If-None-Match", tag)])
            #expect(again.status == 304)
            // The details and the favourites name it from now on.
            let details = try await alex.client.get("/api/files/\(id)")
            #expect(details.text("preview_url").hasPrefix("/uploads/previews/\(version).jpg?"))
            _ = try await alex.client.put("/api/files/\(id)/star", json: "{}")
            let starred = try await alex.client.get("/api/files/starred")
            #expect(try starred.member("files", "0", "preview_url") == .string(details.text("preview_url")))
        }
    }

    @Test func aPDFHasOneAndATextHasNone() async throws {
        try await withPreviews { service in
            let alex = try await service.person()
            let pdf = try await put(PDFFile.page("Rapport"), at: "rapport.pdf", as: alex.client)
            #expect(try await alex.client.get("/api/files/\(pdf)/preview").text("preview_type") == "pdf")
            let folder = try await alex.client.folder("Plans")
            let text = try await put(Array("words".utf8), at: "a.txt", as: alex.client)
            for id in [text, folder] {
                let answer = try await alex.client.get("/api/files/\(id)/preview")
                #expect(answer.body == Array(#"{"preview_url":null,"preview_type":null,"can_preview":false}"#.utf8))
            }
        }
    }

    @Test func whatCannotBeShownIsTriedOnce() async throws {
        try await withPreviews { service in
            let alex = try await service.person()
            let bomb = try await put(PNGFile.bomb(width: 100_000, height: 100_000), at: "bomb.png", as: alex.client)
            let broken = try await put(Array("%PDF-1.7 nothing".utf8), at: "broken.pdf", as: alex.client)
            for id in [bomb, broken, bomb, broken] {
                let answer = try await alex.client.get("/api/files/\(id)/preview")
                #expect(try answer.member("can_preview") == .boolean(false))
                #expect(try answer.member("is_pending") == nil)
            }
            let statistics = try #require(service.world.vault.previews.statistics)
            #expect(statistics.refused == 2)
            #expect(statistics.failed == 0)
            let metrics = try await service.anyone.get("/metrics").text
            #expect(metrics.contains("cloudspace_previews_refused_total 2"))
        }
    }

    @Test func onlyThoseWhoMayReadTheFileSeeIt() async throws {
        try await withPreviews { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let id = try await put(Self.picture, at: "photo.png", as: alex.client)
            let address = try await alex.client.get("/api/files/\(id)/preview").text("preview_url")
            let path = String(address.prefix { $0 != "?" })
            #expect(try await sarah.client.get("/api/files/\(id)/preview").status == 403)
            #expect(try await sarah.client.get(path).status == 403)
            #expect(try await service.anyone.get(path).status == 401)
            #expect(try await alex.client.get(path).status == 200)
            #expect(try await alex.client.get("/uploads/previews/nothing.jpg").status == 404)
            #expect(try await alex.client.get("/uploads/previews/\(sarah.id).jpg").status == 404)
            #expect(try await alex.client.get(String(path.dropLast(4))).status == 404)

            // A signature is good for its person, its path and its time.
            let query = address.drop { $0 != "?" }
            let other = query.replacing(alex.id, with: sarah.id)
            #expect(try await service.anyone.get(path + other).status == 401)
            #expect(try await service.anyone.get("/uploads/previews/\(sarah.id).jpg" + query).status == 401)
            #expect(try await service.anyone.get(address + "x").status == 401)
            #expect(try await service.anyone.get(address).status == 200)
            service.world.clock.advance(seconds: 301)
            #expect(try await service.anyone.get(address).status == 401)
        }
    }

    @Test func takingAShareBackEndsAtOnceWhatItsAddressShowed() async throws {
        try await withPreviews { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let id = try await put(Self.picture, at: "photo.png", as: alex.client)
            let node = try #require(NodeID(id))
            let account = sarah.account.id
            let giver = alex.account.id
            try await service.world.database.write { transaction in
                try transaction.run(
                    """
                    INSERT INTO grants (node_id, grantee_id, permission, granted_by, created_at)
                    VALUES (\(node), \(account), 1, \(giver), 1)
                    """)
            }
            let address = try await sarah.client.get("/api/files/\(id)/preview").text("preview_url")
            #expect(try await service.anyone.get(address).status == 200)
            try await service.world.database.write { transaction in
                try transaction.run("DELETE FROM grants WHERE node_id = \(node)")
            }
            #expect(try await service.anyone.get(address).status == 403)
        }
    }

    @Test func aLookIsJournalledAndTheMakingIsNot() async throws {
        try await withPreviews { service in
            let alex = try await service.person()
            let id = try await put(Self.picture, at: "photo.png", as: alex.client)
            let address = try await alex.client.get("/api/files/\(id)/preview").text("preview_url")
            func views() async throws -> Int {
                try await service.world.database.read { snapshot in
                    try snapshot.first("SELECT COUNT(*) FROM journal_events WHERE action = 'file_viewed'") { $0.int(0) }
                        ?? 0
                }
            }
            #expect(try await views() == 0)
            _ = try await service.anyone.get(address)
            _ = try await service.anyone.get(address)
            #expect(try await views() == 1)
        }
    }

    @Test func purgingTakesThePreviewAlong() async throws {
        try await withPreviews { service in
            let alex = try await service.person()
            // Large enough to rest outside the database: noise does not compress.
            var state: UInt64 = 88_172_645_463_325_252
            let noise = PNGFile.picture(width: 700, height: 700) { _, _ in
                (0..<3).map { _ in
                    state ^= state << 13
                    state ^= state >> 7
                    state ^= state << 17
                    return UInt8(truncatingIfNeeded: state)
                }
            }
            let id = try await put(noise, at: "noise.png", as: alex.client)
            _ = try await alex.client.get("/api/files/\(id)/preview")
            #expect(try await service.world.blobs.list(after: nil, limit: 10).count == 2)
            #expect(try await alex.client.send(.delete, "/api/files/\(id)").status == 200)
            #expect(try await alex.client.send(.delete, "/api/trash/\(id)").status / 100 == 2)
            #expect(try await service.world.blobs.list(after: nil, limit: 10).isEmpty)
            let rows = try await service.world.database.read { snapshot in
                try snapshot.first("SELECT (SELECT COUNT(*) FROM previews) + (SELECT COUNT(*) FROM blobs)") {
                    $0.int(0)
                }
            }
            #expect(rows == 0)
        }
    }

    @Test func withoutTheProgramThereAreNone() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await put(Self.picture, at: "photo.png", as: alex.client)
            #expect(try await alex.client.get("/api/files/\(id)/preview").member("can_preview") == .boolean(false))
            #expect(try await service.anyone.get("/metrics").text.contains("cloudspace_preview_program 0"))
            let refused = try await alex.client.form(
                "/api/user/profile/avatar", [.file("file", "me.png", Self.picture)])
            #expect(refused.status == 503)
            #expect(refused.code == "no_picture_program")
        }
    }
}

/// A service that can make pictures.
func withPreviews(_ body: (Service) async throws -> Void) async throws {
    let path = try #require(PreviewProgram.besideThisOne())
    let program = try #require(PreviewProgram(path: path, workers: 2))
    try await withService(previews: program, body)
}
