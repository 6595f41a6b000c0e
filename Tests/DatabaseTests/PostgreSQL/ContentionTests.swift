import Testing

@testable import Database

/// The rule by which lanes become cautious after a conflict.
@Suite struct ContentionTests {
    @Test func aConflictAsksForSixteenCautiousGroups() {
        var contention = Contention()
        #expect(!contention.isCautious)
        contention.conflict()
        for _ in 0..<16 {
            #expect(contention.isCautious)
            contention.commit(underLock: true)
        }
        #expect(!contention.isCautious)
    }

    @Test func cautionLastsLongerEachTimeTheAttemptWithoutItFails() {
        var contention = Contention()
        let spans = (0..<10).map { _ in Self.cautiousGroups(&contention) }
        #expect(spans == [16, 32, 64, 128, 256, 512, 1_024, 1_024, 1_024, 1_024])
    }

    @Test func whatWasUnderWayWithoutTheLockDoesNotShortenOrLengthenIt() {
        var contention = Contention()
        contention.conflict()
        contention.conflict()
        contention.commit(underLock: false)
        #expect(Self.rest(&contention) == 16)
        contention.conflict()
        #expect(Self.rest(&contention) == 32)
    }

    @Test func aCalmTimeIsForgiven() {
        var contention = Contention()
        for _ in 0..<3 { _ = Self.cautiousGroups(&contention) }
        for _ in 0..<64 { contention.commit(underLock: false) }
        #expect(Self.cautiousGroups(&contention) == 16)
    }

    private static func cautiousGroups(_ contention: inout Contention) -> Int {
        contention.conflict()
        return rest(&contention)
    }

    private static func rest(_ contention: inout Contention) -> Int {
        var count = 0
        while contention.isCautious {
            contention.commit(underLock: true)
            count += 1
        }
        return count
    }
}
