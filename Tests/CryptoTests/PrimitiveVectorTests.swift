import Testing

@testable import Crypto

/// The primitives against Wycheproof, NIST and the RFCs.
@Suite struct PrimitiveVectorTests {
    @Test(arguments: ["aes-256-gcm.json", "aes-256-gcm-nist.json", "chacha20-poly1305.json"])
    func chunkCiphersAnswerAsPublished(_ file: String) throws {
        let cases: [AEADCase] = VectorFiles.load(file)
        #expect(cases.count > 40)
        let algorithm: ChunkAlgorithm = file.hasPrefix("aes") ? .aes256GCM : .chaCha20Poly1305
        for vector in cases {
            let sealed = vector.ct.bytes + vector.tag.bytes
            var opener = try ChunkCipher(
                algorithm, key: vector.key.bytes.span, baseNonce: vector.iv.bytes.span, for: .opening)
            var plain = [UInt8](repeating: 0xee, count: vector.msg.bytes.count)
            let opened = plain.withMutableBytes { opener.open(sealed.span, chunk: 0, into: &$0, at: 0) }
            #expect(opened == vector.isValid, "\(vector.testDescription)")
            #expect(plain == (opened ? vector.msg.bytes : [UInt8](repeating: 0, count: plain.count)))
            guard vector.isValid else { continue }
            var sealer = try ChunkCipher(
                algorithm, key: vector.key.bytes.span, baseNonce: vector.iv.bytes.span, for: .sealing)
            // Twice with one context: nothing of the first may stay in it.
            for _ in 0..<2 {
                let again = [UInt8](capacity: sealed.count) {
                    sealer.seal(vector.msg.bytes.span, chunk: 0, into: &$0)
                }
                #expect(again == sealed, "\(vector.testDescription)")
            }
        }
    }

    @Test func xchacha20Poly1305AnswersAsWycheproof() {
        let cases: [AEADCase] = VectorFiles.load("xchacha20-poly1305.json")
        #expect(cases.count > 300)
        for vector in cases {
            let key = SecretBytes(copying: vector.key.bytes)
            let aad = vector.aad?.bytes ?? []
            let sealed = vector.ct.bytes + vector.tag.bytes
            var plain = [UInt8](repeating: 0xee, count: vector.msg.bytes.count)
            var span = plain.mutableSpan
            let opened = XChaCha20Poly1305.open(
                sealed.span, key: key, nonce: vector.iv.bytes.span, authenticating: aad.span, into: &span)
            #expect(opened == vector.isValid, "\(vector.testDescription)")
            #expect(plain == (opened ? vector.msg.bytes : [UInt8](repeating: 0, count: plain.count)))
            guard vector.isValid else { continue }
            let again = [UInt8](capacity: sealed.count) {
                XChaCha20Poly1305.seal(
                    vector.msg.bytes.span, key: key, nonce: vector.iv.bytes.span, authenticating: aad.span, into: &$0)
            }
            #expect(again == sealed, "\(vector.testDescription)")
        }
    }

    /// Suite 2 makes XChaCha20-Poly1305 from HChaCha20 once and OpenSSL's ChaCha20-Poly1305 per chunk.
    @Test func theShortcutOfSuiteTwoIsXChaCha20Poly1305() throws {
        let cases: [AEADCase] = VectorFiles.load("xchacha20-poly1305.json")
        var checked = 0
        for vector in cases where vector.isValid && vector.aad?.bytes.isEmpty ?? true {
            let iv = vector.iv.bytes
            let subkey = XChaCha20Poly1305.subkey(of: vector.key.bytes.span, noncePrefix: Array(iv.prefix(16)).span)
            let nonce = [0, 0, 0, 0] + iv.suffix(8)
            let sealed = try subkey.withBytes { subkey in
                var cipher = try ChunkCipher(.chaCha20Poly1305, key: subkey, baseNonce: nonce.span, for: .sealing)
                return [UInt8](capacity: vector.msg.bytes.count + 16) {
                    cipher.seal(vector.msg.bytes.span, chunk: 0, into: &$0)
                }
            }
            #expect(sealed == vector.ct.bytes + vector.tag.bytes)
            checked += 1
        }
        #expect(checked > 20)
    }

