/// What a ciphertext belongs to. Sealing binds to it; opening under another context fails.
///
/// Canonical bytes (docs/formats/wrapped-keys.md): length of the purpose (1 byte) ‖ purpose ‖ number of ids (1 byte) ‖
/// ids (16 bytes each, big-endian) ‖ number (8 bytes, big-endian). No two different contexts have the same bytes.
public struct SealContext: Sendable, Equatable {
    let bytes: [UInt8]

    /// - Parameters:
    ///   - purpose: what the plaintext is, such as `"node name"`; at most 255 bytes, and part of the format: never
    ///     change one that is in use.
    ///   - ids: what it belongs to, outermost first; at most 255.
    ///   - number: a version or ordinal where there is one.
    public init(_ purpose: StaticString, _ ids: UInt128..., number: Int64 = 0) {
        self.init(purpose, ids: ids, number: number)
    }

    /// The same, with the ids in an array.
    public init(_ purpose: StaticString, ids: [UInt128], number: Int64 = 0) {
        precondition(purpose.utf8CodeUnitCount <= 255 && ids.count <= 255, "a seal context has one-byte lengths")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(2 + purpose.utf8CodeUnitCount + 16 * ids.count + 8)
        bytes.append(UInt8(purpose.utf8CodeUnitCount))
        bytes.append(purpose)
        bytes.append(UInt8(ids.count))
        for id in ids { bytes.append(bigEndian: id) }
        bytes.append(bigEndian: number)
        self.bytes = bytes
    }
}
