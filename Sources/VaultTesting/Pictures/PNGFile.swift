/// PNG files made byte by byte, honest ones and bombs.
public enum PNGFile {
    /// A picture of one colour, or of what `pixel` says: red, green, blue and, where wanted, alpha.
    public static func picture(
        width: Int, height: Int, alpha: Bool = false, extra: [(type: String, bytes: [UInt8])] = [],
        pixel: (_ x: Int, _ y: Int) -> [UInt8] = { x, y in
            [UInt8(truncatingIfNeeded: x), UInt8(truncatingIfNeeded: y), 128]
        }
    ) -> [UInt8] {
        var rows: [UInt8] = []
        for y in 0..<height {
            rows.append(0)
            for x in 0..<width { rows += pixel(x, y) }
        }
        var file = signature + header(width: width, height: height, colourType: alpha ? 6 : 2)
        for (type, bytes) in extra { file += chunk(type, bytes) }
        return file + chunk("IDAT", zlib(rows)) + chunk("IEND", [])
    }

    /// Claims a size; what it holds is a single row of nothing.
    public static func bomb(width: Int, height: Int) -> [UInt8] {
        signature + header(width: width, height: height, colourType: 2) + chunk("IDAT", zlib([0, 0, 0, 0]))
            + chunk("IEND", [])
    }

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private static func header(width: Int, height: Int, colourType: UInt8) -> [UInt8] {
        chunk(
            "IHDR", bigEndian(UInt32(clamping: width)) + bigEndian(UInt32(clamping: height)) + [8, colourType, 0, 0, 0])
    }

    private static func chunk(_ type: String, _ bytes: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + bytes
        return bigEndian(UInt32(clamping: bytes.count)) + body + bigEndian(crc(body))
    }

    /// Stored blocks: nothing is compressed (RFC 1950, RFC 1951).
    private static func zlib(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x78, 0x01]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            let count = UInt16(block.count)
            out.append(rest.isEmpty ? 1 : 0)
            for value in [count, ~count] {
                out += [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
            }
            out += block
        } while !rest.isEmpty
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return out + bigEndian(high << 16 | low)
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
