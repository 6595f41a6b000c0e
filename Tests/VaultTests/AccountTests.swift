import Testing
import VaultTesting

@testable import Vault

@Suite struct AccountTests {
    private let origin = RequestOrigin(address: "192.0.2.7", requestID: "r")

    @Test func theRightPasswordOpensASession() async throws {
        let world = try await World()
        _ = try await world.person(email: "alex@example.com")
        let session = try await world.vault.sessions.logIn(
            email: "ALEX@example.com", password: World.password, from: origin
        ).session
        let principal = try await world.vault.sessions.authenticate(session.token, from: origin)
        #expect(principal.account == session.account.id)
        #expect(principal.role == .contributeur)
        await world.close()
    }

    @Test(arguments: [
        ("alex@example.com", "wrong horse"), ("nobody@example.com", World.password), ("not an address", ""), ("", ""),
    ])
    func anythingElseIsRefusedInTheSameWords(_ pair: (String, String)) async throws {
        let world = try await World()
        _ = try await world.person(email: "alex@example.com")
        await #expect(throws: VaultError.wrongCredentials) {
            try await world.vault.sessions.logIn(email: pair.0, password: pair.1, from: origin)
        }
        await world.close()
    }

    @Test func loggingOutEndsTheTokenAtOnce() async throws {
        let world = try await World()
        let alex = try await world.person(email: "alex@example.com")
        let session = try await world.vault.sessions.open(alex.account, from: origin)
        let principal = try await world.vault.sessions.authenticate(session.token, from: origin)
        try await world.vault.sessions.logOut(principal)
        await #expect(throws: VaultError.notSignedIn) {
            try await world.vault.sessions.authenticate(session.token, from: origin)
        }
        await world.close()
    }

    @Test func aTokenExpires() async throws {
        let world = try await World()
        let alex = try await world.person()
        let session = try await world.vault.sessions.open(alex.account, from: origin)
        world.clock.advance(seconds: session.lifetime - 1)
        _ = try await world.vault.sessions.authenticate(session.token, from: origin)
        world.clock.advance(seconds: 2)
        await #expect(throws: VaultError.notSignedIn) {
            try await world.vault.sessions.authenticate(session.token, from: origin)
        }
        await world.close()
    }

    @Test func oneMailboxHasOneAccount() async throws {
        let world = try await World()
        _ = try await world.person(email: "alex@example.com")
        await #expect(throws: VaultError.emailTaken) { try await world.person("Al", "D", email: "Alex@Example.com") }
        let sam = try await world.person("Sam", "Stone", email: "sam@example.com")
        await #expect(throws: VaultError.emailTaken) {
            try await world.vault.accounts.update(ProfileChange(email: "alex@example.com"), as: sam)
        }
        await world.close()
    }

    @Test func aProfileChangesOnlyWhereAsked() async throws {
        let world = try await World()
        let alex = try await world.person()
        let changed = try await world.vault.accounts.update(ProfileChange(bio: "Lead Designer"), as: alex)
        #expect(changed.profile.bio == "Lead Designer")
        #expect(changed.profile.firstName == "Alex")
        #expect(try await world.vault.accounts.own(alex) == changed)
        await #expect(throws: VaultError.invalid(field: "first_name", .empty)) {
            try await world.vault.accounts.update(ProfileChange(firstName: " "), as: alex)
        }
        await world.close()
    }

    @Test func onlyAnAdministratorChangesRolesAndTheLastOneStays() async throws {
        let world = try await World()
        let ada = try await world.person("Ada", "Min", role: .admin)
        let alex = try await world.person()
        await #expect(throws: VaultError.roleForbids(.manageAccounts)) {
            try await world.vault.accounts.administer(alex.account, role: .admin, status: nil, as: alex)
        }
        await #expect(throws: VaultError.lastAdministrator) {
            try await world.vault.accounts.administer(ada.account, role: .lecteur, status: nil, as: ada)
        }
        let promoted = try await world.vault.accounts.administer(alex.account, role: .admin, status: nil, as: ada)
        #expect(promoted.role == .admin)
        _ = try await world.vault.accounts.administer(ada.account, role: .lecteur, status: nil, as: ada)
        await world.close()
    }

    @Test func aDisabledAccountIsOutAtOnce() async throws {
        let world = try await World()
        let ada = try await world.person("Ada", "Min", role: .admin)
        let alex = try await world.person(email: "alex@example.com")
        let session = try await world.vault.sessions.open(alex.account, from: origin)
        _ = try await world.vault.sessions.authenticate(session.token, from: origin)
        _ = try await world.vault.accounts.administer(alex.account, role: nil, status: .disabled, as: ada)
        await #expect(throws: VaultError.notSignedIn) {
            try await world.vault.sessions.authenticate(session.token, from: origin)
        }
        await #expect(throws: VaultError.accountDisabled) {
            try await world.vault.sessions.logIn(email: "alex@example.com", password: World.password, from: origin)
        }
        await world.close()
    }

    @Test func accountsArePagedInOrder() async throws {
        let world = try await World()
        let ada = try await world.person("Ada", "Min", role: .admin)
        for index in 0..<5 {
            world.clock.advance(seconds: 1)
            _ = try await world.person("P\(index)", "X")
        }
        let first = try await world.vault.accounts.list(after: nil, limit: 4, as: ada)
        let second = try await world.vault.accounts.list(after: first.next, limit: 4, as: ada)
        #expect((first.accounts + second.accounts).map(\.profile.firstName) == ["Ada", "P0", "P1", "P2", "P3", "P4"])
        #expect(second.next == nil)
        await world.close()
    }
}
