import Testing

@testable import Crypto

/// C2SP chunked-encryption v1: the published vectors for suite 1, our own independently made ones for suite 2.
@Suite struct StreamVectorTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let comment: String
        let expect: String
        let key: HexBytes
        let context: HexBytes
        let ciphertext: RunBytes
        let payloadSha256: String?
        let payloadLength: Int?
        var testDescription: String { "\(name): \(comment)" }
    }

    static let published: [Case] = VectorFiles.load("chunked-encryption-aes-256-gcm.json")
    static let ours: [Case] = VectorFiles.load("chunked-encryption-xchacha20-poly1305.json")

    @Test(arguments: published)
    func aes256GCMAnswersAsPublished(_ vector: Case) throws {
        try check(vector, suite: .aes256GCM)
    }

    @Test(arguments: ours)
    func xchacha20Poly1305AnswersAsTheIndependentScript(_ vector: Case) throws {
        try check(vector, suite: .xchacha20Poly1305)
    }

    @Test func bothSetsAreMostlyRefusals() {
        for set in [Self.published, Self.ours] {
            #expect(set.count >= 30)
            #expect(set.filter { $0.expect == "failure" }.count * 2 >= set.count)
        }
    }

    private func check(_ vector: Case, suite: StreamSuite) throws {
        let sealed = vector.ciphertext.bytes
        guard let key = SealingKey(copying: vector.key.bytes) else {
            #expect(vector.expect == "failure" && vector.key.bytes.count != 32)
            return
        }
        guard vector.expect == "success" else {
            #expect(throws: CryptoError.openFailed) {
                try StreamOpener.openAll(sealed, key: key, suite: suite, context: vector.context.bytes)
            }
            return
        }
        let plain = try StreamOpener.openAll(sealed, key: key, suite: suite, context: vector.context.bytes)
        #expect(plain.count == vector.payloadLength)
        #expect(Hex.encode(SHA256Hash.of(plain)) == vector.payloadSha256)

        // Sealed again with the same salt, at once and in uneven pieces, it is the same stream byte for byte.
        let sealer = try StreamSealer(
            key: key, suite: suite, context: vector.context.bytes, salt: Array(sealed.prefix(24)))
        var again: [UInt8] = []
        var position = 0
        var size = 1
        while position < plain.count {
            let end = min(plain.count, position + size)
            again += sealer.seal(Array(plain[position..<end])).bytes
            position = end
            size = size * 3 + 7
        }
        again += sealer.finish().bytes
        #expect(again == sealed)
    }
}
