import Testing

@testable import Crypto

@Suite struct KeyRingTests {
    let ring = KeyRing(newFor: 42)
    let context = SealContext("file key", 1, 2)

    @Test func whatIsWrappedUnwrapsAndNamesItsGeneration() throws {
        let key = SealingKey.random()
        let wrapped = ring.wrap(key, context: context)
        #expect(wrapped.generation == 1)
        #expect(wrapped.bytes.count == 73)
        #expect(try ring.unwrap(wrapped, context: context).bytesForTests == key.bytesForTests)
    }

    @Test func rotationKeepsOldGenerationsReadable() throws {
        let key = SealingKey.random()
        let old = ring.wrap(key, context: context)
        #expect(ring.addGeneration() == 2)
        #expect(ring.activeGeneration == 2)
        #expect(ring.generations == [1, 2])
        let new = ring.wrap(key, context: context)
        #expect(new.generation == 2)
        for wrapped in [old, new] {
            #expect(try ring.unwrap(wrapped, context: context).bytesForTests == key.bytesForTests)
        }
    }

    @Test func aStagedGenerationOpensAndDoesNotWrapUntilItIsActive() throws {
        let old = ring.wrap(.random(), context: context)
        #expect(ring.stage() == 2)
        #expect(ring.activeGeneration == 1)
        #expect(ring.holds(generation: 2))
        #expect(ring.wrap(.random(), context: context).generation == 1)
        #expect(!ring.destroy(generation: 2), "its number would come again")
        try ring.activate(2)
        #expect(ring.wrap(.random(), context: context).generation == 2)
        _ = try ring.unwrap(old, context: context)
        try ring.activate(1)
        #expect(ring.activeGeneration == 2, "there is no way back")
        #expect(throws: CryptoError.unknownGeneration(3)) { try ring.activate(3) }
    }

    @Test func aStagedGenerationSurvivesBeingSaved() throws {
        let key = SealingKey.random()
        ring.stage()
        let file = KeyRingFile.seal(ring, unlocking: .keyFile, with: key)
        let again = try KeyRingFile.open(file, with: key)
        #expect(again.activeGeneration == 1)
        #expect(again.generations == [1, 2])
        try ring.activate(2)
        let wrapped = ring.wrap(.random(), context: context)
        _ = try again.unwrap(wrapped, context: context)
    }

    @Test func aWrongGenerationIsRefused() {
        ring.addGeneration()
        let wrapped = ring.wrap(.random(), context: context)
        let relabelled = WrappedKey(generation: 1, bytes: wrapped.bytes)
        #expect(throws: CryptoError.openFailed) { try ring.unwrap(relabelled, context: context) }
        for unknown in [0, 3, -1, .max, .min] {
            #expect(throws: CryptoError.unknownGeneration(unknown)) {
                try ring.unwrap(WrappedKey(generation: unknown, bytes: wrapped.bytes), context: context)
            }
        }
    }

    @Test func theGenerationIsAuthenticatedEvenUnderTheSameKey() throws {
        let master = SealingKey.random()
        let ring = try #require(KeyRing(vaultID: 1, root: .random(), active: 2, masters: [1: master, 2: master]))
        let wrapped = ring.wrap(.random(), context: context)
        #expect(throws: CryptoError.openFailed) {
            try ring.unwrap(WrappedKey(generation: 1, bytes: wrapped.bytes), context: context)
        }
    }

    @Test func aDestroyedGenerationOpensNothing() {
        let wrapped = ring.wrap(.random(), context: context)
        ring.addGeneration()
        #expect(ring.destroy(generation: 1))
        #expect(ring.generations == [2])
        #expect(throws: CryptoError.unknownGeneration(1)) { try ring.unwrap(wrapped, context: context) }
        #expect(throws: CryptoError.unknownGeneration(1)) { try ring.derivedKey("tokens", generation: 1) }
        #expect(!ring.destroy(generation: 1))
    }

    @Test func theActiveGenerationCannotBeDestroyedNorANumberComeAgain() {
        #expect(!ring.destroy(generation: 1))
        ring.addGeneration()
        ring.addGeneration()
        #expect(!ring.destroy(generation: 3))
        #expect(ring.destroy(generation: 2))
        #expect(ring.addGeneration() == 4)
    }

    @Test func derivedKeysChangeWithTheGenerationAndStableOnesDoNot() throws {
        let stable = ring.stableKey("journal").bytesForTests
        let derived = try ring.derivedKey("tokens").bytesForTests
        #expect(stable != derived)
        #expect(ring.stableKey("tokens").bytesForTests != derived)
        ring.addGeneration()
        #expect(ring.stableKey("journal").bytesForTests == stable)
        #expect(try ring.derivedKey("tokens").bytesForTests != derived)
        #expect(try ring.derivedKey("tokens", generation: 1).bytesForTests == derived)
    }

    @Test func aFlippedByteAnywhereIsRefused() {
        let wrapped = ring.wrap(.random(), context: context)
        for index in wrapped.bytes.indices {
            var changed = wrapped.bytes
            changed[index] ^= 0x10
            #expect(throws: CryptoError.self) {
                try ring.unwrap(WrappedKey(generation: 1, bytes: changed), context: context)
            }
        }
    }

    @Test func manyTasksUseOneRingWhileItRotates() async throws {
        let context = context
        let ring = ring
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<200 {
                        let key = SealingKey.random()
                        let wrapped = ring.wrap(key, context: context)
                        let again = try ring.unwrap(wrapped, context: context)
                        #expect(again.bytesForTests == key.bytesForTests)
                    }
                }
            }
            group.addTask { for _ in 0..<20 { ring.addGeneration() } }
            try await group.waitForAll()
        }
        #expect(ring.generations == Array(1...21))
    }
}

