/// The inside of sealed metadata: numbered fields, each `number (1 byte) ‖ length (4 bytes, big-endian) ‖ bytes`, in
/// ascending order of number, none twice. Unknown numbers are kept by readers that do not know them
/// (docs/formats/sealed-metadata.md).
struct SealedFields: Equatable, Sendable {
    private(set) var encoded: [UInt8] = []

    init() {}

    mutating func set(_ number: UInt8, _ bytes: some Collection<UInt8>) {
        let count = UInt32(clamping: bytes.count)
        encoded.append(number)
        for shift in [24, 16, 8, 0] as [UInt32] { encoded.append(UInt8(truncatingIfNeeded: count >> shift)) }
        encoded.append(contentsOf: bytes)
    }

    mutating func set(_ number: UInt8, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        set(number, text.utf8)
    }

    /// Calls `visit` with each field. Malformed bytes end the walk: they were authenticated, so they were written so.
    static func read(_ bytes: [UInt8], _ visit: (UInt8, ArraySlice<UInt8>) -> Void) {
        var position = 0
        while bytes.count - position >= 5 {
            let number = bytes[position]
            var count = 0
            for offset in 1...4 { count = count << 8 | Int(bytes[position + offset]) }
            position += 5
            guard count <= bytes.count - position else { return }
            visit(number, bytes[position..<position + count])
            position += count
        }
    }
}

extension String {
    init(field: ArraySlice<UInt8>) { self.init(decoding: field, as: UTF8.self) }
}
