import Testing

/// Retention, holds and erasure from the command line, beside a running server.
@Suite struct KeepingCommandTests {
    @Test func rulesAreSetExplainedAndEndedAndAnAccountIsErased() async throws {
        let place = try Place()
        try await Program.makeUser("ama@example.com", role: "admin", password: Session.password, in: place)
        try await Program.makeUser("kofi@example.com", role: "contributeur", password: Session.password, in: place)
        let server = try await RunningServer(place)
        let (folder, file, kofi) = try await blocking {
            let session = try Session(at: server, email: "kofi@example.com")
            let folder = try session.connection.json("POST", "/api/drive/folders", ["name": "Contracts"]).string("id")
            let file = try session.upload("a.txt", Array("first".utf8), parent: folder)
            let second = try session.connection.send(
                "POST", "/api/fichiers/\(file)/version", headers: ["Content-Type": "application/octet-stream"],
                body: Array("second".utf8))
            #expect(second.status == 201, "\(second.text)")
            return (folder, file, try session.connection.send("GET", "/api/me").string("id"))
        }
        func run(_ words: [String], _ more: String...) async throws -> Program.Result {
            try await Program.run(words + place.flags + more)
        }
        let set = try await run(
            ["retention", "set"], "--node", folder, "--name", "Contracts", "--reason", "Law", "--duration", "P10Y",
            "--keep-versions", "1")
        #expect(set.status == 0, "\(set.errors)")
        let policy = String(set.output.prefix(36))
        #expect(try await run(["retention", "list"]).output.contains("governance  P3660D  newest 1"))
        #expect(try await run(["retention", "explain"], "--node", file).output.contains("\"Contracts\""))
        let dry = try await run(["retention", "expire"], "--id", policy, "--dry-run")
        #expect(dry.output.contains("kept: minimum retention"), "\(dry.output)\(dry.errors)")
        #expect(dry.output.contains("0 versions would expire"))
        let shorter = try await run(
            ["retention", "change"], "--id", policy, "--duration", "0", "--reason", "Over")
        #expect(shorter.status == 0, "\(shorter.errors)")
        #expect(try await run(["retention", "expire"], "--id", policy).output.hasPrefix("1 versions expired"))

        let hold = try await run(["holds", "open"], "--name", "Case 7", "--reason", "Litigation", "--nodes", file)
        #expect(hold.status == 0, "\(hold.errors)")
        let case7 = String(hold.output.prefix(36))
        #expect(try await run(["holds", "release"], "--id", case7, "--reason", "Settled").status == 0)
        let alone = try await run(["holds", "confirm"], "--id", case7)
        #expect(alone.status == 1 && alone.errors.contains("another person must"), "\(alone.errors)")

        let plan = try await run(["users", "erase"], "--id", kofi, "--dry-run")
        #expect(plan.output.contains("kept: 1") && plan.output.contains("nothing was changed"), "\(plan.output)")
        let erased = try await run(["users", "erase"], "--id", kofi)
        #expect(erased.status == 0 && erased.output.contains("the rest goes when the rules end"), "\(erased.errors)")
        try await blocking {
            let admin = try Session(at: server, email: "ama@example.com")
            let confirmed = try admin.connection.send("POST", "/api/admin/holds/\(case7)/release/confirm")
            #expect(confirmed.status == 200)
        }
        let finished = try await run(["users", "erase"], "--id", kofi)
        #expect(finished.output.hasSuffix("finished"), "\(finished.output)\(finished.errors)")
        #expect(try await run(["retention", "lift"], "--id", policy, "--reason", "Nothing left").status == 0)
        #expect(await server.stop() == 0)
    }

    @Test(arguments: [
        (["retention", "set"], ["--node", "x", "--name", "n", "--reason", "r"], "not the id of a file or folder"),
        (["retention", "expire"], ["--id", "x"], "expected a UUID"),
        (["holds", "open"], ["--name", "n", "--nodes", "x"], "--reason is missing"),
        (["users", "erase"], [], "--id is missing"),
    ])
    func whatIsMissingOrWrongIsSaid(_ words: [String], _ flags: [String], _ expected: String) async throws {
        let result = try await Program.run(words + (try Place()).flags + flags)
        #expect(result.status == 2)
        #expect(result.errors.contains(expected), "\(result.errors)")
    }
}
