import CPNG

/// Writes small pictures of our own making as PNG.
enum GrayPNG {
    /// - Parameter pixels: one byte each, 0 is black; `side * side` of them.
    /// - Throws: `MediaError.unwritable` when the library refuses, which only a lack of memory explains.
    static func encode(_ pixels: [UInt8], side: Int) throws(MediaError) -> [UInt8] {
        guard pixels.count == side * side, let length = UInt32(exactly: side) else { throw .unwritable }
        var image = unsafe png_image()
        unsafe image.version = 1
        unsafe image.width = length
        unsafe image.height = length
        unsafe image.format = 0
        defer { unsafe png_image_free(&image) }
        var size = 0
        guard unsafe png_image_write_to_memory(&image, nil, &size, 0, pixels, 0, nil) != 0, size > 0 else {
            throw .unwritable
        }
        var bytes = [UInt8](repeating: 0, count: size)
        guard unsafe png_image_write_to_memory(&image, &bytes, &size, 0, pixels, 0, nil) != 0 else { throw .unwritable }
        return Array(bytes.prefix(size))
    }
}
