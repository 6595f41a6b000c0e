public import Crypto

/// The key pair a store signs its requests with. Never printed.
public final class AWSCredentials: Sendable {
    /// Names the key; sent with every request, no secret.
    package let accessKeyID: String
    package let secretAccessKey: SecretBytes
    /// Comes with keys that expire; empty for others.
    private let sessionToken: SecretBytes

    /// - Parameters:
    ///   - accessKeyID: as in `AWS_ACCESS_KEY_ID`.
    ///   - secretAccessKey: as in `AWS_SECRET_ACCESS_KEY`.
    ///   - sessionToken: as in `AWS_SESSION_TOKEN`; nil for keys that do not expire.
    /// - Throws: `AWSCredentialsError` when a part is empty or has characters that no key has.
    public init(
        accessKeyID: String, secretAccessKey: consuming SecretBytes, sessionToken: consuming SecretBytes? = nil
    ) throws(AWSCredentialsError) {
        guard (1...256).contains(accessKeyID.utf8.count), accessKeyID.utf8.allSatisfy(Self.isKeyCharacter) else {
            throw AWSCredentialsError("AWS_ACCESS_KEY_ID is not an access key; set it to the one of the bucket's user")
        }
        guard Self.isVisible(secretAccessKey, atMost: 512) else {
            throw AWSCredentialsError(
                "AWS_SECRET_ACCESS_KEY is not a secret key; set it to the one that belongs to \(accessKeyID)")
        }
        let token = sessionToken ?? SecretBytes(copying: [])
        guard token.count == 0 || Self.isVisible(token, atMost: 8_192) else {
            throw AWSCredentialsError(
                "AWS_SESSION_TOKEN is not a session token; leave it out for keys that do not expire")
        }
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = token
    }

    /// The value of `x-amz-security-token`, which is sent with every request; nil for keys that do not expire.
    package var securityToken: String? {
        guard sessionToken.count > 0 else { return nil }
        return sessionToken.withBytes { bytes in
            String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
    }

    /// What may stand in a credential without being taken for one of its separators.
    private static func isKeyCharacter(_ byte: UInt8) -> Bool {
        (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "/") && byte != UInt8(ascii: ",")
    }

    private static func isVisible(_ secret: borrowing SecretBytes, atMost limit: Int) -> Bool {
        guard (1...limit).contains(secret.count) else { return false }
        return secret.withBytes { bytes in
            for index in bytes.indices where !(0x21...0x7e).contains(bytes[index]) { return false }
            return true
        }
    }
}

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "AWSCredentials(\(accessKeyID))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A key pair that cannot be one, in words that say what to set. Names no secret.
public struct AWSCredentialsError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
