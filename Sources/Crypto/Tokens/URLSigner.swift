/// Signs a request so that a link alone is the permission to make it: HMAC-SHA-256 over method, path, expiry and extras.
///
/// What is signed is length-prefixed, so no two requests have the same bytes; extras are ordered by name and value, so
/// their order in the URL does not matter.
public struct URLSigner: Sendable {
    private let key: SealingKey

    /// - Parameter key: for this purpose alone, such as a derived one.
    public init(key: SealingKey) {
        self.key = key
    }

    /// The signature to put into the URL: 43 characters of base64url.
    ///
    /// - Parameters:
    ///   - method: as on the wire, `"GET"`.
    ///   - path: the exact path that will be asked for, decoded or raw as long as both sides do the same.
    ///   - expiresAt: seconds of Unix time.
    ///   - extras: further query parameters that must not be changed.
    public func signature(
        method: String, path: String, expiresAt: Int64, extras: [(name: String, value: String)] = []
    ) -> String {
        Base64URL.encode(tag(method, path, expiresAt, extras))
    }

    /// Whether `signature` is that of this request and it has not expired. Compared in constant time.
    public func verify(
        _ signature: String, method: String, path: String, expiresAt: Int64,
        extras: [(name: String, value: String)] = [], now: Int64
    ) -> Bool {
        // Bounded before decoding: a signature has one length.
        guard signature.utf8.count == 43, let given = Base64URL.decode(signature) else { return false }
        let isOurs = constantTimeEqual(tag(method, path, expiresAt, extras), given)
        return isOurs && now < expiresAt
    }

    private func tag(
        _ method: String, _ path: String, _ expiresAt: Int64, _ extras: [(name: String, value: String)]
    ) -> [UInt8] {
        let ordered = extras.map { (Array($0.name.utf8), Array($0.value.utf8)) }
            .sorted { $0.0 == $1.0 ? $0.1.lexicographicallyPrecedes($1.1) : $0.0.lexicographicallyPrecedes($1.0) }
        var message: [UInt8] = []
        message.append("signed url 1\0")
        Self.append(Array(method.utf8), to: &message)
        Self.append(Array(path.utf8), to: &message)
        message.append(bigEndian: expiresAt)
        message.append(bigEndian: UInt32(truncatingIfNeeded: ordered.count))
        for (name, value) in ordered {
            Self.append(name, to: &message)
            Self.append(value, to: &message)
        }
        return key.tag(message)
    }

    private static func append(_ bytes: [UInt8], to message: inout [UInt8]) {
        message.append(bigEndian: UInt64(bytes.count))
        message.append(contentsOf: bytes)
    }
}
