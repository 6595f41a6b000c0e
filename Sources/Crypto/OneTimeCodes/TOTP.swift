/// Time-based one-time passwords (RFC 6238) as authenticator programs make them: HMAC-SHA-1, 30 seconds, 6 digits.
public struct TOTP: Sendable {
    /// Seconds one code lasts.
    public static let period: Int64 = 30
    private let secret: SealedSecret
    private let digits: Int

    private final class SealedSecret: Sendable {
        let bytes: SecretBytes
        init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
    }

    /// - Parameter secret: the shared secret; 20 bytes where we made it.
    public init(secret: [UInt8]) {
        self.init(secret: secret, digits: 6)
    }

    init(secret: [UInt8], digits: Int) {
        self.secret = SealedSecret(SecretBytes(copying: secret))
        self.digits = digits
    }

    /// A new 20-byte secret (RFC 4226, section 4, R6), to be sealed with the account.
    public static func newSecret() -> [UInt8] { Random.bytes(20) }

    /// The number of the period that `seconds` (Unix time) lies in.
    public static func step(at seconds: Int64) -> Int64 {
        seconds >= 0 ? seconds / period : (seconds - period + 1) / period
    }

    /// The code at `seconds` (Unix time).
    public func code(at seconds: Int64) -> String {
        code(step: Self.step(at: seconds))
    }

    /// Checks a code against the present period, the one before and the one after.
    ///
    /// - Parameters:
    ///   - code: as typed; only exactly six ASCII digits can match.
    ///   - seconds: now, in Unix time.
    ///   - lastStep: the step returned for the last code that was accepted; that one and older ones are refused, so a
    ///     code works once.
    /// - Returns: the step that matched, to be stored as the next `lastStep`; nil when none did.
    public func verify(_ code: String, at seconds: Int64, after lastStep: Int64? = nil) -> Int64? {
        let typed = Array(code.utf8)
        let now = Self.step(at: seconds)
        var matched: Int64?
        for step in (now - 1)...(now + 1) {
            let isRight = constantTimeEqual(Array(self.code(step: step).utf8), typed)
            if isRight, step > lastStep ?? .min { matched = step }
        }
        return matched
    }

    /// The `otpauth://` address to show as a QR code.
    ///
    /// - Parameters:
    ///   - issuer: the service's name; without a colon.
    ///   - account: the person's name there, such as an e-mail address.
    public func provisioningURI(issuer: String, account: String) -> String {
        let issuer = Self.percentEncoded(issuer)
        let secret = secret.bytes.withBytes { Base32.encode($0.copied()) }
        return "otpauth://totp/\(issuer):\(Self.percentEncoded(account))"
            + "?secret=\(secret)&issuer=\(issuer)&algorithm=SHA1&digits=\(digits)&period=\(Self.period)"
    }

    /// HOTP of the step (RFC 4226, section 5.3).
    private func code(step: Int64) -> String {
        let hash = secret.bytes.withBytes { key in
            var mac = HMAC(.sha1, key: key)
            var counter: [UInt8] = []
            counter.append(bigEndian: step)
            mac.update(counter.span)
            return mac.finish()
        }
        let offset = Int(hash[19] & 15)
        let truncated = hash.span.bigEndian(at: offset, as: UInt32.self) & 0x7fff_ffff
        var modulus: UInt32 = 1
        for _ in 0..<digits { modulus *= 10 }
        let number = String(truncated % modulus)
        return String(repeating: "0", count: digits - number.utf8.count) + number
    }

    private static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded += "%" + Hex.encode([byte]).uppercased()
            }
        }
        return encoded
    }
}
