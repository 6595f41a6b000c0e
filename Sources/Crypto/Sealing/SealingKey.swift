/// A 32-byte symmetric key.
///
/// A reference to it is the permission to use it; the bytes have one owner, are never given out, printed or encoded,
/// and are wiped when the last reference goes. Making one costs two small allocations: there is one per file.
public final class SealingKey: Sendable {
    /// Size of a key in bytes.
    public static let size = 32

    let secret: SecretBytes

    init(_ secret: consuming SecretBytes) {
        precondition(secret.count == Self.size)
        self.secret = secret
    }

    /// A key from bytes that are already uniformly random.
    ///
    /// - Returns: nil unless there are exactly 32.
    package init?(copying bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        secret = SecretBytes(copying: bytes)
    }

    /// A fresh key from the system's random source.
    public static func random() -> SealingKey {
        SealingKey(SecretBytes(count: size))
    }

    /// Whether both are the same key, in a time that tells nothing.
    package func isSame(as other: SealingKey) -> Bool {
        secret.withBytes { own in other.secret.withBytes { constantTimeEqual(own, $0) } }
    }

    /// A key for one purpose, by HKDF-Expand-SHA-256 (RFC 5869); learning it tells nothing about this one.
    ///
    /// - Parameters:
    ///   - label: the purpose; part of the format, at most 255 bytes.
    ///   - context: what it belongs to.
    public func derived(_ label: StaticString, _ context: [UInt8] = []) -> SealingKey {
        SealingKey(derivedSecret(label, context, protection: .heap))
    }

    func derivedSecret(
        _ label: StaticString, _ context: [UInt8] = [], protection: SecretBytes.Protection
    ) -> SecretBytes {
        precondition(label.utf8CodeUnitCount <= 255, "a derivation label has a one-byte length")
        var info: [UInt8] = []
        info.reserveCapacity(Self.derivePrefix.utf8CodeUnitCount + 1 + label.utf8CodeUnitCount)
        info.append(Self.derivePrefix)
        info.append(UInt8(label.utf8CodeUnitCount))
        info.append(label)
        var output = SecretBytes(zeroed: Self.size, protection: protection)
        output.withMutableBytes { output in
            secret.withBytes { HKDF.expand($0, info: info.span, context.span, into: &output) }
        }
        return output
    }

    /// HMAC-SHA-256 of `message`, 32 bytes: for name tags, e-mail lookup, signatures in URLs.
    ///
    /// The message is prefixed, so that no message can ask for the bytes of a derived key.
    public func tag(_ message: [UInt8]) -> [UInt8] {
        secret.withBytes { key in
            var mac = HMAC(.sha256, key: key)
            Self.tagPrefix.withBytes { mac.update($0) }
            mac.update(message.span)
            return mac.finish()
        }
    }

    /// First bytes of everything this key authenticates by HMAC; no one of them is the beginning of another.
    private static let derivePrefix: StaticString = "cloudspace-vault/v1/derive\0"
    private static let tagPrefix: StaticString = "cloudspace-vault/v1/tag\0"
}

extension SealingKey: CustomStringConvertible, CustomReflectable {
    /// Says only that it is a key.
    public var description: String { "SealingKey" }
    /// Nothing to see.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
