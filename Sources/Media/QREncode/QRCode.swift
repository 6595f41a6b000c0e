import CQREncode

/// A two-dimensional code that a telephone's camera reads (ISO/IEC 18004), as a square of dark and light modules.
public struct QRCode: Sendable, Equatable {
    /// Modules along one side, without the quiet zone; 21 to 177.
    public let width: Int
    /// Row by row from the top left; true is dark. `width * width` of them.
    public let modules: [Bool]

    /// Encodes text, error correction level M: about 15 percent of the modules may be unreadable.
    /// - Parameter text: at most 2,331 bytes, none of them 0.
    /// - Throws: `MediaError.tooLong` for text that no code holds.
    public init(_ text: String) throws(MediaError) {
        guard !text.isEmpty, text.utf8.count <= 2_331, !text.utf8.contains(0) else { throw .tooLong }
        guard let code = unsafe QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else { throw .tooLong }
        defer { unsafe QRcode_free(code) }
        let width = Int(unsafe code.pointee.width)
        guard width > 0, let data = unsafe code.pointee.data else { throw .tooLong }
        self.width = width
        modules = (0..<width * width).map { index in unsafe data[index] & 1 == 1 }
    }

    /// The picture, with the quiet zone of four modules that scanners ask for.
    /// - Parameter scale: pixels of one module; brought into 1 to 16.
    public func png(scale: Int = 6) throws(MediaError) -> [UInt8] {
        let scale = min(max(scale, 1), 16)
        let quiet = 4
        let side = (width + 2 * quiet) * scale
        var pixels = [UInt8](repeating: 0xff, count: side * side)
        for row in 0..<width {
            for column in 0..<width where modules[row * width + column] {
                for line in 0..<scale {
                    let start = ((row + quiet) * scale + line) * side + (column + quiet) * scale
                    for pixel in start..<start + scale { pixels[pixel] = 0 }
                }
            }
        }
        return try GrayPNG.encode(pixels, side: side)
    }
}
