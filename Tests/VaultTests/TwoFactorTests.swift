import Crypto
import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct TwoFactorTests {
    private let origin = RequestOrigin(address: "192.0.2.7", requestID: "r")

    @Test func aSetUpIsOnOnlyOnceItsFirstCodeWasTyped() async throws {
        let world = try await World()
        let alex = try await world.person(email: "alex@example.com")
        let phone = try await prepare(alex, in: world)
        #expect(phone.setUp.provisioningURI.hasPrefix("otpauth://totp/CloudSpace:alex%40example.com?secret="))
        #expect(Set(phone.setUp.recoveryCodes).count == 10)
        #expect(try await world.vault.accounts.own(alex).twoFactorEnabled == false)
        _ = try await logIn(world).session
        _ = try await world.vault.twoFactor.toggle(code: phone.code(), as: alex)
        #expect(try await world.vault.accounts.own(alex).twoFactorEnabled)
        await world.close()
    }

    @Test func signingInThenTakesTwoSteps() async throws {
        let world = try await World()
        let phone = try await enable(try await world.person(email: "alex@example.com"), in: world)
        guard case .challenged(let challenge) = try await logIn(world) else {
            Issue.record("no challenge")
            return
        }
        world.clock.advance(seconds: 30)
        let session = try await world.vault.sessions.logIn(challenge: challenge, code: phone.code(), from: origin)
        _ = try await world.vault.sessions.authenticate(session.token, from: origin)
        await #expect(throws: VaultError.challengeOver) {
            try await world.vault.sessions.logIn(challenge: challenge, code: phone.code(), from: origin)
        }
        await world.close()
    }

    @Test func aCodeSentAtOnceIsTakenAtOnce() async throws {
        let world = try await World()
        let phone = try await enable(try await world.person(email: "alex@example.com"), in: world)
        world.clock.advance(seconds: 30)
        _ = try await logIn(world, code: phone.code()).session
        await world.close()
    }

    @Test func aCodeWorksOnce() async throws {
        let world = try await World()
        let phone = try await enable(try await world.person(email: "alex@example.com"), in: world)
        world.clock.advance(seconds: 30)
        let code = phone.code()
        _ = try await logIn(world, code: code).session
        await #expect(throws: VaultError.wrongCode) { try await logIn(world, code: code) }
        await world.close()
    }

    @Test func ofManySignInsWithOneCodeOneSucceeds() async throws {
        let world = try await World()
        let phone = try await enable(try await world.person(email: "alex@example.com"), in: world)
        world.clock.advance(seconds: 30)
        let code = phone.code()
        let succeeded = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 { group.addTask { (try? await logIn(world, code: code).session) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(succeeded == 1)
        await world.close()
    }

    @Test func aRecoveryCodeReplacesThePhoneOnce() async throws {
        let world = try await World()
        let phone = try await enable(try await world.person(email: "alex@example.com"), in: world)
        let spelled = " " + phone.setUp.recoveryCodes[3].lowercased().replacing("-", with: " ")
        _ = try await logIn(world, code: spelled).session
        await #expect(throws: VaultError.wrongCode) { try await logIn(world, code: spelled) }
        _ = try await logIn(world, code: phone.setUp.recoveryCodes[4]).session
        await world.close()
    }

    @Test func aChallengeEndsAfterFiveAttemptsAndAfterFiveMinutes() async throws {
        let world = try await World()
        let phone = try await enable(try await world.person(email: "alex@example.com"), in: world)
        guard case .challenged(let tried) = try await logIn(world), case .challenged(let old) = try await logIn(world)
        else {
            Issue.record("no challenge")
            return
        }
        for _ in 0..<5 {
            await #expect(throws: VaultError.wrongCode) {
                try await world.vault.sessions.logIn(challenge: tried, code: "000000", from: origin)
            }
        }
        world.clock.advance(seconds: 60)
        await #expect(throws: VaultError.challengeOver) {
            try await world.vault.sessions.logIn(challenge: tried, code: phone.code(), from: origin)
        }
        world.clock.advance(seconds: 5 * 60)
        await #expect(throws: VaultError.challengeOver) {
            try await world.vault.sessions.logIn(challenge: old, code: phone.code(), from: origin)
        }
        let report = try await world.vault.housekeeping.run()
        #expect(report.expiredChallenges == 2)
        #expect(try await world.actions().contains("tokens_expired"))
        await world.close()
    }

    @Test func guessingCodesIsLimitedLikeGuessingPasswords() async throws {
        let world = try await World()
        let phone = try await enable(try await world.person(email: "alex@example.com"), in: world)
        for _ in 0..<10 { await #expect(throws: VaultError.self) { try await logIn(world, code: "123123") } }
        world.clock.advance(seconds: 30)
        do {
            _ = try await logIn(world, code: phone.code())
            Issue.record("the right code was looked at")
        } catch VaultError.rateLimited {}
        await world.close()
    }

    @Test func turningItOffNeedsACodeToo() async throws {
        let world = try await World()
        let alex = try await world.person(email: "alex@example.com")
        let phone = try await enable(alex, in: world)
        await #expect(throws: VaultError.codeNeeded) { try await world.vault.twoFactor.toggle(code: nil, as: alex) }
        await #expect(throws: VaultError.wrongCode) { try await world.vault.twoFactor.toggle(code: "000000", as: alex) }
        world.clock.advance(seconds: 30)
        _ = try await world.vault.twoFactor.toggle(code: phone.code(), as: alex)
        #expect(try await world.vault.accounts.own(alex).twoFactorEnabled == false)
        _ = try await logIn(world).session
        let actions = try await world.actions()
        for action in ["two_factor_prepared", "two_factor_enabled", "two_factor_disabled"] {
            #expect(actions.contains(action))
        }
        await world.close()
    }

    @Test func aSetUpMustBeFinishedWithinAnHour() async throws {
        let world = try await World()
        let alex = try await world.person(email: "alex@example.com")
        await #expect(throws: VaultError.noSetUp) { try await world.vault.twoFactor.toggle(code: "123456", as: alex) }
        let phone = try await prepare(alex, in: world)
        world.clock.advance(seconds: 3_601)
        await #expect(throws: VaultError.noSetUp) {
            try await world.vault.twoFactor.toggle(code: phone.code(), as: alex)
        }
        await world.close()
    }

    /// The secret itself, in any spelling, is nowhere in the rows.
    @Test func theSecretRestsSealed() async throws {
        let world = try await World()
        let phone = try await prepare(try await world.person(email: "alex@example.com"), in: world)
        let secret = try #require(Base32.decode(phone.setUp.secret))
        let sealed = try await world.database.read { snapshot in
            try snapshot.first("SELECT sealed_secret FROM two_factor", { $0.bytes(0) }) ?? []
        }
        #expect(sealed.count > secret.count)
        #expect(!(0...(sealed.count - secret.count)).contains { sealed[$0..<$0 + secret.count].elementsEqual(secret) })
        await world.close()
    }

    // MARK: The telephone

    private struct Phone {
        let setUp: TwoFactorSetUp
        let totp: TOTP
        let clock: FixedClock
        func code() -> String { totp.code(at: clock.now().milliseconds / 1_000) }
    }

    private func prepare(_ principal: Principal, in world: World) async throws -> Phone {
        guard case .prepared(let setUp) = try await world.vault.twoFactor.toggle(code: nil, as: principal) else {
            throw VaultError.noSetUp
        }
        return Phone(
            setUp: setUp, totp: TOTP(secret: try #require(Base32.decode(setUp.secret))), clock: world.clock)
    }

    private func enable(_ principal: Principal, in world: World) async throws -> Phone {
        let phone = try await prepare(principal, in: world)
        _ = try await world.vault.twoFactor.toggle(code: phone.code(), as: principal)
        return phone
    }

    @discardableResult
    private func logIn(_ world: World, code: String? = nil) async throws -> SignIn {
        try await world.vault.sessions.logIn(
            email: "alex@example.com", password: World.password, code: code, from: origin)
    }
}

extension World {
    /// The acts in the journal, oldest first.
    func actions() async throws -> [String] {
        try await database.read { snapshot in
            try snapshot.all("SELECT action FROM journal_events ORDER BY sequence LIMIT 10000", { $0.text(0) })
        }
    }
}
