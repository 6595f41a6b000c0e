import Testing

@testable import Crypto

@Suite struct SecretBytesTests {
    @Test(arguments: [0, 1, 32, 100_000])
    func theyHoldWhatTheyWereGiven(_ count: Int) {
        let bytes = Random.bytes(count)
        for protection in [SecretBytes.Protection.heap, .guarded] {
            let secret = SecretBytes(copying: bytes.span, protection: protection)
            #expect(secret.count == count)
            #expect(secret.withBytes { $0.copied() } == bytes)
        }
    }

    @Test func freshOnesAreRandom() {
        let one = SecretBytes(count: 32)
        let two = SecretBytes(count: 32)
        #expect(one.withBytes { $0.copied() } != two.withBytes { $0.copied() })
    }

    @Test func theyChangeInPlace() {
        var secret = SecretBytes(copying: [1, 2, 3])
        secret.withMutableBytes { $0[1] = 9 }
        #expect(secret.withBytes { $0.copied() } == [1, 9, 3])
    }

    /// Looks at the memory after its owner has gone. The allocator hands the same block out again, and whatever the
    /// owner left in it would be seen (beside the allocator's own bookkeeping in the first bytes).
    @Test func theWholeAllocationIsWiped() {
        let marker: UInt8 = 0xa7
        let size = 4096
        var found = 0
        for _ in 0..<50 {
            do {
                var secret = SecretBytes(zeroed: size)
                secret.withMutableBytes { bytes in
                    for index in 0..<size { bytes[index] = marker }
                }
            }
            let again = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
            found = max(found, again.filter { $0 == marker }.count)
            again.deallocate()
        }
        #expect(found < 64)
    }

    @Test func comparisonLooksAtEveryByte() {
        let bytes = Random.bytes(40)
        #expect(constantTimeEqual(bytes, bytes))
        #expect(constantTimeEqual([], []))
        #expect(!constantTimeEqual(bytes, Array(bytes.dropLast())))
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1
            #expect(!constantTimeEqual(bytes, other))
        }
    }

    @Test func tokensAreBase64URLOfTheirEntropy() {
        let token = Random.token(32)
        #expect(token.utf8.count == 43)
        #expect(Base64URL.decode(token)?.count == 32)
        #expect(Random.token(32) != token)
        #expect(Random.bytes(0).isEmpty)
        #expect(Random.bytes(-1).isEmpty)
    }

    @Test func theLibrariesStart() throws {
        try CryptoLibraries.start()
    }
}
