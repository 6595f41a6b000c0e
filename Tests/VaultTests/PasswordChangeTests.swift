import Testing
import VaultTesting

@testable import Vault

@Suite struct PasswordChangeTests {
    private let origin = RequestOrigin(address: "192.0.2.7", requestID: "r")

    @Test func theNewPasswordSignsInAndTheOldOneDoesNot() async throws {
        let world = try await World()
        let alex = try await world.person(email: "alex@example.com")
        try await world.vault.changePassword(current: World.password, new: "nouveau mot de passe", as: alex)
        _ = try await world.vault.sessions.logIn(
            email: "alex@example.com", password: "nouveau mot de passe", from: origin)
        await #expect(throws: VaultError.wrongCredentials) {
            try await world.vault.sessions.logIn(email: "alex@example.com", password: World.password, from: origin)
        }
        await world.close()
    }

    @Test func everyOtherSessionEnds() async throws {
        let world = try await World()
        let alex = try await world.person(email: "alex@example.com")
        let here = try await world.vault.sessions.open(alex.account, from: origin).token
        let elsewhere = try await world.vault.sessions.open(alex.account, from: origin).token
        let principal = try await world.vault.sessions.authenticate(here, from: origin)
        _ = try await world.vault.sessions.authenticate(elsewhere, from: origin)
        try await world.vault.changePassword(current: World.password, new: "nouveau mot de passe", as: principal)
        _ = try await world.vault.sessions.authenticate(here, from: origin)
        await #expect(throws: VaultError.notSignedIn) {
            try await world.vault.sessions.authenticate(elsewhere, from: origin)
        }
        await world.close()
    }

    @Test func aWrongPresentPasswordIsRefusedJournalledAndCounted() async throws {
        let world = try await World()
        let alex = try await world.person(email: "alex@example.com")
        for _ in 0..<10 {
            await #expect(throws: VaultError.wrongPassword) {
                try await world.vault.changePassword(current: "guess", new: "nouveau mot de passe", as: alex)
            }
        }
        do {
            try await world.vault.changePassword(current: World.password, new: "nouveau mot de passe", as: alex)
            Issue.record("an eleventh guess was looked at")
        } catch VaultError.rateLimited {}
        let refused = try await world.database.read { snapshot in
            try snapshot.first(
                "SELECT COUNT(*) FROM journal_events WHERE action = 'password_changed' AND outcome = 2",
                { $0.int(0) })
        }
        #expect(refused == 10)
        await world.close()
    }

    @Test func aShortNewPasswordIsRefused() async throws {
        let world = try await World()
        let alex = try await world.person(email: "alex@example.com")
        await #expect(throws: VaultError.invalid(field: "new_password", .tooShort(minimum: 8))) {
            try await world.vault.changePassword(current: World.password, new: "1234567", as: alex)
        }
        await world.close()
    }

    @Test func ofTwoChangesAtOnceOneSucceeds() async throws {
        let world = try await World()
        let alex = try await world.person(email: "alex@example.com")
        let succeeded = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<4 {
                group.addTask {
                    do {
                        try await world.vault.changePassword(
                            current: World.password, new: "new password \(number)", as: alex)
                        return true
                    } catch { return false }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(succeeded == 1)
        await world.close()
    }
}

@Suite struct PreferencesTests {
    @Test func whoChangedNothingHasTheDefaults() async throws {
        let world = try await World()
        let alex = try await world.person()
        #expect(try await world.vault.preferences.appearance(of: alex) == Appearance())
        await world.close()
    }

    @Test func aChangeKeepsTheRestAndIsJournalledOncePerSetting() async throws {
        let world = try await World()
        let alex = try await world.person()
        _ = try await world.vault.preferences.change(AppearanceChange(theme: .midnight), as: alex)
        let change = AppearanceChange(theme: .midnight, fontSize: .large, compactMode: true)
        let now = try await world.vault.preferences.change(change, as: alex)
        #expect(now.theme == .midnight)
        #expect(now.fontSize == .large)
        #expect(now.compactMode)
        #expect(now.sidebarPosition == .left)
        #expect(try await world.actions().filter { $0 == "settings_updated" }.count == 3)
        let sam = try await world.person("Sam", "Other")
        #expect(try await world.vault.preferences.appearance(of: sam) == Appearance())
        await world.close()
    }
}
