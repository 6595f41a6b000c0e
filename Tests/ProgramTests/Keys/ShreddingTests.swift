import Foundation
import Testing
import VaultTesting

/// What a purge leaves is looked through by a program that is not ours: scripts/prove_shredding.py.
@Suite struct ShreddingTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../scripts/prove_shredding.py").standardizedFileURL.path
    private static let python = ProcessInfo.processInfo.environment["CLOUDSPACE_TEST_PYTHON"] ?? "python3"

    private func prove(_ place: Place, _ node: String, _ more: [String] = []) async throws -> Program.Result {
        let child = try ChildProcess(
            "/usr/bin/env",
            [Self.python, Self.script, "--data", place.data, "--keys", place.keys, "--node", node] + more)
        let status = await child.exit()
        return Program.Result(status: status, output: child.output, errors: child.errors)
    }

    private func hex(_ text: String) -> String { text.utf8.map { String(format: "%02x", $0) }.joined() }

    /// A document with everything that can hang on one: small and large versions, a name, a comment, a link, a preview.
    private func plant(_ server: RunningServer) throws -> (id: String, other: String, token: String) {
        let ama = try Session(registeringAt: server, email: "ama@example.com")
        let other = try ama.upload("other.txt", content(50_000, seed: 1))
        let id = try ama.upload("markname.pdf", PDFFile.page("marked"))
        for body in [
            Array("markcontent small".utf8), Array(String(repeating: "markcontent large ", count: 20_000).utf8),
        ] {
            let reply = try ama.connection.send(
                "POST", "/api/fichiers/\(id)/version?message=marknote",
                headers: ["Content-Type": "application/octet-stream"], body: body)
            try #require(reply.status == 201, "\(reply.text)")
        }
        let comment = try ama.connection.json("POST", "/api/files/\(id)/comments", ["text": "markcomment"])
        try #require(comment.status == 201, "\(comment.text)")
        let link = try ama.connection.json("POST", "/api/files/\(id)/links", ["password": "marklinkpass long"])
        try #require(link.status == 201, "\(link.text)")
        _ = try ama.connection.send("GET", "/api/files/\(id)/preview")
        #expect(try ama.download(id).status == 200)
        return (id, other, ama.token)
    }

    @Test func nothingThatIsLeftOfAPurgedFileOpens() async throws {
        let place = try Place()
        let first = try await RunningServer(place)
        let (id, other, token) = try await blocking { try self.plant(first) }
        #expect(await first.stop() == 0)
        let copy = place.root + "/copy"
        try FileManager.default.copyItem(atPath: place.data, toPath: copy)
        let query = "SELECT lower(hex(wrapped)) FROM file_keys WHERE owner_id = x'\(id.replacing("-", with: ""))'"
        let sqlite = try ChildProcess("/usr/bin/sqlite3", ["-readonly", place.database, query])
        try #require(await sqlite.exit() == 0, "\(sqlite.errors)")
        // Format and nonce are not secret; the ciphertext of the key is what must be gone.
        let wrapped = String(sqlite.output.trimmingCharacters(in: .whitespacesAndNewlines).dropFirst(50).prefix(64))
        try #require(wrapped.count == 64)
        let secrets = ([wrapped] + ["markname", "markcontent", "marknote", "markcomment", "marklinkpass"].map(hex))
            .flatMap { ["--secret", $0] }
        let alive = try await prove(place, id, secrets + ["--copy", copy])
        #expect(alive.status == 1, "it lives, and the proof says so")
        #expect(alive.output.contains("the file's own key is still there"), "\(alive.output) \(alive.errors)")
        #expect(alive.output.contains("data key of a content opens"))
        #expect(alive.output.contains("version 3 opens"))
        #expect(alive.output.contains("comment opens"))
        #expect(alive.output.contains("(SHA-256 of the secret) is in"), "the wrapped key can be found")

        let server = try await RunningServer(place)
        let export = try Scratch.file() + ".ndjson"
        try await blocking {
            let ama = try Session(token: token, at: server)
            #expect(try ama.connection.send("DELETE", "/api/files/\(id)").status == 200)
            #expect(try ama.connection.send("DELETE", "/api/trash/\(id)").status == 200)
            #expect(try ama.download(id).status != 200)
        }
        let served = try await prove(place, id, secrets + ["--copy", copy])
        #expect(served.status == 0, "while it is served: \(served.output) \(served.errors)")
        try await blocking {
            let ama = try Session(token: token, at: server)
            #expect(try ama.connection.send("POST", "/api/auth/logout").status == 200)
        }
        #expect(await server.stop() == 0)
        let journal = try await Program.run(["journal", "export", "--out", export] + place.flags)
        #expect(journal.status == 0, "\(journal.errors)")
        let stopped = try await prove(place, id, secrets + ["--copy", copy, "--file", export])
        #expect(stopped.status == 0, "\(stopped.output) \(stopped.errors)")
        #expect(stopped.output.contains("3 version rows are there"), "\(stopped.output)")
        #expect(try await prove(place, other).status == 1, "the other file is as it was")
        #expect(try await Program.run(["journal", "verify"] + place.flags).status == 0)
        let key = try #require(journal.errors.split(separator: "\n").first { $0.hasPrefix("verifier key: ") })
        let verified = try await Program.run(
            ["journal", "verify", "--file", export, "--public-key", String(key.dropFirst("verifier key: ".count))])
        #expect(verified.status == 0, "every proof still verifies: \(verified.output) \(verified.errors)")

        // The copy's own keys open until the generation they rest under is gone, too.
        let withKeys = ["--copy", copy, "--with-its-keys"]
        #expect(try await prove(place, id, withKeys).status == 1)
        #expect(try await Program.run(["keys", "rotate"] + place.flags).status == 0)
        let destroyed = try await Program.run(["keys", "destroy-generation", "--generation", "1"] + place.flags)
        #expect(destroyed.status == 0, "\(destroyed.errors)")
        let last = try await prove(place, id, withKeys)
        #expect(last.status == 0, "no copy, however old, opens with the keys of today: \(last.output)")
        #expect(try await Program.run(["doctor", "--deep"] + place.flags).status == 0)
    }
}
