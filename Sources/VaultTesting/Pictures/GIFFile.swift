/// GIF files made byte by byte: every frame of one colour, without compression.
public enum GIFFile {
    /// - Parameter frames: how many there are; more than one is an animation.
    public static func picture(width: Int, height: Int, frames: Int = 1) -> [UInt8] {
        var file = Array("GIF89a".utf8) + little(width) + little(height) + [0x80, 0, 0]
        file += [255, 0, 0, 0, 0, 255]
        for frame in 0..<frames {
            file += [0x21, 0xF9, 4, 0, 10, 0, 0, 0]
            file += [0x2C, 0, 0, 0, 0] + little(width) + little(height) + [0, 2]
            file += blocks(codes(of: frame % 2, count: width * height)) + [0]
        }
        return file + [0x3B]
    }

    /// Claims a size; holds next to nothing.
    public static func bomb() -> [UInt8] {
        let side = little(65_000)
        return Array("GIF89a".utf8) + side + side + [0x80, 0, 0, 255, 0, 0, 0, 0, 255]
            + [0x2C, 0, 0, 0, 0] + side + side + [0, 2, 1, 0x44, 0, 0x3B]
    }

    /// Three bits a code, the table emptied before it would grow.
    private static func codes(of colour: Int, count: Int) -> [UInt8] {
        var codes: [Int] = []
        for index in 0..<count {
            if index % 2 == 0 { codes.append(4) }
            codes.append(colour)
        }
        codes.append(5)
        var bytes: [UInt8] = []
        var (bits, held) = (0, 0)
        for code in codes {
            bits |= code << held
            held += 3
            while held >= 8 {
                bytes.append(UInt8(truncatingIfNeeded: bits))
                bits >>= 8
                held -= 8
            }
        }
        if held > 0 { bytes.append(UInt8(truncatingIfNeeded: bits)) }
        return bytes
    }

    private static func blocks(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let block = rest.prefix(255)
            rest = rest.dropFirst(block.count)
            out.append(UInt8(block.count))
            out += block
        }
        return out
    }

    private static func little(_ value: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
    }
}
