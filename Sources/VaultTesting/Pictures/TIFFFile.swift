/// TIFF files of one directory, uncompressed, little-endian.
public enum TIFFFile {
    public static func grey(width: Int, height: Int) -> [UInt8] {
        file(width: width, height: height, bytes: [UInt8](repeating: 100, count: width * height))
    }

    /// Claims a size; holds next to nothing.
    public static func bomb() -> [UInt8] { file(width: 90_000, height: 90_000, bytes: [0, 0, 0, 0]) }

    private static func file(width: Int, height: Int, bytes: [UInt8]) -> [UInt8] {
        let entries: [(tag: Int, value: Int)] = [
            (256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height),
            (279, bytes.count),
        ]
        var file: [UInt8] = [0x49, 0x49, 0x2A, 0] + little(8 + bytes.count, 4) + bytes + little(entries.count, 2)
        for entry in entries { file += little(entry.tag, 2) + little(4, 2) + little(1, 4) + little(entry.value, 4) }
        return file + [0, 0, 0, 0]
    }

    static func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
