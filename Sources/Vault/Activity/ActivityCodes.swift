import Crypto

/// What people get instead of the journal's numbers, which would tell how much happens in the whole vault.
struct ActivityCodes: Sendable {
    private let ids: SealingKey
    private let cursors: SealingKey

    init(ring: KeyRing) {
        ids = ring.stableKey("cloudspace activity ids")
        cursors = ring.stableKey("cloudspace activity cursors")
    }

    /// A UUID of version 8 (RFC 9562, section 5.8) made of a keyed hash of the event's number.
    func id(of sequence: Int64) -> ActivityID {
        let value = ids.tag(Self.bytes(sequence)).prefix(16).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        let version: UInt128 = 0xf << 76
        let variant: UInt128 = 0b11 << 62
        return ActivityID(value & ~version & ~variant | 0x8 << 76 | 0b10 << 62)
    }

    /// The place where the next page begins, readable by this vault alone and good for one person.
    func cursor(_ numbers: [Int64], for account: AccountID) -> String {
        Base64URL.encode(cursors.seal(numbers.flatMap(Self.bytes), context: Self.context(account)))
    }

    /// - Throws: `VaultError.invalid` for text that is no cursor of this person's.
    func numbers(_ count: Int, of cursor: String, for account: AccountID) throws(VaultError) -> [Int64] {
        guard cursor.utf8.count <= 256, let sealed = Base64URL.decode(cursor),
            let bytes = try? cursors.open(sealed, context: Self.context(account)), bytes.count == 8 * count
        else { throw .invalid(field: "cursor", .malformed) }
        return (0..<count).map { index in
            Int64(bitPattern: bytes[8 * index..<8 * index + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
    }

    private static func bytes(_ number: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> Int64(56 - 8 * $0)) }
    }

    private static func context(_ account: AccountID) -> SealContext {
        SealContext("cloudspace activity cursor", account.value)
    }
}
