import Crypto
import Foundation
import Testing

/// A vault whose keys are locked is served sealed, and opened without a restart.
@Suite struct SealedTests {
    @Test func aSealedVaultTellsTheTruthAndNothingElse() async throws {
        let vault = try await LockedVault("passphrase", ["--passphrase-file", try passphraseFile()])
        let locked = try await RunningServer(
            vault.place.flags + ["--key-provider", "passphrase", "--listen", "127.0.0.1:0"], environment: [:])
        #expect(locked.child.output.contains("The vault is sealed: its passphrase unseals it"))

        let health = try await locked.get("/health")
        #expect(health.status == 503)
        #expect(health.string("status") == "DOWN")
        let checks = health.json["checks"] as? [String: [String: Any]] ?? [:]
        #expect(checks["keys"]?["reason"] as? String == "passphrase_needed")
        #expect(checks["database"]?["status"] as? String == "UP")
        let ready = try await locked.get("/ready")
        #expect(ready.status == 503 && ready.string("reason") == "vault_sealed")
        #expect(try await locked.get("/metrics").text.contains("\ncloudspace_sealed 1\n"))
        #expect(try await locked.get("/").text.contains("This vault is sealed"))

        for (method, target) in [
            ("GET", "/api/files"), ("POST", "/api/auth/login"), ("GET", "/api/journal"), ("GET", "/nowhere"),
            ("PUT", "/api/files/upload"),
        ] {
            let reply = try await blocking {
                try locked.connect().send(method, target, headers: ["Accept-Language": "fr"], body: [1, 2, 3])
            }
            #expect(reply.status == 503, "\(method) \(target)")
            #expect(reply.string("code") == "vault_sealed")
            #expect(reply.string("error").contains("scellé"))
            #expect(reply.headers["retry-after"] == "30")
        }
        #expect(await locked.stop() == 0)
    }

