/// An ICC profile (version 2, matrix and curves) whose red and blue have changed places.
public enum ColourProfile {
    public static func swapped() -> [UInt8] {
        let red = fixed([0.4361, 0.2225, 0.0139])
        let green = fixed([0.3851, 0.7169, 0.0971])
        let blue = fixed([0.1431, 0.0606, 0.7141])
        let white = fixed([0.9642, 1, 0.8249])
        let curve = tag("curv") + word(1) + [2, 0x33, 0, 0]
        let tags: [(String, [UInt8])] = [
            ("wtpt", tag("XYZ ") + white), ("rXYZ", tag("XYZ ") + blue), ("gXYZ", tag("XYZ ") + green),
            ("bXYZ", tag("XYZ ") + red), ("rTRC", curve), ("gTRC", curve), ("bTRC", curve),
            ("desc", tag("desc") + word(2) + [0x78, 0] + [UInt8](repeating: 0, count: 78)),
            ("cprt", tag("text") + [0x78, 0, 0, 0]),
        ]
        var table = word(UInt32(tags.count))
        var body: [UInt8] = []
        let start = 128 + 4 + 12 * tags.count
        for (name, bytes) in tags {
            let padded = bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
            table += Array(name.utf8) + word(UInt32(start + body.count)) + word(UInt32(bytes.count))
            body += padded
        }
        var header = word(UInt32(start + body.count)) + Array("lcms".utf8) + [2, 0x20, 0, 0]
        header += Array("mntrRGB XYZ ".utf8) + [7, 0xE8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0] + Array("acsp".utf8)
        header += [UInt8](repeating: 0, count: 128 - header.count)
        // The illuminant stands at 68.
        header.replaceSubrange(68..<80, with: white)
        return header + table + body
    }

    private static func tag(_ name: String) -> [UInt8] { Array(name.utf8) + [0, 0, 0, 0] }
    private static func word(_ value: UInt32) -> [UInt8] { PNGFile.bigEndian(value) }
    private static func fixed(_ values: [Double]) -> [UInt8] {
        values.flatMap { word(UInt32(bitPattern: Int32($0 * 65_536))) }
    }
}
