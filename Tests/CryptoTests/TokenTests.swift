import Testing

@testable import Crypto

@Suite struct TokenTests {
    let ring = KeyRing(newFor: 1)
    let claims = TokenClaims(subject: "0192f0c1-a2b3", id: "token-1", issuedAt: 1_700_000_000, expiresAt: 1_700_003_600)
    let now: Int64 = 1_700_000_100
    var signer: TokenSigner { TokenSigner(ring) }

    private func refusal(_ token: String, now: Int64? = nil, signer: TokenSigner? = nil) -> TokenError? {
        do throws(TokenError) {
            _ = try (signer ?? self.signer).verify(token, now: now ?? self.now)
            return nil
        } catch {
            return error
        }
    }

    /// Signs whatever header and payload with the ring's own key: what a forger with the key could at most do.
    private func forge(_ header: String, _ payload: String, generation: Int = 1) throws -> String {
        let key = TokenKey(try ring.derivedKey("session token", generation: generation), generation: generation)
        let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        return input + "." + Base64URL.encode(key.signature(of: Array(input.utf8).span))
    }

    private let goodHeader = #"{"alg":"HS256","kid":"1","typ":"JWT"}"#
    private let goodPayload = #"{"sub":"a","jti":"b","iat":1700000000,"exp":1700003600}"#

