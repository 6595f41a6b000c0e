import Testing

@testable import Crypto

@Suite struct StreamTests {
    static let lengths = [0, 1, 15, 16, 17, 4096, 16383, 16384, 16385, 32767, 32768, 32769, 100_000]
    let key = SealingKey.random()
    let context: [UInt8] = Array("node and blob".utf8)

    @Test(arguments: StreamSuite.allCases, lengths)
    func whatIsSealedOpens(_ suite: StreamSuite, _ length: Int) throws {
        var generator = SeededGenerator(seed: UInt64(length))
        let plain = generator.bytes(length)
        let sealed = StreamSealer.sealAll(plain, key: key, suite: suite, context: context).bytes
        #expect(Int64(sealed.count) == StreamFormat.sealedSize(plain: Int64(length), suite: suite))
        #expect(try StreamFormat.plainSize(sealed: Int64(sealed.count), suite: suite) == Int64(length))
        #expect(try StreamOpener.openAll(sealed, key: key, suite: suite, context: context) == plain)
    }

    @Test(arguments: StreamSuite.allCases)
    func anyRangeOfChunksOpensByItself(_ suite: StreamSuite) throws {
        var generator = SeededGenerator(seed: 7)
        let plain = generator.bytes(5 * StreamFormat.chunkSize + 321)
        let sealed = StreamSealer.sealAll(plain, key: key, suite: suite, context: context).bytes
        let opener = try StreamOpener(
            key: key, suite: suite, context: context, header: Array(sealed.prefix(StreamFormat.headerSize)),
            sealedSize: Int64(sealed.count))
        #expect(opener.plainSize == Int64(plain.count))
        #expect(opener.chunkCount == 6)
        for first in 0..<6 {
            for end in (first + 1)...6 {
                let from = Int(StreamFormat.sealedOffset(ofChunk: Int64(first)))
                let to = min(Int(StreamFormat.sealedOffset(ofChunk: Int64(end))), sealed.count)
                let opened = try opener.open(Array(sealed[from..<to]), firstChunk: Int64(first))
                #expect(opened == Array(plain[first * 16384..<min(end * 16384, plain.count)]))
            }
        }
    }

    @Test func chunksOpenIntoTheMiddleOfABuffer() throws {
        let plain = [UInt8](repeating: 9, count: 20_000)
        let sealed = StreamSealer.sealAll(plain, key: key, suite: .aes256GCM, context: context).bytes
        let opener = try StreamOpener(
            key: key, suite: .aes256GCM, context: context, header: sealed, sealedSize: Int64(sealed.count))
        var buffer = [UInt8](repeating: 1, count: 21_000)
        let written = try buffer.withMutableBytes { (output: inout MutableRawSpan) throws(CryptoError) in
            try opener.open(sealed.span.extracting(56...), firstChunk: 0, into: &output, at: 300)
        }
        #expect(written == 20_000)
        #expect(buffer == [UInt8](repeating: 1, count: 300) + plain + [UInt8](repeating: 1, count: 700))
    }

    @Test func piecesThatAreNotWholeChunksAreRefused() throws {
        let plain = [UInt8](repeating: 3, count: 3 * 16384 + 10)
        let sealed = StreamSealer.sealAll(plain, key: key, suite: .aes256GCM, context: context).bytes
        let opener = try StreamOpener(
            key: key, suite: .aes256GCM, context: context, header: sealed, sealedSize: Int64(sealed.count))
        let chunks = Array(sealed.dropFirst(56))
        for count in [1, 15, 16, 17, 16399, 16401, 32799, 32801, chunks.count - 1] {
            #expect(throws: CryptoError.openFailed) {
                try opener.open(Array(chunks.prefix(count)), firstChunk: 0)
            }
        }
        #expect(throws: CryptoError.openFailed) { try opener.open([], firstChunk: 0) }
        #expect(throws: CryptoError.openFailed) { try opener.open(chunks, firstChunk: 1) }
        #expect(throws: CryptoError.openFailed) { try opener.open(chunks, firstChunk: -1) }
        #expect(throws: CryptoError.openFailed) { try opener.open(chunks, firstChunk: .max) }
        #expect(throws: CryptoError.openFailed) { try opener.open(Array(chunks.prefix(16400)), firstChunk: 4) }
    }

    @Test func theHeaderComesFirstAndChunksAsSoonAsTheyAreFull() throws {
        let sealer = try StreamSealer(key: key, suite: .aes256GCM, context: context)
        #expect(sealer.seal([]).bytes.count == 56)
        #expect(sealer.seal([UInt8](repeating: 0, count: 16383)).bytes.isEmpty)
        #expect(sealer.seal([0]).bytes.count == 16400)
        #expect(sealer.seal([UInt8](repeating: 0, count: 40_000)).bytes.count == 2 * 16400)
        #expect(sealer.finish().bytes.count == 40_000 - 2 * 16384 + 16)
    }

    @Test func twoSealingsOfTheSameShareNothing() throws {
        let plain = [UInt8](repeating: 0, count: 100)
        let one = StreamSealer.sealAll(plain, key: key, suite: .preferred, context: context).bytes
        let two = StreamSealer.sealAll(plain, key: key, suite: .preferred, context: context).bytes
        #expect(one.prefix(24) != two.prefix(24))
        #expect(one.dropFirst(24).prefix(32) != two.dropFirst(24).prefix(32))
        #expect(one.dropFirst(56) != two.dropFirst(56))
    }

    /// The arithmetic against a slow twin that walks chunk by chunk.
    @Test func sizesAgreeWithCountingChunkByChunk() throws {
        var valid: [Int64: Int64] = [:]
        for plain in Int64(0)...50_000 {
            var rest = plain
            var sealed: Int64 = 56
            while rest >= 16384 {
                sealed += 16384 + 16
                rest -= 16384
            }
            sealed += rest + 16
            #expect(StreamFormat.sealedSize(plain: plain) == sealed)
            valid[sealed] = plain
        }
        for sealed in Int64(0)...50_000 {
            if let plain = valid[sealed] {
                #expect(try StreamFormat.plainSize(sealed: sealed) == plain)
            } else {
                #expect(throws: CryptoError.openFailed) { try StreamFormat.plainSize(sealed: sealed) }
            }
        }
    }

    @Test func sizesBeyondTheFormatAreRefusedWithoutOverflow() {
        #expect(StreamFormat.sealedSize(plain: StreamFormat.maximumPlainSize) < .max)
        #expect(StreamFormat.sealedSize(plain: StreamFormat.maximumPlainSize + 1) == .max)
        #expect(StreamFormat.sealedSize(plain: .max) == .max)
        #expect(StreamFormat.sealedSize(plain: .min) == 72)
        for sealed in [Int64.max, .min, -1] {
            #expect(throws: CryptoError.openFailed) { try StreamFormat.plainSize(sealed: sealed) }
        }
    }

    @Test func oneOpenerServesManyTasks() async throws {
        let plain = [UInt8](repeating: 5, count: 10 * 16384)
        let sealed = StreamSealer.sealAll(plain, key: key, suite: .preferred, context: context).bytes
        let opener = try StreamOpener(
            key: key, suite: .preferred, context: context, header: sealed, sealedSize: Int64(sealed.count))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for chunk in 0..<10 {
                group.addTask {
                    let from = Int(StreamFormat.sealedOffset(ofChunk: Int64(chunk)))
                    let opened = try opener.open(Array(sealed[from..<from + 16400]), firstChunk: Int64(chunk))
                    return opened == [UInt8](repeating: 5, count: 16384)
                }
            }
            for try await same in group { #expect(same) }
        }
    }
}
