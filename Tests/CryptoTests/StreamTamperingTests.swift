import Testing

@testable import Crypto

/// Every change to a sealed stream is refused, wherever it sits.
@Suite struct StreamTamperingTests {
    let key = SealingKey.random()
    let context: [UInt8] = [1, 2, 3]

    private func seal(_ length: Int, _ suite: StreamSuite, context: [UInt8]? = nil) throws -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(length))
        return StreamSealer.sealAll(
            generator.bytes(length), key: key, suite: suite, context: context ?? self.context
        ).bytes
    }

    private func isRefused(_ sealed: [UInt8], _ suite: StreamSuite) -> Bool {
        do throws(CryptoError) {
            _ = try StreamOpener.openAll(sealed, key: key, suite: suite, context: context)
            return false
        } catch {
            return error == .openFailed
        }
    }

    @Test(arguments: StreamSuite.allCases)
    func aFlippedByteAnywhereIsRefused(_ suite: StreamSuite) throws {
        // Every byte of a short stream; of a longer one those around every boundary and a sample of the rest.
        for length in [300, 2 * 16384 + 300] {
            var sealed = try seal(length, suite)
            #expect(!isRefused(sealed, suite))
            let boundaries = [56, 56 + 16400, 56 + 2 * 16400, sealed.count]
            for index in sealed.indices {
                guard length < 1000 || index % 97 == 0 || boundaries.contains(where: { abs($0 - index) <= 17 }) else {
                    continue
                }
                let bit = UInt8(1) << (index % 8)
                sealed[index] ^= bit
                if !isRefused(sealed, suite) { Issue.record("byte \(index) flipped and opened") }
                sealed[index] ^= bit
            }
            #expect(!isRefused(sealed, suite))
        }
    }

    @Test(arguments: StreamSuite.allCases)
    func aTruncationAnywhereIsRefused(_ suite: StreamSuite) throws {
        let small = try seal(100, suite)
        for count in 0..<small.count where !isRefused(Array(small.prefix(count)), suite) {
            Issue.record("opened with \(count) of \(small.count) bytes")
        }
        let large = try seal(3 * 16384, suite)
        for chunk in 0...3 {
            let boundary = 56 + chunk * 16400
            for count in (boundary - 20)...(boundary + 20) where count < large.count {
                if !isRefused(Array(large.prefix(count)), suite) { Issue.record("opened with \(count) bytes") }
            }
        }
    }

    @Test(arguments: StreamSuite.allCases)
    func aDroppedLastChunkIsRefused(_ suite: StreamSuite) throws {
        for length in [16384, 16384 + 5, 3 * 16384, 3 * 16384 + 16383] {
            let sealed = try seal(length, suite)
            let lastChunk = length % 16384 + 16
            #expect(isRefused(Array(sealed.dropLast(lastChunk)), suite))
        }
    }

    @Test(arguments: StreamSuite.allCases)
    func chunksMovedRepeatedOrLeftOutAreRefused(_ suite: StreamSuite) throws {
        let sealed = try seal(4 * 16384 + 7, suite)
        let header = sealed[..<56]
        let chunks = (0..<4).map { sealed[56 + $0 * 16400..<56 + ($0 + 1) * 16400] }
        let last = sealed[(56 + 4 * 16400)...]
        func join(_ order: [Int]) -> [UInt8] { header + order.flatMap { chunks[$0] } + last }
        #expect(!isRefused(join([0, 1, 2, 3]), suite))
        for order in [[1, 0, 2, 3], [0, 1, 3, 2], [0, 2, 3], [0, 1, 2], [0, 0, 1, 2, 3], [3, 2, 1, 0], []] {
            #expect(isRefused(join(order), suite))
        }
    }

    @Test(arguments: StreamSuite.allCases)
    func anotherBlobsChunksAndHeadersAreRefused(_ suite: StreamSuite) throws {
        let mine = try seal(20_000, suite)
        let other = try seal(20_000, suite)
        #expect(isRefused(Array(mine[..<56] + other[56...]), suite))
        #expect(isRefused(Array(mine[..<24] + other[24...]), suite))
        #expect(isRefused(Array(mine[..<(56 + 16400)] + other[(56 + 16400)...]), suite))
    }

    @Test(arguments: StreamSuite.allCases)
    func twoBlobsSwappedAreRefused(_ suite: StreamSuite) throws {
        let foreign = try seal(100, suite, context: [1, 2, 4])
        #expect(isRefused(foreign, suite))
        #expect(isRefused(try seal(100, suite, context: []), suite))
        #expect(isRefused(try seal(100, suite, context: context + [0]), suite))
    }

    @Test(arguments: StreamSuite.allCases)
    func anotherKeyIsRefused(_ suite: StreamSuite) throws {
        let sealed = try seal(100, suite)
        #expect(throws: CryptoError.openFailed) {
            try StreamOpener.openAll(sealed, key: .random(), suite: suite, context: context)
        }
    }

    @Test(arguments: StreamSuite.allCases)
    func theOtherSuiteIsRefused(_ suite: StreamSuite) throws {
        let other = StreamSuite.allCases.first { $0 != suite } ?? suite
        #expect(isRefused(try seal(100, suite), other))
    }

    @Test(arguments: StreamSuite.allCases)
    func aChangedCommitmentIsRefusedBeforeAnythingOpens(_ suite: StreamSuite) throws {
        var sealed = try seal(100, suite)
        sealed[40] ^= 1
        #expect(throws: CryptoError.openFailed) {
            try StreamOpener(
                key: key, suite: suite, context: context, header: Array(sealed.prefix(56)),
                sealedSize: Int64(sealed.count))
        }
    }

    @Test(arguments: StreamSuite.allCases)
    func nothingOfAFailedReadStaysInTheBuffer(_ suite: StreamSuite) throws {
        var sealed = try seal(3 * 16384, suite)
        let opener = try StreamOpener(
            key: key, suite: suite, context: context, header: sealed, sealedSize: Int64(sealed.count))
        sealed[56 + 2 * 16400 + 9] ^= 1  // the third chunk; the first two are good
        var buffer = [UInt8](repeating: 0xee, count: 3 * 16384 + 20)
        let chunks = Array(sealed.dropFirst(56))
        #expect(throws: CryptoError.openFailed) {
            try buffer.withMutableBytes { (output: inout MutableRawSpan) throws(CryptoError) in
                _ = try opener.open(chunks, firstChunk: 0, into: &output, at: 10)
            }
        }
        #expect(buffer[10..<(3 * 16384 + 10)].allSatisfy { $0 == 0 })
        #expect(buffer.prefix(10) + buffer.suffix(10) == ArraySlice(repeating: 0xee, count: 20))
    }

    @Test(arguments: StreamSuite.allCases)
    func aChunkReadAtAnotherPlaceIsRefused(_ suite: StreamSuite) throws {
        let sealed = try seal(5 * 16384, suite)
        let opener = try StreamOpener(
            key: key, suite: suite, context: context, header: sealed, sealedSize: Int64(sealed.count))
        let second = Array(sealed[56 + 16400..<56 + 2 * 16400])
        #expect(try opener.open(second, firstChunk: 1).count == 16384)
        for place in [Int64(0), 2, 3, 4] {
            #expect(throws: CryptoError.openFailed) { try opener.open(second, firstChunk: place) }
        }
    }

    @Test func anotherSealedSizeChangesWhatIsTheLastChunk() throws {
        let sealed = try seal(2 * 16384 + 100, .aes256GCM)
        // As if the file had been cut inside its second chunk: the arithmetic holds, the tag does not.
        let cut = Array(sealed.prefix(56 + 16400 + 500))
        let opener = try StreamOpener(
            key: key, suite: .aes256GCM, context: context, header: cut, sealedSize: Int64(cut.count))
        #expect(throws: CryptoError.openFailed) {
            try opener.open(Array(cut.dropFirst(56 + 16400)), firstChunk: 1)
        }
    }
}