    /// RFC 7515, appendix A.1: key, signing input and signature.
    @Test func signaturesAreThoseOfRFC7515() throws {
        let key = try #require(
            Base64URL.decode(
                "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
        let input =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
            + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        var mac = HMAC(.sha256, key: key.span)
        mac.update(Array(input.utf8).span)
        #expect(Base64URL.encode(mac.finish()) == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    }

    @Test func whatIsSignedVerifies() throws {
        let read = try signer.verify(signer.sign(claims), now: now)
        #expect(read.subject == claims.subject)
        #expect(read.id == claims.id)
        #expect(read.issuedAt == claims.issuedAt)
        #expect(read.expiresAt == claims.expiresAt)
        #expect(read.generation == 1)
        #expect(refusal(try forge(goodHeader, goodPayload)) == nil)
    }

    @Test(arguments: ["", "\"", "\\", "a\nb\u{0}\u{1f}", "é 🔑", "{\"sub\":\"x\"}"])
    func anySubjectSurvives(_ subject: String) throws {
        let token = signer.sign(TokenClaims(subject: subject, id: subject, issuedAt: 0, expiresAt: 10))
        let read = try signer.verify(token, now: 5)
        #expect(read.subject == subject && read.id == subject)
    }

    @Test func expiryIsExact() {
        let token = signer.sign(claims)
        #expect(refusal(token, now: claims.expiresAt - 1) == nil)
        #expect(refusal(token, now: claims.expiresAt) == .expired)
        #expect(refusal(token, now: .max) == .expired)
        #expect(refusal(token, now: claims.issuedAt - 60) == nil)
        #expect(refusal(token, now: claims.issuedAt - 61) == .notYetValid)
        #expect(refusal(token, now: 0) == .notYetValid)
    }

    @Test func aChangedCharacterAnywhereIsRefused() {
        let token = Array(signer.sign(claims).utf8)
        for index in token.indices {
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(refusal(String(decoding: changed, as: UTF8.self)) != nil, "character \(index)")
        }
        for count in token.indices {
            #expect(refusal(String(decoding: token.prefix(count), as: UTF8.self)) != nil)
        }
    }

    @Test(arguments: [
        #"{"alg":"none","kid":"1","typ":"JWT"}"#, #"{"alg":"None","kid":"1"}"#,
        #"{"alg":"RS256","kid":"1","typ":"JWT"}"#,
        #"{"alg":"HS512","kid":"1","typ":"JWT"}"#, #"{"alg":"hs256","kid":"1","typ":"JWT"}"#,
        #"{"kid":"1","typ":"JWT"}"#,
        #"{"alg":1,"kid":"1","typ":"JWT"}"#,
    ])
    func anotherAlgorithmIsRefusedEvenWithAGoodSignature(_ header: String) throws {
        #expect(refusal(try forge(header, goodPayload)) == .wrongAlgorithm)
    }

    @Test func anUnsignedTokenIsRefused() {
        let header = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
        let payload = Base64URL.encode(Array(goodPayload.utf8))
        #expect(refusal("\(header).\(payload).") == .wrongAlgorithm)
        let good = Base64URL.encode(Array(goodHeader.utf8))
        #expect(refusal("\(good).\(payload).") == .badSignature)
    }

    @Test(arguments: [
        #"{"alg":"HS256","kid":"2","typ":"JWT"}"#, #"{"alg":"HS256","kid":"01","typ":"JWT"}"#,
        #"{"alg":"HS256","kid":"-1","typ":"JWT"}"#, #"{"alg":"HS256","kid":1,"typ":"JWT"}"#,
        #"{"alg":"HS256","typ":"JWT"}"#, #"{"alg":"HS256","kid":"../../dev/null","typ":"JWT"}"#,
        #"{"alg":"HS256","kid":"99999999999999999999","typ":"JWT"}"#,
    ])
    func anUnknownKeyIsRefused(_ header: String) throws {
        #expect(refusal(try forge(header, goodPayload)) == .unknownKey)
    }

    @Test(arguments: [
        #"{"alg":"HS256","alg":"none","kid":"1","typ":"JWT"}"#, #"{"alg":"HS256","kid":"1","kid":"2","typ":"JWT"}"#,
        #"{"alg":"HS256","kid":"1","typ":"JWT","crit":["exp"]}"#,
        #"{"alg":"HS256","kid":"1","typ":"JWT","jku":"http://x"}"#,
        #"{"kid":"1","alg":"HS256","typ":"JWT"}"#, #"{"alg":"HS256","kid":"1","typ":"JWT"} "#, "[]", "null", "", "{",
    ])
    func anyOtherHeaderIsRefusedEvenWithAGoodSignature(_ header: String) throws {
        #expect(refusal(try forge(header, goodPayload)) == .malformed)
    }

    @Test(arguments: [
        #"{"sub":"a","sub":"b","jti":"b","iat":1700000000,"exp":1700003600}"#,
        #"{"sub":"a","jti":"b","iat":1700000000,"exp":1700003600,"exp":9999999999}"#,
        #"{"sub":"a","jti":"b","iat":1700000000}"#, #"{"sub":1,"jti":"b","iat":1700000000,"exp":1700003600}"#,
        #"{"sub":"a","jti":"b","iat":"1700000000","exp":1700003600}"#,
        #"{"sub":"a","jti":"b","iat":1700000000,"exp":1.7e9}"#,
        #"{"sub":"a","jti":"b","iat":1700000000,"exp":1700003600.5}"#,
        #"{"sub":"a","jti":"b","iat":1700000000,"exp":99999999999999999999}"#,
        #"{"sub":"a","jti":"b","iat":1700000000,"exp":01700003600}"#,
        #"{"sub":"a","jti":"b","iat":1700000000,"exp":1700003600,"x":{}}"#,
        #"{"sub":"a","jti":"b","iat":1700000000,"exp":1700003600}x"#, "\"a\"", "", "{}", #"{"sub":"\ud800","jti":"b"}"#,
    ])
    func aMalformedPayloadIsRefusedEvenWithAGoodSignature(_ payload: String) throws {
        #expect(refusal(try forge(goodHeader, payload)) == .malformed)
    }

    @Test func otherShapesAreMalformed() throws {
        let token = signer.sign(claims)
        let parts = token.split(separator: ".").map(String.init)
        for shape in [
            "", ".", "..", "...", "a.b", token + ".", token + ".x", "." + token, token + "=", " " + token, token + "\n",
            parts[0] + ".." + parts[2], parts[0] + "=." + parts[1] + "." + parts[2],
        ] {
            #expect(refusal(shape) != nil, "\(shape)")
        }
        #expect(refusal(token + "=") == .malformed)
        #expect(refusal(token + String(repeating: "A", count: 4096)) == .malformed)
        #expect(refusal(String(repeating: "A", count: 10_000_000)) == .malformed)
    }

    @Test func aTokenOutlivesRotationButNotDestruction() throws {
        let signer = signer
        let old = signer.sign(claims)
        ring.addGeneration()
        let new = signer.sign(claims)
        #expect(try signer.verify(old, now: now).generation == 1)
        #expect(try signer.verify(new, now: now).generation == 2)
        ring.destroy(generation: 1)
        #expect(refusal(old, signer: signer) == .unknownKey)
        #expect(refusal(new, signer: signer) == nil)
    }

    @Test func anotherPurposeOrVaultRefusesTheToken() {
        let token = signer.sign(claims)
        #expect(refusal(token, signer: TokenSigner(ring, purpose: "two-factor challenge")) == .badSignature)
        #expect(refusal(token, signer: TokenSigner(KeyRing(newFor: 1))) == .badSignature)
    }
}
