import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct AdminKeysTests {
    /// Goes on with the rotation under way, as the server's job does.
    private func work(_ service: Service) async throws {
        let core = service.world.core
        try await core.leases.round()
        try await RotationWork(core).run(under: try #require(core.leases.held[.rotation]))
    }

    @Test func aRotationFromItsStartToTheEndOfTheOldGeneration() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let id = try await admin.client.put("content", at: "a.txt").text("id")
            var keys = try await admin.client.get("/api/admin/keys")
            #expect(keys.status == 200, "\(keys.text)")
            #expect(keys.text("provider") == "file")
            #expect(try keys.member("active_generation") == .integer(1))
            #expect(try keys.member("generations", "0", "keys") == .integer(3))
            #expect(try keys.member("rotation") == .null)
            #expect(try await admin.client.get("/api/admin/keys/rotation").member("rotation") == .null)

            let asked = try await admin.client.post(
                "/api/admin/keys/rotation", json: #"{"rate":100000,"reason":"yearly"}"#)
            #expect(asked.status == 202, "\(asked.text)")
            #expect(asked.text("state") == "requested")
            #expect(try asked.member("to_generation") == .integer(2))
            #expect(asked.text("reason") == "yearly")
            #expect(asked.text("requested_by") == admin.id)
            let twice = try await admin.client.post("/api/admin/keys/rotation")
            #expect(twice.status == 409)
            #expect(twice.code == "rotation_under_way")
            let french = try await admin.client.with("Accept-Language", "fr").post("/api/admin/keys/rotation")
            #expect(french.error?.hasPrefix("Une rotation est en cours") == true)

            let paused = try await admin.client.send(.post, "/api/admin/keys/rotation/pause")
            #expect(paused.text("state") == "paused")
            #expect(paused.text("step") == "requested")
            #expect(try await admin.client.send(.post, "/api/admin/keys/rotation/pause").code == "rotation_paused")
            let resumed = try await admin.client.post("/api/admin/keys/rotation/resume", json: #"{"rate":null}"#)
            #expect(resumed.status == 200)
            #expect(try resumed.member("rate") == .null)
            try await work(service)

            let done = try await admin.client.get("/api/admin/keys/rotation")
            #expect(try done.member("rotation", "state") == .string("completed"))
            #expect(try done.member("rotation", "done") == .integer(3))
            keys = try await admin.client.get("/api/admin/keys")
            #expect(try keys.member("generations", "0", "state") == .string("retired"))
            #expect(try keys.member("generations", "0", "keys") == .integer(0))
            #expect(try keys.member("generations", "1", "state") == .string("active"))
            #expect(try keys.member("generations", "1", "keys") == .integer(3))
            #expect(try await admin.client.get("/api/files/\(id)/download").text == "content")

            let early = try await admin.client.delete("/api/admin/keys/generations/1")
            #expect(early.status == 409)
            #expect(early.code == "sign_ins_last")
            service.world.clock.advance(seconds: 25 * 3_600)
            let token = try await service.world.vault.sessions.open(admin.account.id, from: .local).token
            let again = service.anyone.signedIn(token)
            let destroyed = try await again.delete("/api/admin/keys/generations/1")
            #expect(destroyed.status == 200, "\(destroyed.text)")
            #expect(try destroyed.member("stored") == .boolean(true))
            #expect(try await again.delete("/api/admin/keys/generations/1").code == "generation_destroyed")
            #expect(try await again.delete("/api/admin/keys/generations/2").code == "generation_in_use")
            #expect(try await again.delete("/api/admin/keys/generations/9").status == 404)
        }
    }

    @Test(arguments: [
        #"{"rate":0}"#, #"{"rate":-5}"#, #"{"rate":1000001}"#, #"{"rate":1.5}"#, #"{"rate":"fast"}"#,
        #"{"reason":7}"#, #"[]"#, #"{"rate":99999999999999999999}"#,
    ])
    func oddRequestsAreRefusedAndChangeNothing(body: String) async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let answer = try await admin.client.post("/api/admin/keys/rotation", json: body)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(try await admin.client.get("/api/admin/keys/rotation").member("rotation") == .null)
        }
    }

    @Test(arguments: ["0", "-1", "01", "x", "1.0", "99999999999999999999"])
    func aGenerationIsANumber(text: String) async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let answer = try await admin.client.delete("/api/admin/keys/generations/\(text)")
            #expect(answer.status == 400, "\(answer.text)")
        }
    }
}