/// The stored form, against rings written by scripts/make_seal_vectors.py.
@Suite struct KeyRingFileTests {
    let vectors = SealingVectors.all

    @Test func aRingOfTheIndependentScriptOpens() throws {
        let key = try #require(SealingKey(copying: vectors.ringUnlockingKey.bytes))
        let file = vectors.ringWithKeyFile.bytes
        #expect(try KeyRingFile.header(of: file).unlocking == .keyFile)
        try check(try KeyRingFile.open(file, with: key))
    }

    @Test func aRingOfTheIndependentScriptOpensWithItsPassphrase() throws {
        let file = vectors.ringWithPassphrase.bytes
        let header = try KeyRingFile.header(of: file)
        guard case .passphrase(let parameters, let salt) = header.unlocking else {
            Issue.record("not a passphrase ring")
            return
        }
        #expect(parameters == PasswordParameters(memoryKiB: 64, iterations: 3))
        let passphrase = Array(vectors.ringPassphrase.utf8)
        try check(
            KeyRingFile.open(file, with: Argon2id.key(from: passphrase.span, salt: salt, parameters: parameters)))
    }

    private func check(_ ring: KeyRing) throws {
        #expect(ring.vaultID == UInt128(vectors.ringVault, radix: 16))
        #expect(ring.generations == [2, 5])
        #expect(ring.activeGeneration == 5)
        #expect(ring.stableKey("journal").bytesForTests == vectors.ringStableKey.bytes)
        #expect(try ring.derivedKey("tokens", generation: 2).bytesForTests == vectors.ringDerivedKey2.bytes)
        let wrapped = WrappedKey(generation: vectors.ringWrappedGeneration, bytes: vectors.ringWrappedKey.bytes)
        #expect(try ring.unwrap(wrapped, context: vectors.nodeName).bytesForTests == vectors.innerKey.bytes)
    }

    @Test func aChangedRingIsRefusedWhereverTheChangeIs() throws {
        let key = try #require(SealingKey(copying: vectors.ringUnlockingKey.bytes))
        let file = vectors.ringWithKeyFile.bytes
        for index in file.indices {
            var changed = file
            changed[index] ^= 4
            #expect(throws: CryptoError.self, "byte \(index)") { try KeyRingFile.open(changed, with: key) }
        }
        for count in 0..<file.count {
            #expect(throws: CryptoError.self) { try KeyRingFile.open(Array(file.prefix(count)), with: key) }
        }
        #expect(throws: CryptoError.openFailed) { try KeyRingFile.open(file + [0], with: key) }
        #expect(throws: CryptoError.openFailed) { try KeyRingFile.open(file, with: .random()) }
    }

    @Test func aRingOfANewerProgramIsNamed() {
        var file = vectors.ringWithKeyFile.bytes
        file[7] = 3
        #expect(throws: CryptoError.unsupportedFormat(3)) { try KeyRingFile.header(of: file) }
    }

    @Test func costsOutOfBoundsAreRefusedBeforeTheyAreTried() {
        for (offset, bytes) in [
            (12, [0xff, 0xff, 0xff, 0xff]), (16, [0, 0, 1, 0]), (16, [0, 0, 0, 0]), (20, [0, 0, 0, 4]),
        ] {
            var file = vectors.ringWithPassphrase.bytes
            for (index, byte) in bytes.enumerated() { file[offset + index] = UInt8(byte) }
            #expect(throws: CryptoError.openFailed) { try KeyRingFile.header(of: file) }
        }
    }
}
