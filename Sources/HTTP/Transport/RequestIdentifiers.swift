import Synchronization

/// Makes request ids: 13 characters, unique in this process, not in a visible order.
struct RequestIdentifiers: ~Copyable, Sendable {
    private let seed = UInt64.random(in: .min ... .max)
    private let count = Atomic<UInt64>(0)

    /// The next id, of Crockford's base 32 alphabet.
    func next() -> String {
        // splitmix64: a bijection, so different counts give different ids.
        var z = seed &+ count.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        return unsafe String(unsafeUninitializedCapacity: 13) { buffer in
            for index in 0..<13 {
                unsafe buffer[index] = Self.digit(UInt8(truncatingIfNeeded: z & 31))
                z >>= 5
            }
            return 13
        }
    }

    /// Crockford's alphabet: no I, L, O or U.
    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<10: value + 0x30
        case 10..<18: value - 10 + UInt8(ascii: "a")
        case 18..<20: value - 18 + UInt8(ascii: "j")
        case 20..<22: value - 20 + UInt8(ascii: "m")
        case 22..<27: value - 22 + UInt8(ascii: "p")
        default: value - 27 + UInt8(ascii: "v")
        }
    }

    /// True for ids we take from a client: 1 to 64 letters, digits, `-`, `_`, `.`.
    static func isWellFormed(_ id: String) -> Bool {
        let bytes = id.utf8
        return !bytes.isEmpty && bytes.count <= 64
            && bytes.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }
}
