/// The name of a blob: fresh for each, and never used again.
public struct BlobKey: Hashable, Sendable {
    // Two words, since a key lives in the frames of async functions (docs/decisions/0014-compiler-care.md).
    private let high: UInt64
    private let low: UInt64

    public init(_ value: UInt128) {
        high = UInt64(truncatingIfNeeded: value >> 64)
        low = UInt64(truncatingIfNeeded: value)
    }

    public var value: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// 32 hexadecimal digits.
    public var hex: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 32 - digits.utf8.count) + digits
    }

    /// `ef/cd/…abcdef`: two levels of 256 folders each, named by the last byte and the one before it. The first
    /// bytes of a UUIDv7 are the time and would put all of today's blobs into one folder.
    public var path: String { "\(shard.0)/\(shard.1)/\(hex)" }

    /// Reads 32 lower-case hexadecimal digits.
    init?(hex: some StringProtocol) {
        guard hex.utf8.count == 32, hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
            let value = UInt128(hex, radix: 16)
        else { return nil }
        self.init(value)
    }

    /// The names of the two folders.
    var shard: (String, String) {
        (Self.hex(UInt8(truncatingIfNeeded: value)), Self.hex(UInt8(truncatingIfNeeded: value >> 8)))
    }

    static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
    }
}

/// The order in which stores list: that of the paths.
extension BlobKey: Comparable {
    public static func < (left: BlobKey, right: BlobKey) -> Bool {
        let one = (UInt8(truncatingIfNeeded: left.value), UInt8(truncatingIfNeeded: left.value >> 8), left.value)
        let other = (UInt8(truncatingIfNeeded: right.value), UInt8(truncatingIfNeeded: right.value >> 8), right.value)
        return one < other
    }
}

extension BlobKey: CustomStringConvertible {
    public var description: String { hex }
}