    @Test func hmacSHA256AnswersAsRFC4231() {
        struct Case: Decodable { let key, message, tag: HexBytes }
        let cases: [Case] = VectorFiles.load("hmac-sha256.json")
        #expect(cases.count == 6)
        for vector in cases {
            var mac = HMAC(.sha256, key: vector.key.bytes.span)
            for _ in 0..<2 {  // the second message starts clean
                for byte in vector.message.bytes { mac.update(byte) }
                #expect(mac.finish() == vector.tag.bytes)
            }
        }
    }

    @Test func hkdfSHA256AnswersAsWycheproofAndRFC5869() {
        struct Case: Decodable {
            let ikm, salt, info, okm: HexBytes
            let size: Int
            let result: String
        }
        let cases: [Case] = VectorFiles.load("hkdf-sha256.json")
        #expect(cases.count > 80)
        for vector in cases where vector.result == "valid" {
            // HKDF-Extract is one HMAC; this program only needs Expand.
            let salt = vector.salt.bytes.isEmpty ? [UInt8](repeating: 0, count: 32) : vector.salt.bytes
            var extract = HMAC(.sha256, key: salt.span)
            extract.update(vector.ikm.bytes.span)
            let key = extract.finish()
            let info = vector.info.bytes.span
            var output = [UInt8](repeating: 0, count: vector.size)
            var span = output.mutableSpan
            let middle = info.count / 2
            HKDF.expand(key.span, info: info.extracting(..<middle), info.extracting(middle...), into: &span)
            #expect(output == vector.okm.bytes)
        }
    }

    @Test func sha256AnswersAsFIPS180() {
        struct Case: Decodable { let message, digest: HexBytes }
        let cases: [Case] = VectorFiles.load("sha256.json")
        #expect(cases.count > 60)
        var hasher = SHA256Hasher()
        for vector in cases {
            let message = vector.message.bytes
            #expect(SHA256Hash.of(message) == vector.digest.bytes)
            #expect(hasher.hash(message) == vector.digest.bytes)
            if let first = message.first {
                let middle = message.count / 2
                let halves = (Array(message[1..<max(1, middle)]), Array(message[max(1, middle)...]))
                #expect(SHA256Hash.of(first, halves.0, halves.1) == vector.digest.bytes)
                #expect(hasher.hash(first, halves.0, halves.1) == vector.digest.bytes)
            }
        }
        // FIPS 180-4 examples: a million times "a".
        let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(
            Hex.encode(SHA256Hash.of(million)) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func ed25519AnswersAsWycheproof() {
        struct Case: Decodable {
            let id: Int
            let comment: String
            let result: String
            let publicKey, msg, sig: HexBytes
        }
        let cases: [Case] = VectorFiles.load("ed25519.json")
        #expect(cases.count > 140)
        for vector in cases {
            let verified = Ed25519SigningKey.verify(
                vector.sig.bytes, of: vector.msg.bytes, publicKey: vector.publicKey.bytes)
            // "acceptable" are keys outside the prime-order group, where RFC 8032 leaves the answer open. Those of small
            // order, under which anyone can sign, must be refused all the same.
            if vector.result == "acceptable", vector.comment.hasPrefix("prime-order point") { continue }
            #expect(verified == (vector.result == "valid"), "\(vector.id) \(vector.comment)")
        }
    }

    /// RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature.
    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ])
    func ed25519SignsAsRFC8032(_ vector: (seed: String, publicKey: String, message: String, signature: String)) throws {
        let seed = try #require(Hex.decode(vector.seed))
        let message = try #require(Hex.decode(vector.message))
        let key = try #require(SealingKey(copying: seed).map { Ed25519SigningKey(seed: $0) })
        #expect(Hex.encode(key.publicKey) == vector.publicKey)
        #expect(Hex.encode(key.sign(message)) == vector.signature)
        #expect(Ed25519SigningKey.verify(key.sign(message), of: message, publicKey: key.publicKey))
        #expect(!Ed25519SigningKey.verify(key.sign(message), of: message + [0], publicKey: key.publicKey))
    }
}
