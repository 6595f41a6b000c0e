import Testing

@testable import Crypto

@Suite struct PasswordTests {
    let hasher = PasswordHasher(parameters: .insecureForTests)

    /// Test vectors of the Argon2 reference implementation (phc-winner-argon2, src/test.c), version 19, Argon2id.
    @Test(arguments: [
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg",
    ])
    func hashesOfTheReferenceImplementationVerify(_ hash: String) async throws {
        #expect(try await hasher.verify("password", against: hash))
        #expect(try await !hasher.verify("Password", against: hash))
    }

    @Test func whatIsHashedVerifies() async throws {
        for password in ["correct horse battery staple", "", "mot de passé 🔑", String(repeating: "x", count: 10_000)] {
            let hash = try await hasher.hash(password)
            #expect(hash.hasPrefix("$argon2id$v=19$m=8,t=1,p=1$"))
            #expect(try await hasher.verify(password, against: hash))
            #expect(try await !hasher.verify(password + "x", against: hash))
            #expect(try await hasher.hash(password) != hash)
        }
    }

    @Test func theDefaultCostIsThatOfOWASP() {
        #expect(PasswordParameters.interactive == PasswordParameters(memoryKiB: 19_456, iterations: 2))
        #expect(PasswordParameters(memoryKiB: 7, iterations: 1) == nil)
        #expect(PasswordParameters(memoryKiB: 8, iterations: 0) == nil)
        #expect(PasswordParameters(memoryKiB: 1 << 40, iterations: 1) == nil)
    }

    @Test(arguments: [
        "", "plain", "$argon2id$", "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA",
        "$argon2id$v=16$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA", "$argon2id$v=19$m=99999999,t=1,p=1$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$m=8,t=9999,p=1$c29tZXNhbHQ$AAAA", "$argon2id$v=19$m=-8,t=1,p=1$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$m=8,t=1,p=4$c29tZXNhbHQ$AAAA", "$argon2id$v=19$m=8,t=1$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ", "$2y$10$abcdefghijklmnopqrstuv",
    ])
    func aBadOrUnreasonablyDearHashVerifiesNothing(_ hash: String) async throws {
        #expect(try await !hasher.verify("password", against: hash))
        #expect(hasher.needsRehash(hash))
    }

    @Test func anOlderCostIsNoticed() async throws {
        let hash = try await hasher.hash("password")
        #expect(!hasher.needsRehash(hash))
        let parameters = try #require(PasswordParameters(memoryKiB: 16, iterations: 1))
        #expect(PasswordHasher(parameters: parameters).needsRehash(hash))
    }

    @Test func theDummyIsARealHashThatNothingMatches() async throws {
        let dummy = PasswordHash.random(.interactive)
        let parsed = try #require(PasswordHash(dummy.text))
        #expect(parsed.parameters == .interactive)
        let real = try await hasher.hash("password")
        #expect(PasswordHash.random(.insecureForTests).text.utf8.count == real.utf8.count)
        #expect(try await !hasher.verifyDummy("password"))
    }

    @Test func aFullQueueIsRefusedAndEmptiesAgain() async throws {
        // One at work, one waiting: the rest of a burst is refused, nobody hangs.
        let parameters = try #require(PasswordParameters(memoryKiB: 16 * 1024, iterations: 4))
        let hasher = PasswordHasher(parameters: parameters, concurrency: 1, queueLimit: 1)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do throws(CryptoError) {
                        _ = try await hasher.hash("password")
                        return true
                    } catch {
                        guard case .unavailable = error else { Issue.record("\(error)"); return false }
                        return false
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == 40)
        #expect(outcomes.contains(true))
        #expect(outcomes.contains(false))
        _ = try await hasher.hash("password")
    }

    @Test func aHasherCanBeLetGoWhileItWorks() async throws {
        for _ in 0..<20 {
            let hash = try await PasswordHasher(parameters: .insecureForTests).hash("password")
            #expect(try await PasswordHasher(parameters: .insecureForTests).verify("password", against: hash))
        }
    }
}