    @Test func thePassphraseOpensItOverHTTP() async throws {
        let vault = try await LockedVault("passphrase", ["--passphrase-file", try passphraseFile()])
        let server = try await RunningServer(
            vault.place.flags + ["--key-provider", "passphrase", "--listen", "127.0.0.1:0"], environment: [:])

        let status = try await server.get("/api/admin/seal")
        #expect(status.json["sealed"] as? Bool == true)
        let wrong = try await server.post("/api/admin/unseal", ["passphrase": "three words"])
        #expect(wrong.status == 403 && wrong.string("code") == "passphrase_wrong")
        let kind = try await server.post("/api/admin/unseal", ["share": "CSVSHARE1-AAAA"])
        #expect(kind.status == 409)
        #expect(try await server.post("/api/admin/unseal", ["passphrase": "x", "share": "y"]).status == 400)

        let right = try await server.post("/api/admin/unseal", ["passphrase": LockedVault.passphrase])
        #expect(right.status == 200)
        #expect(right.json["sealed"] as? Bool == false)
        #expect(try await server.get("/ready").status == 200)
        #expect(try await server.get("/metrics").text.contains("\ncloudspace_sealed 0\n"))
        let again = try await server.post("/api/admin/unseal", ["passphrase": LockedVault.passphrase])
        #expect(again.status == 401, "who asks an open vault must sign in")

        let actions = try await server.actions(try await server.signIn())
        #expect(
            actions.filter { ["vault_sealed", "unseal_refused", "vault_unsealed"].contains($0) } == [
                "vault_unsealed", "unseal_refused", "vault_sealed",
            ])
        #expect(!server.child.errors.contains(LockedVault.passphrase))
        #expect(!server.child.errors.contains("three words"))
        #expect(await server.stop() == 0)
    }

    @Test func theJournalIsVerifiedWithoutTheKeys() async throws {
        let vault = try await LockedVault("passphrase", ["--passphrase-file", try passphraseFile()])
        let server = try await RunningServer(
            vault.place.flags + ["--key-provider", "passphrase", "--listen", "127.0.0.1:0"], environment: [:])
        #expect(try await server.get("/api/journal/verification").string("state") == "idle")
        #expect(try await server.post("/api/journal/verification", [:]).status == 202)
        try await server.wait(for: "/api/journal/verification") { $0.string("state") == "done" }
        let done = try await server.get("/api/journal/verification")
        #expect(done.json["sound"] as? Bool == true, "\(done.text)")
        #expect((done.json["events"] as? Int ?? 0) + (done.json["pending"] as? Int ?? 0) > 0)
        #expect(await server.stop() == 0)
    }

    @Test func sharesOpenItFromTheCommandLineOneByOne() async throws {
        let vault = try await LockedVault("shares")
        #expect(vault.shares.count == 3)
        let server = try await vault.serve()
        #expect(server.child.output.contains("2 shares unseal it"))

        func unseal(_ text: String) async throws -> Program.Result {
            try await Program.run(
                ["keys", "unseal", "--server", server.url, "--share-file", "-"], input: text + "\n")
        }
        let first = try await unseal(vault.shares[2])
        #expect(first.status == 0 && first.output.contains("1 of 2 shares are here"), "\(first.errors)")
        let repeated = try await unseal(vault.shares[2])
        #expect(repeated.status == 2 && repeated.errors.contains("Share 3 is here already"))
        let mistyped = try await unseal(
            String(vault.shares[0].dropLast()) + (vault.shares[0].hasSuffix("A") ? "B" : "A"))
        #expect(mistyped.status == 2 && mistyped.errors.contains("typing error"))
        let stranger = try await LockedVault("shares")
        let foreign = try await unseal(stranger.shares[0])
        #expect(foreign.status == 2 && foreign.errors.contains("belongs to another vault"))
        let last = try await unseal(vault.shares[0].lowercased())
        #expect(last.status == 0 && last.output.contains("The vault is open."), "\(last.errors)")
        let needless = try await unseal(vault.shares[0])
        #expect(needless.output.contains("The vault is not sealed."))

        let token = try await server.signIn()
        #expect(try await server.actions(token).filter { $0 == "unseal_refused" }.count == 3)
        for share in vault.shares { #expect(!server.child.errors.contains(share)) }
        #expect(await server.stop() == 0)
    }

    @Test func anAdministratorSealsItAndItsPeopleOpenItAgain() async throws {
        let vault = try await LockedVault("shares")
        let server = try await vault.serve(["--share-file", vault.place.root + "/shares.txt"])
        let administrator = try await server.signIn()
        let file = try await blocking {
            try Session(token: administrator, at: server).upload("a.txt", Array("sealed and opened".utf8))
        }
        let reader = try await blocking { try Session(registeringAt: server, email: "b@example.com").token }
        #expect(try await server.post("/api/admin/seal", [:], token: reader).status == 403)
        #expect(try await server.post("/api/admin/seal", [:]).status == 401)

        let token = try vault.write(administrator, "token.txt")
        let sealed = try await Program.run(["keys", "seal", "--server", server.url, "--token-file", token])
        #expect(sealed.status == 0 && sealed.output.contains("The vault is sealed"), "\(sealed.errors)")
        #expect(try await server.get("/ready").string("sealed") == "sealed_by_administrator")
        let download = try await blocking { try Session(token: administrator, at: server).download(file) }
        #expect(download.status == 503 && download.string("code") == "vault_sealed")
        try await server.wait(for: "/metrics") { _ in server.child.errors.contains("all keys are gone from memory") }

        let opened = try await Program.run(
            ["keys", "unseal", "--server", server.url, "--share-file", vault.place.root + "/shares.txt"])
        #expect(opened.output.contains("The vault is open."), "\(opened.errors)")
        let again = try await blocking { try Session(token: administrator, at: server).download(file) }
        #expect(again.text == "sealed and opened")
        #expect(await server.stop() == 0)
    }

    @Test func whatNeedsNoPersonIsNotOpenedByAnybodyOverTheNetwork() async throws {
        let place = try Place()
        try await Program.makeUser("a@example.com", role: "admin", password: Session.password, in: place)
        let server = try await RunningServer(place)
        #expect(try await server.post("/api/admin/seal", [:], token: try await server.signIn()).status == 200)
        let refused = try await server.post("/api/admin/unseal", [:])
        #expect(
            refused.status == 409 && refused.string("code") == "unseal_at_the_machine",
            "\(refused.status) \(refused.text) \(server.child.errors)")
        #expect(await server.stop() == 0)
        let again = try await RunningServer(place)
        _ = try await again.signIn()
        #expect(await again.stop() == 0)
    }

    @Test func aKeyFileThatIsPutBackOpensItByItself() async throws {
        let place = try Place()
        try await Program.makeUser("a@example.com", role: "admin", password: Session.password, in: place)
        for file in ["vault.key", "ring.sealed"] {
            try FileManager.default.moveItem(atPath: "\(place.keys)/\(file)", toPath: place.root + "/moved")
            let server = try await RunningServer(place)
            #expect(try await server.get("/ready").string("sealed") == "keys_missing")
            #expect(server.child.errors.contains("backup"), "\(server.child.errors)")
            try FileManager.default.moveItem(atPath: place.root + "/moved", toPath: "\(place.keys)/\(file)")
            try await server.wait(for: "/ready") { $0.status == 200 }
            _ = try await server.signIn()
            #expect(await server.stop() == 0)
        }
    }

    @Test func guessingIsSlowedDown() async throws {
        let vault = try await LockedVault("shares")
        let server = try await vault.serve()
        var statuses: [Int] = []
        for _ in 0..<12 {
            statuses.append(try await server.post("/api/admin/unseal", ["share": "CSVSHARE1-AAAA"]).status)
        }
        #expect(statuses == [Int](repeating: 400, count: 10) + [429, 429])
        #expect(await server.stop() == 0)
    }

    @Test func aRingOlderThanTheDataIsRefused() async throws {
        let place = try Place()
        try await Program.makeUser("a@example.com", role: "admin", password: Session.password, in: place)
        let ringPath = place.keys + "/ring.sealed"
        let old = try Data(contentsOf: URL(fileURLWithPath: ringPath))
        let provider = FileKeyProvider(directory: place.keys)
        let ring = try provider.unlock()
        ring.addGeneration()
        try provider.save(ring)
        #expect(try await Program.run(["users", "list"] + place.flags).status == 0)
        try old.write(to: URL(fileURLWithPath: ringPath))
        for command in [["users", "list"], ["serve", "--listen", "127.0.0.1:0"]] {
            let result = try await Program.run(command + place.flags)
            #expect(result.status == 2, "\(command)")
            #expect(result.errors.contains("older than the data"), "\(result.errors)")
        }
    }

    private func passphraseFile() throws -> String {
        let path = try Scratch.file()
        try (LockedVault.passphrase + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}
