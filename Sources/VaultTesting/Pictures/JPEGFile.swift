/// Segments put into JPEG files, and what is found in them.
public enum JPEGFile {
    /// The file with an EXIF segment: which way is up (1…8), and a place on earth.
    public static func withEXIF(_ jpeg: [UInt8], orientation: UInt16, marker: String) -> [UInt8] {
        // TIFF, big-endian: one directory with the orientation, a description and the GPS directory.
        let text = Array(marker.utf8) + [0]
        var tiff: [UInt8] = [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8, 0, 3]
        let textPlace = UInt32(8 + 2 + 3 * 12 + 4)
        let gpsPlace = textPlace + UInt32(text.count + text.count % 2)
        tiff += [0x01, 0x0E, 0, 2] + PNGFile.bigEndian(UInt32(text.count)) + PNGFile.bigEndian(textPlace)
        tiff += [0x01, 0x12, 0, 3, 0, 0, 0, 1, UInt8(orientation >> 8), UInt8(orientation & 0xFF), 0, 0]
        tiff += [0x88, 0x25, 0, 4, 0, 0, 0, 1] + PNGFile.bigEndian(gpsPlace)
        tiff += [0, 0, 0, 0] + text + (text.count % 2 == 1 ? [0] : [])
        // North, as the only fact.
        tiff += [0, 1, 0, 1, 0, 2, 0, 0, 0, 2, UInt8(ascii: "N"), 0, 0, 0, 0, 0, 0, 0]
        return withSegment(jpeg, 0xE1, Array("Exif\0\0".utf8) + tiff)
    }

    /// The file with one more segment behind its start.
    public static func withSegment(_ jpeg: [UInt8], _ kind: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        let count = bytes.count + 2
        return Array(jpeg.prefix(2)) + [0xFF, kind, UInt8(count >> 8), UInt8(count & 0xFF)] + bytes + jpeg.dropFirst(2)
    }

    /// The kinds of the segments before the picture itself; APP0…APP15 and comments carry metadata.
    public static func segments(of jpeg: [UInt8]) -> [UInt8] {
        var kinds: [UInt8] = []
        var place = 2
        while place + 4 <= jpeg.count, jpeg[place] == 0xFF, jpeg[place + 1] != 0xDA {
            kinds.append(jpeg[place + 1])
            place += 2 + (Int(jpeg[place + 2]) << 8 | Int(jpeg[place + 3]))
        }
        return kinds
    }
}
