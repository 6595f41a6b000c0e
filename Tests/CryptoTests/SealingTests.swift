import Testing

@testable import Crypto

/// Against vectors made by scripts/make_seal_vectors.py from the format documents.
struct SealingVectors: Decodable, Sendable {
    let key, derived, derivedWithContext, tag, contextNodeName, contextDataKey: HexBytes
    let metadataSealed, innerKey, wrappedKey: HexBytes
    let ids: [String]
    let metadataPlain: String
    let ringVault, ringPassphrase: String
    let ringUnlockingKey, ringWithKeyFile, ringWithPassphrase, ringStableKey, ringDerivedKey2: HexBytes
    let ringWrappedGeneration: Int
    let ringWrappedKey: HexBytes

    static let all: SealingVectors = VectorFiles.load("sealing.json")

    var idNumbers: [UInt128] { ids.compactMap { UInt128($0, radix: 16) } }
    var nodeName: SealContext { SealContext("node name", ids: idNumbers) }
    var dataKey: SealContext { SealContext("data key", idNumbers[0], idNumbers[1], number: -3) }
}

extension SealingKey {
    /// For comparisons in tests only.
    var bytesForTests: [UInt8] { secret.withBytes { $0.copied() } }
}

@Suite struct SealingTests {
    let vectors = SealingVectors.all
    let key = SealingKey.random()
    let context = SealContext("node name", 1, 2)

    @Test func derivedKeysAndTagsAreThoseOfTheIndependentScript() throws {
        let key = try #require(SealingKey(copying: vectors.key.bytes))
        #expect(key.derived("some label").bytesForTests == vectors.derived.bytes)
        #expect(key.derived("some label", Array("of this".utf8)).bytesForTests == vectors.derivedWithContext.bytes)
        #expect(key.tag(Array("rapport.pdf".utf8)) == vectors.tag.bytes)
    }

    @Test func contextsHaveTheDocumentedBytes() {
        #expect(vectors.nodeName.bytes == vectors.contextNodeName.bytes)
        #expect(vectors.dataKey.bytes == vectors.contextDataKey.bytes)
    }

    @Test func whatTheIndependentScriptSealedOpens() throws {
        let key = try #require(SealingKey(copying: vectors.key.bytes))
        let plain = try key.open(vectors.metadataSealed.bytes, context: vectors.nodeName)
        #expect(String(decoding: plain, as: UTF8.self) == vectors.metadataPlain)
        let inner = try key.unwrap(vectors.wrappedKey.bytes, context: vectors.dataKey)
        #expect(inner.bytesForTests == vectors.innerKey.bytes)
    }

    @Test(arguments: [0, 1, 31, 32, 100, 5000])
    func whatIsSealedOpens(_ length: Int) throws {
        let plain = Random.bytes(length)
        let sealed = key.seal(plain, context: context)
        #expect(sealed.count == length + 41)
        #expect(try key.open(sealed, context: context) == plain)
        #expect(key.seal(plain, context: context) != sealed)
    }

    @Test func whatIsWrappedUnwraps() throws {
        let inner = SealingKey.random()
        let wrapped = key.wrap(inner, context: context)
        #expect(wrapped.count == 73)
        #expect(try key.unwrap(wrapped, context: context).bytesForTests == inner.bytesForTests)
    }

    @Test func aFlippedByteAnywhereIsRefused() {
        let sealed = key.seal(Array("rapport annuel.pdf".utf8), context: context)
        let wrapped = key.wrap(.random(), context: context)
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << bit
                #expect(throws: CryptoError.self) { try key.open(changed, context: context) }
            }
        }
        for index in wrapped.indices {
            var changed = wrapped
            changed[index] ^= 1 << (index % 8)
            #expect(throws: CryptoError.self) { try key.unwrap(changed, context: context) }
        }
    }

    @Test func aTruncationAnywhereIsRefused() {
        let sealed = key.seal(Array("rapport annuel.pdf".utf8), context: context)
        let wrapped = key.wrap(.random(), context: context)
        for count in 0..<sealed.count {
            #expect(throws: CryptoError.openFailed) { try key.open(Array(sealed.prefix(count)), context: context) }
        }
        for count in 0..<wrapped.count {
            #expect(throws: CryptoError.openFailed) { try key.unwrap(Array(wrapped.prefix(count)), context: context) }
        }
        #expect(throws: CryptoError.openFailed) { try key.open(sealed + [0], context: context) }
        #expect(throws: CryptoError.openFailed) { try key.unwrap(wrapped + [0], context: context) }
    }

    @Test func anotherContextIsRefused() {
        let sealed = key.seal([1, 2, 3], context: context)
        let wrapped = key.wrap(.random(), context: context)
        let others = [
            SealContext("node name", 2, 1), SealContext("node name", 1), SealContext("node name", 1, 2, number: 1),
            SealContext("node name", 1, 2, 0), SealContext("node nam", 1, 2), SealContext("node names", 1, 2),
            SealContext("", 1, 2),
        ]
        for other in others {
            #expect(other != context)
            #expect(throws: CryptoError.openFailed) { try key.open(sealed, context: other) }
            #expect(throws: CryptoError.openFailed) { try key.unwrap(wrapped, context: other) }
        }
    }

    @Test func anotherKeyIsRefused() {
        let sealed = key.seal([1, 2, 3], context: context)
        #expect(throws: CryptoError.openFailed) { try SealingKey.random().open(sealed, context: context) }
    }

    @Test func aWrappedKeyIsNotMetadataAndMetadataIsNotAKey() {
        let wrapped = key.wrap(.random(), context: context)
        let sealed = key.seal(Random.bytes(32), context: context)
        #expect(sealed.count == wrapped.count)
        #expect(throws: CryptoError.openFailed) { try key.open(wrapped, context: context) }
        #expect(throws: CryptoError.openFailed) { try key.unwrap(sealed, context: context) }
    }

    @Test func anotherFormatIsNamed() {
        var sealed = key.seal([1], context: context)
        sealed[0] = 9
        #expect(throws: CryptoError.unsupportedFormat(9)) { try key.open(sealed, context: context) }
        #expect(throws: CryptoError.unsupportedFormat(9)) { try key.unwrap(sealed, context: context) }
    }

    @Test func tagsAndDerivedKeysNeverMeet() {
        // A message made to look like a derivation gives no derived key.
        let label = Array("cloudspace-vault/v1/derive\0".utf8) + [1] + Array("x".utf8) + [1]
        #expect(key.tag(label) != key.derived("x").bytesForTests)
        #expect(key.derived("x").bytesForTests != key.derived("y").bytesForTests)
        #expect(key.derived("x", [1]).bytesForTests != key.derived("x").bytesForTests)
        #expect(key.tag([]) != key.tag([0]))
    }

    @Test func aKeyDoesNotShowItself() {
        let hex = Hex.encode(key.bytesForTests)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(describing: key), String(reflecting: key), dumped] {
            #expect(!text.contains(hex))
            #expect(!text.contains("0x"))
            #expect(text.contains("SealingKey"))
        }
    }
}
