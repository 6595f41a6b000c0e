import Testing

/// Accounts from the command line.
@Suite struct UsersTests {
    private func create(_ place: Place, _ more: [String], input: String = "correct horse\n") async throws
        -> Program.Result
    {
        try await Program.run(["users", "create"] + place.flags + more, input: input)
    }

    @Test func aFirstAdministratorMakesKeysAndDataAndSaysWhere() async throws {
        let place = try Place()
        let made = try await create(
            place, ["--email", "ama@example.com", "--role", "admin", "--password-stdin", "--first-name", "Ama"])
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains(place.keys))
        #expect(made.output.contains("Back this directory up"))
        let list = try await Program.run(["users", "list"] + place.flags)
        #expect(list.status == 0)
        #expect(list.output.contains("admin") && list.output.contains("ama@example.com"))
    }

    @Test(arguments: [
        (["--email", "a@example.com", "--role", "admim", "--password-stdin"], 2, "did you mean admin?"),
        (["--email", "a@example.com", "--role", "admin"], 2, "--password-stdin is missing"),
        (["--role", "admin", "--password-stdin"], 2, "--email is missing"),
        (["--email", "nobody", "--role", "admin", "--password-stdin"], 1, "email: is not well formed"),
    ])
    func whatIsMissingOrWrongIsSaid(_ flags: [String], _ status: Int32, _ words: String) async throws {
        let place = try Place()
        let result = try await create(place, flags)
        #expect(result.status == status)
        #expect(result.errors.contains(words), "\(result.errors)")
        #expect(try await Program.run(["users", "list"] + place.flags).status == 2, "no vault was made")
    }

    @Test func aShortPasswordIsRefused() async throws {
        let result = try await create(
            try Place(), ["--email", "a@example.com", "--role", "admin", "--password-stdin"], input: "short\n")
        #expect(result.status == 1)
        #expect(result.errors.contains("password: is shorter than 8"))
        #expect(!result.errors.contains("short\n"))
    }

    @Test func anAddressBelongsToOneAccount() async throws {
        let place = try Place()
        try await Program.makeUser("ama@example.com", role: "admin", password: "correct horse", in: place)
        let again = try await create(place, ["--email", "AMA@example.com", "--role", "lecteur", "--password-stdin"])
        #expect(again.status == 1)
        #expect(again.errors.contains("exists already"))
    }

    @Test func rolesChangeAndTheLastAdministratorStays() async throws {
        let place = try Place()
        try await Program.makeUser("ama@example.com", role: "admin", password: "correct horse", in: place)
        try await Program.makeUser("kofi@example.com", role: "lecteur", password: "correct horse", in: place)
        let change = try await Program.run(
            ["users", "set-role"] + place.flags + ["--email", "Kofi@example.com", "--role", "auditeur"])
        #expect(change.status == 0, "\(change.errors)")
        #expect(change.output.contains("auditeur"))
        let last = try await Program.run(
            ["users", "set-role"] + place.flags + ["--email", "ama@example.com", "--role", "lecteur"])
        #expect(last.status == 1)
        #expect(last.errors.contains("last active administrator"))
        let nobody = try await Program.run(
            ["users", "set-role"] + place.flags + ["--email", "x@example.com", "--role", "lecteur"])
        #expect(nobody.status == 1)
        #expect(nobody.errors.contains("no such account"))
    }

    @Test func whatIsDoneAtTheTerminalIsJournalledAsTheSystems() async throws {
        let place = try Place()
        try await Program.makeUser("ama@example.com", role: "admin", password: "correct horse", in: place)
        try await Program.makeUser("kofi@example.com", role: "lecteur", password: "correct horse", in: place)
        let change = try await Program.run(
            ["users", "set-role"] + place.flags + ["--email", "kofi@example.com", "--role", "auditeur"])
        #expect(change.status == 0, "\(change.errors)")
        let export = try await Program.run(["journal", "export"] + place.flags + ["--out", "-"])
        #expect(export.status == 0, "\(export.errors)")
        let line = export.output.split(separator: "\n").first { $0.contains("role_changed") }
        #expect(line?.contains("\"actor_kind\":\"system\"") == true, "\(line ?? "none")")
        #expect(line?.contains("00000000-0000-0000-0000-000000000000") == false)
    }

    @Test func accountsAreMadeBesideTheRunningServerAndItsRolesHold() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        #expect(server.child.output.contains("There is no administrator yet"))
        try await Program.makeUser("ama@example.com", role: "admin", password: Session.password, in: place)
        try await blocking {
            let session = try Session(at: server, email: "ama@example.com")
            let me = try session.connection.send("GET", "/api/me")
            #expect(me.string("role") == "admin")
            #expect(try session.connection.send("GET", "/api/users").status == 200)
        }
        #expect(await server.stop() == 0)
    }
}
