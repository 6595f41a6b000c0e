import Media
import Testing

@Suite struct QRCodeTests {
    /// The three squares in the corners, by which a camera finds the code (ISO/IEC 18004, section 6.3.3).
    @Test func itHasTheFinderPatternsInThreeCorners() throws {
        let code = try QRCode(
            "otpauth://totp/CloudSpace:alex%40cloudspace.com?secret=JBSWY3DPEHPK3PXP&issuer=CloudSpace")
        let last = code.width - 7
        for (row, column) in [(0, 0), (0, last), (last, 0)] {
            for line in 0..<7 {
                let seen = (0..<7).map { code.modules[(row + line) * code.width + column + $0] }
                #expect(seen == Self.finder[line], "corner \(row),\(column) line \(line)")
            }
        }
        #expect(code.modules.count == code.width * code.width)
    }

    @Test func thePictureIsAPNGOfTheRightSize() throws {
        let code = try QRCode("hello")
        let png = try code.png(scale: 2)
        #expect(png.prefix(8) == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
        let side = (code.width + 8) * 2
        #expect(png[16..<24].elementsEqual([0, 0, 0, UInt8(side), 0, 0, 0, UInt8(side)]))
    }

    @Test func whatNoCodeHoldsIsRefused() {
        #expect(throws: MediaError.tooLong) { try QRCode(String(repeating: "a", count: 3_000)) }
        #expect(throws: MediaError.tooLong) { try QRCode("") }
        #expect(throws: MediaError.tooLong) { try QRCode("a\0b") }
    }

    private static let finder: [[Bool]] = [
        "1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111",
    ].map { $0.map { $0 == "1" } }
}
