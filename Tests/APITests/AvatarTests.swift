import HTTP
import Testing
import Vault
import VaultTesting

/// Pictures of people over HTTP.
@Suite struct AvatarTests {
    private static let picture = PNGFile.picture(width: 300, height: 200)

    private func upload(_ bytes: [UInt8], _ name: String, as client: HTTPTestClient) async throws -> HTTPTestResponse {
        try await client.form("/api/user/profile/avatar", [.file("file", name, bytes)])
    }

    @Test func aPictureIsShownWhereverThePersonIs() async throws {
        try await withPreviews { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let answer = try await upload(Self.picture, "me.png", as: alex.client)
            #expect(answer.status == 200)
            let address = answer.text("avatar_url")
            #expect(address.wholeMatch(of: #/\/uploads\/avatars\/[0-9a-f-]{36}\.jpg/#) != nil)
            #expect(try await alex.client.get("/api/user/profile").text("avatar_url") == address)
            let found = try await sarah.client.get("/api/search?q=alex")
            #expect(found.text.contains(address))

            let image = try await sarah.client.get(address)
            #expect(image.status == 200)
            #expect(image.headers.first("Content-Type") == "image/jpeg")
            #expect(image.headers.first("Cache-Control") == "private, max-age=31536000")
            #expect(image.body.starts(with: [0xFF, 0xD8, 0xFF]))
            #expect(try await service.anyone.get(address).status == 401)
            let signed = service.world.vault.pictureLinks.signed(address, for: sarah.account.id)
            #expect(try await service.anyone.get(signed).status == 200)

            // Another picture has another address, and the old one is gone.
            let second = try await upload(GIFFile.picture(width: 20, height: 20, frames: 3), "me.gif", as: alex.client)
            #expect(second.text("avatar_url") != address)
            #expect(try await sarah.client.get(address).status == 404)
            #expect(try await sarah.client.get("/api/search?q=alex").text.contains(second.text("avatar_url")))

            let removed = try await alex.client.send(.delete, "/api/user/profile/avatar")
            #expect(try removed.member("avatar_url") == .null)
            #expect(try await alex.client.get("/api/user/profile").member("avatar_url") == .null)
            #expect(try await sarah.client.get(second.text("avatar_url")).status == 404)
            let changes = try await service.world.database.read { snapshot in
                try snapshot.first("SELECT COUNT(*) FROM journal_events WHERE action = 'avatar_changed'") { $0.int(0) }
            }
            #expect(changes == 3)
        }
    }

    @Test func onlyPicturesAreTakenWhateverTheyAreCalled() async throws {
        try await withPreviews { service in
            let alex = try await service.person()
            let others: [[UInt8]] = [
                Array("not a picture at all".utf8), Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8),
                TIFFFile.grey(width: 9, height: 9), PDFFile.page("me"), [], PNGFile.bomb(width: 30_000, height: 30_000),
                [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3],
            ]
            for bytes in others {
                let answer = try await upload(bytes, "me.png", as: alex.client)
                #expect(answer.status == 400)
                #expect(answer.error == "Invalid file type. Allowed: jpg, png, gif, webp")
            }
            let nothing = try await alex.client.form("/api/user/profile/avatar", [.field("name", "x")])
            #expect(nothing.error == "No file provided")
            #expect(try await alex.client.get("/api/user/profile").member("avatar_url") == .null)
        }
    }

    @Test func aPictureAbove5MBIsRefused() async throws {
        try await withPreviews { service in
            let alex = try await service.person()
            let large = Self.picture + [UInt8](repeating: 0, count: 5 << 20)
            for bytes in [large, large + [UInt8](repeating: 0, count: 1 << 20)] {
                let answer = try await upload(bytes, "me.png", as: alex.client)
                #expect(answer.status == 413)
                #expect(answer.error == "File too large. Max 5MB")
            }
        }
    }

    @Test func thePictureTellsNothingOfWhereItWasTaken() async throws {
        try await withPreviews { service in
            let alex = try await service.person()
            let first = try await upload(Self.picture, "me.png", as: alex.client).text("avatar_url")
            let jpeg = try await alex.client.get(first).body
            let tagged = JPEGFile.withEXIF(jpeg, orientation: 3, marker: "MARKER-OF-A-PLACE")
            let second = try await upload(tagged, "me.jpg", as: alex.client).text("avatar_url")
            let shown = try await alex.client.get(second).body
            #expect(!String(decoding: shown, as: UTF8.self).contains("MARKER"))
            #expect(!JPEGFile.segments(of: shown).contains(0xE1))
        }
    }
}
