import Foundation
import Testing

/// The same ring behind one lock after the other.
@Suite struct ChangeProviderTests {
    @Test func aRingGoesFromLockToLock() async throws {
        let place = try Place()
        try await Program.makeUser("a@example.com", role: "admin", password: Session.password, in: place)
        let passphrase = place.root + "/passphrase"
        try "four words of mine\n".write(toFile: passphrase, atomically: true, encoding: .utf8)

        let locked = try await change(place, [], ["--to", "passphrase", "--new-passphrase-file", passphrase])
        #expect(locked.status == 0, "\(locked.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.keys) == ["ring.sealed"])
        #expect(try await Program.run(["users", "list"] + place.flags).errors.contains("locked with a passphrase"))
        let byPassphrase = ["--key-provider", "passphrase", "--passphrase-file", passphrase]
        #expect(try await Program.run(["users", "list"] + place.flags + byPassphrase).status == 0)

        let split = try await change(place, byPassphrase, ["--to", "shares", "--shares", "3", "--threshold", "2"])
        #expect(split.status == 0, "\(split.errors)")
        let first = try shares(split, place, "first")
        let anew = try await change(place, byShares(first), ["--to", "shares", "--shares", "2", "--threshold", "2"])
        #expect(anew.status == 0, "\(anew.errors)")
        let second = try shares(anew, place, "second")
        let old = try await Program.run(["users", "list"] + place.flags + byShares(first))
        #expect(old.status == 2 && old.errors.contains("this share was replaced"), "\(old.errors)")

        let status = try await Program.run(["keys", "status"] + place.flags + ["--key-provider", "shares"])
        #expect(status.output.contains("2 of 2 unlock it") && status.output.contains("self-test    passed"))

        let back = try await change(place, byShares(second), ["--to", "file"])
        #expect(back.status == 0, "\(back.errors)")
        let server = try await RunningServer(place)
        let actions = try await server.actions(try await server.signIn())
        #expect(actions.filter { $0 == "key_provider_changed" }.count == 4)
        let running = try await change(place, [], ["--to", "passphrase", "--new-passphrase-file", passphrase])
        #expect(running.status == 2 && running.errors.contains("another server is serving"))
        #expect(await server.stop() == 0)
    }

    @Test func whatIsWrongIsRefusedBeforeAnythingChanges() async throws {
        let place = try Place()
        try await Program.makeUser("a@example.com", role: "admin", password: Session.password, in: place)
        let before = try Data(contentsOf: URL(fileURLWithPath: place.keys + "/ring.sealed"))
        for (more, words) in [
            (["--to", "paper"], "expected one of file, passphrase"), (["--to", "passphrase"], "--new-passphrase-file"),
            (["--to", "shares", "--shares", "2", "--threshold", "3"], "expected 2 to 2"),
            (["--to", "transit"], "--transit-url is missing"), (["--to", "pkcs11"], "PIN is missing"),
        ] {
            let result = try await change(place, [], more)
            #expect(result.status == 2, "\(more)")
            #expect(result.errors.contains(words), "\(more): \(result.errors)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.keys + "/ring.sealed")) == before)
    }

    private func change(_ place: Place, _ old: [String], _ new: [String]) async throws -> Program.Result {
        try await Program.run(["keys", "change-provider"] + place.flags + old + new)
    }

    private func byShares(_ file: String) -> [String] { ["--key-provider", "shares", "--share-file", file] }

    private func shares(_ result: Program.Result, _ place: Place, _ name: String) throws -> String {
        let lines = result.output.split(separator: "\n").filter { $0.hasPrefix("share ") }
        let path = place.root + "/" + name
        try lines.compactMap { $0.split(separator: " ").last }.joined(separator: "\n")
            .write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}
