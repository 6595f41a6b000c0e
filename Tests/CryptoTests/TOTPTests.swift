import Testing

@testable import Crypto

@Suite struct TOTPTests {
    let totp = TOTP(secret: Array("12345678901234567890".utf8))

    @Test func codesAreThoseOfRFC6238() {
        struct Case: Decodable {
            let secret: HexBytes
            let time: Int64
            let code: String
        }
        let cases: [Case] = VectorFiles.load("totp.json")
        #expect(cases.count == 6)
        for vector in cases {
            #expect(TOTP(secret: vector.secret.bytes, digits: 8).code(at: vector.time) == vector.code)
            #expect(TOTP(secret: vector.secret.bytes).code(at: vector.time) == vector.code.suffix(6))
        }
    }

    @Test func theNeighbouringPeriodsAreAccepted() {
        let now: Int64 = 1_234_567_890
        let step = TOTP.step(at: now)
        for offset in Int64(-3)...3 {
            let code = totp.code(at: now + offset * 30)
            #expect(totp.verify(code, at: now) == (abs(offset) <= 1 ? step + offset : nil))
        }
    }

    @Test func aCodeWorksOnce() {
        let now: Int64 = 1_234_567_890
        let code = totp.code(at: now)
        let step = totp.verify(code, at: now)
        #expect(step != nil)
        #expect(totp.verify(code, at: now, after: step) == nil)
        #expect(totp.verify(code, at: now + 29, after: step) == nil)
        #expect(totp.verify(totp.code(at: now - 30), at: now, after: step) == nil)
        #expect(totp.verify(totp.code(at: now + 30), at: now + 30, after: step) != nil)
    }

    @Test(arguments: ["", "1", "12345", "1234567", "abcdef", " 005924", "005924 ", "٠٠٥٩٢٤", "-05924", "005925"])
    func anythingElseIsRefused(_ code: String) {
        #expect(totp.verify(code, at: 1_234_567_890) == nil)
        #expect(totp.verify("005924", at: 1_234_567_890) != nil)
    }

    @Test func theProvisioningURIIsWhatAuthenticatorsRead() {
        #expect(
            totp.provisioningURI(issuer: "CloudSpace Vault", account: "awa@exemple.sn")
                == "otpauth://totp/CloudSpace%20Vault:awa%40exemple.sn?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                + "&issuer=CloudSpace%20Vault&algorithm=SHA1&digits=6&period=30")
        #expect(TOTP.newSecret().count == 20)
    }

    @Test func timesBeforeTheEpochHaveSteps() {
        #expect(TOTP.step(at: -1) == -1)
        #expect(TOTP.step(at: -30) == -1)
        #expect(TOTP.step(at: -31) == -2)
        #expect(TOTP.step(at: 29) == 0)
    }
}
