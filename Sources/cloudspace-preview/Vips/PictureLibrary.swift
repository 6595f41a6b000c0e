import CVips
import PreviewWire

/// libvips, held to a few formats, one thread and no cache.
enum PictureLibrary {
    enum Outcome {
        case picture(width: Int, height: Int, jpeg: [UInt8])
        case refused(PreviewExit)
    }

    private static let pictureSide: Int32 = 512
    private static let pageSide: Int32 = 800
    private static let avatarSide: Int32 = 256

    /// Loads the library and its modules: the last time that files are opened freely.
    static func start() -> Bool { cvips_start() == 0 }

    /// Opens the formats wanted here; the readers of all others stay blocked.
    static func allow(_ kind: PreviewKind) {
        let formats =
            switch kind {
            case .image: ["Jpeg", "Png", "Nsgif", "Webp", "Tiff"]
            case .avatar: ["Jpeg", "Png", "Nsgif", "Webp"]
            case .pdf: ["Pdf"]
            }
        for format in formats { unsafe cvips_allow(format) }
    }

    static func preview(of bytes: RawSpan, _ kind: PreviewKind) -> Outcome {
        unsafe bytes.withUnsafeBytes { unsafe preview(of: $0, kind) }
    }

    private static func preview(of bytes: UnsafeRawBufferPointer, _ kind: PreviewKind) -> Outcome {
        guard let source = unsafe cvips_open(bytes.baseAddress, bytes.count) else { return .refused(.unreadable) }
        defer { unsafe cvips_close(source) }
        if kind != .pdf {
            var (width, height): (Int32, Int32) = (0, 0)
            guard unsafe cvips_header(source, &width, &height) == 0 else { return .refused(.unreadable) }
            guard Int(max(width, height)) <= PreviewLimits.side, Int(width) * Int(height) <= PreviewLimits.pixels else {
                return .refused(.tooLarge)
            }
        }
        var made: OpaquePointer?
        let code =
            switch kind {
            case .image: unsafe cvips_fit(source, pictureSide, 0, &made)
            case .pdf: unsafe cvips_fit(source, pageSide, 1, &made)
            case .avatar: unsafe cvips_fill(source, avatarSide, &made)
            }
        guard code == 0, let image = unsafe made else { return .refused(.unreadable) }
        defer { unsafe cvips_release(image) }
        return unsafe encoded(image)
    }

    private static func encoded(_ image: OpaquePointer) -> Outcome {
        var memory: UnsafeMutableRawPointer?
        var count = 0
        guard unsafe cvips_jpeg(image, &memory, &count) == 0, let start = unsafe memory else {
            return .refused(.unreadable)
        }
        defer { unsafe cvips_free(start) }
        guard count <= PreviewLimits.answer - PreviewLimits.header else { return .refused(.tooLarge) }
        let jpeg = unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
        let (width, height) = unsafe (cvips_width(image), cvips_height(image))
        return .picture(width: Int(width), height: Int(height), jpeg: jpeg)
    }
}
