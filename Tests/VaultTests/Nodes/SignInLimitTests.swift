import Database
import Journal
import Testing
import VaultTesting

@testable import Vault

@Suite struct SignInLimitTests {
    private func origin(_ address: String? = "192.0.2.7") -> RequestOrigin {
        RequestOrigin(address: address, requestID: "r")
    }

    private func attempt(
        _ world: World, _ email: String = "alex@example.com", _ password: String = "wrong horse",
        from address: String? = "192.0.2.7"
    ) async -> VaultError? {
        do {
            _ = try await world.vault.sessions.logIn(email: email, password: password, from: origin(address))
            return nil
        } catch {
            return error as? VaultError
        }
    }

    private func count(_ action: String, _ world: World) async throws -> Int? {
        try await world.database.read { snapshot in
            try snapshot.first("SELECT count(*) FROM journal_events WHERE action = \(action)", { $0.int(0) })
        }
    }

    @Test(arguments: ["alex@example.com", "nobody@example.com"])
    func afterTenFailuresAnAccountWaitsWhetherItExistsOrNot(_ email: String) async throws {
        let world = try await World()
        _ = try await world.person(email: "alex@example.com")
        for number in 0..<10 {
            #expect(await attempt(world, email, from: "192.0.2.\(number)") == .wrongCredentials)
        }
        // The right password makes no difference now, nor does another address or another spelling.
        #expect(await attempt(world, email, World.password, from: "198.51.100.9") == .rateLimited(retryAfter: 900))
        #expect(await attempt(world, email.uppercased()) == .rateLimited(retryAfter: 900))
        #expect(await attempt(world, "other@example.com") == .wrongCredentials, "others are not concerned")
        #expect(try await count("sign_in_limited", world) == 1)
        #expect(try await count("login_failed", world) == 11, "what was not looked at is not journalled")
        #expect(world.core.signInLimits.refused == 2)
        await world.close()
    }

    @Test func thePasswordIsNotLookedAtOnceTheLimitIsReached() async throws {
        let world = try await World()
        _ = try await world.person(email: "alex@example.com")
        for _ in 0..<10 { _ = await attempt(world) }
        let one = try await world.another()
        // Whatever comes of a look at a password is written: a failure, or a session.
        let commits = one.core.database.commitCount
        #expect(await attempt(one) == .rateLimited(retryAfter: 900))
        #expect(one.core.database.commitCount == commits, "a refusal writes nothing")
        await one.close()
        await world.close()
    }

    @Test func failuresCountOnAllNodesTogether() async throws {
        let one = try await World()
        let two = try await one.another()
        _ = try await one.person(email: "alex@example.com")
        for _ in 0..<5 {
            #expect(await attempt(one) == .wrongCredentials)
            #expect(await attempt(two) == .wrongCredentials)
        }
        #expect(await attempt(one) == .rateLimited(retryAfter: 900))
        #expect(await attempt(two, "alex@example.com", World.password) == .rateLimited(retryAfter: 900))
        await two.close()
        await one.close()
    }

    @Test func guessesMadeTogetherLearnNoMoreThanTheLimitAllows() async throws {
        let one = try await World()
        let nodes = [one, try await one.another(), try await one.another()]
        _ = try await one.person(email: "alex@example.com")
        let answers = await withTaskGroup { group in
            for number in 0..<60 {
                let node = nodes[number % nodes.count]
                group.addTask { await attempt(node) }
            }
            return await group.reduce(into: [VaultError?]()) { $0.append($1) }
        }
        #expect(answers.filter { $0 == .wrongCredentials }.count == 10)
        #expect(await attempt(one, "alex@example.com", World.password) == .rateLimited(retryAfter: 900))
        for node in nodes.reversed() { await node.close() }
    }

    @Test func theWaitGetsShorterAndEnds() async throws {
        let world = try await World()
        _ = try await world.person(email: "alex@example.com")
        for _ in 0..<9 { _ = await attempt(world) }
        world.clock.advance(seconds: 600)
        #expect(await attempt(world) == .wrongCredentials)
        #expect(await attempt(world) == .rateLimited(retryAfter: 300))
        world.clock.advance(seconds: 300)
        #expect(await attempt(world, "alex@example.com", World.password) == nil)
        await world.close()
    }

    @Test func theRightPasswordTakesEarlierFailuresAwayButNotTheAddresss() async throws {
        var settings = VaultSettings()
        settings.signInFailuresPerAddress = 15
        let world = try await World(settings: settings)
        _ = try await world.person(email: "alex@example.com")
        for _ in 0..<9 { #expect(await attempt(world) == .wrongCredentials) }
        #expect(await attempt(world, "alex@example.com", World.password) == nil)
        for _ in 0..<6 { #expect(await attempt(world) == .wrongCredentials) }
        #expect(await attempt(world) == .rateLimited(retryAfter: 900), "fifteen from this address")
        #expect(await attempt(world, "alex@example.com", from: "192.0.2.8") == .wrongCredentials)
        #expect(await attempt(world, "not an address") == .rateLimited(retryAfter: 900))
        await world.close()
    }

    @Test func oneNetworkOfIPv6IsOnePlace() async throws {
        var settings = VaultSettings()
        settings.signInFailuresPerAddress = 3
        let world = try await World(settings: settings)
        for (number, address) in ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:DB8::1:0:0:0:3"].enumerated() {
            #expect(await attempt(world, "p\(number)@example.com", from: address) == .wrongCredentials)
        }
        #expect(await attempt(world, "p@example.com", from: "2001:db8:0:1:1:1:1:1") == .rateLimited(retryAfter: 900))
        #expect(await attempt(world, "p@example.com", from: "2001:db8:0:2::1") == .wrongCredentials)
        await world.close()
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::1", "0:0:0:0::/64"), ("::", "0:0:0:0::/64"),
        ("fe80::1%eth0", "fe80:0:0:0::/64"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4::/64"), ("1:2:3:4:5:6:7::", "1:2:3:4::/64"), ("1::2::3", "1::2::3"),
        ("1:2:3", "1:2:3"), ("1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:9"), ("12345::", "12345::"), ("", ""),
        ("x:y", "x:y"),
    ])
    func aNetworkIsTheFirstHalfOfAnAddress(_ pair: (String, String)) {
        #expect(ClientNetwork.of(pair.0) == pair.1)
    }

    @Test func whatIsOverIsForgottenAndNothingRestsInTheClear() async throws {
        let world = try await World()
        _ = await attempt(world, "marker@example.com", from: "203.0.113.77")
        let rows = try await world.database.read { snapshot in
            try snapshot.all("SELECT key_tag FROM rate_windows") { $0.bytes(0) }
        }
        #expect(rows.count == 2)
        #expect(rows.allSatisfy { $0.count == 32 })
        world.clock.advance(seconds: 15 * 60 + 60)
        _ = try await world.vault.housekeeping.run()
        #expect(try await world.database.read { try $0.exists("SELECT 1 FROM rate_windows") } == false)
        await world.close()
    }
}
