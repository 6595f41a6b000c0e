/// What the first bytes of a content show, told by its own short list of signatures: microseconds where libmagic needs
/// a good part of a millisecond. The MIME Sniffing standard and the formats' own specifications are the source.
public enum ContentLook: Sendable, Equatable {
    /// No bytes at all.
    case empty
    /// A signature of one type.
    case exactly(String)
    /// A format that many types are built on.
    case container(ContentContainer)
    /// Readable text.
    case text(TextForm)
    /// Bytes without a signature that is known here.
    case unknown

    /// Most bytes looked at.
    public static let headLimit = 64 << 10

    public init(_ head: [UInt8]) {
        self = Self.look(head)
    }

    private static func look(_ head: [UInt8]) -> ContentLook {
        guard let first = head.first else { return .empty }
        for signature in Signature.byFirstByte[Int(first)] where signature.matches(head) {
            return .exactly(signature.type)
        }
        if let container = ContentContainer(head) { return container.look(into: head) }
        if let form = TextForm(head) { return .text(form) }
        return .unknown
    }
}

/// One type's first bytes.
struct Signature: Sendable {
    let type: String
    private let start: [UInt8]
    /// Further bytes further on.
    private let more: (offset: Int, bytes: [UInt8])?

    init(_ type: String, _ start: [UInt8], _ more: (offset: Int, bytes: [UInt8])? = nil) {
        self.type = type
        self.start = start
        self.more = more
    }

    func matches(_ head: [UInt8]) -> Bool {
        guard head.starts(with: start) else { return false }
        guard let more else { return true }
        return head.count >= more.offset + more.bytes.count
            && head[more.offset..<more.offset + more.bytes.count].elementsEqual(more.bytes)
    }

    private static func text(_ type: String, _ start: String, _ more: (offset: Int, bytes: [UInt8])? = nil)
        -> Signature
    {
        Signature(type, Array(start.utf8), more)
    }

    private static func riff(_ type: String, _ form: String) -> Signature {
        text(type, "RIFF", (8, Array(form.utf8)))
    }

    static let all: [Signature] = [
        Signature("image/jpeg", [0xFF, 0xD8, 0xFF]),
        Signature("image/png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        text("image/gif", "GIF87a"), text("image/gif", "GIF89a"),
        riff("image/webp", "WEBP"), riff("audio/wav", "WAVE"), riff("video/x-msvideo", "AVI "),
        Signature("image/tiff", [0x49, 0x49, 0x2A, 0]), Signature("image/tiff", [0x4D, 0x4D, 0, 0x2A]),
        Signature("image/tiff", [0x49, 0x49, 0x2B, 0]), Signature("image/tiff", [0x4D, 0x4D, 0, 0x2B]),
        text("image/bmp", "BM", (6, [0, 0, 0, 0])),
        Signature("image/vnd.microsoft.icon", [0, 0, 1, 0]), text("image/vnd.adobe.photoshop", "8BPS"),
        text("application/pdf", "%PDF-"), text("application/postscript", "%!PS"), text("application/rtf", "{\\rtf"),
        Signature("application/gzip", [0x1F, 0x8B, 8]), text("application/x-bzip2", "BZh"),
        Signature("application/x-xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
        Signature("application/zstd", [0x28, 0xB5, 0x2F, 0xFD]),
        Signature("application/x-7z-compressed", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        text("application/x-rar-compressed", "Rar!\u{1A}\u{7}"),
        Signature("application/x-executable", [0x7F, 0x45, 0x4C, 0x46]),
        Signature("application/vnd.microsoft.portable-executable", [0x4D, 0x5A, 0x90, 0]),
        Signature("application/wasm", [0, 0x61, 0x73, 0x6D]),
        Signature("application/java-vm", [0xCA, 0xFE, 0xBA, 0xBE]),
        text("application/vnd.sqlite3", "SQLite format 3\0"), text("audio/flac", "fLaC"), text("audio/mpeg", "ID3"),
        text("font/woff", "wOFF"), text("font/woff2", "wOF2"), text("font/otf", "OTTO"),
        Signature("font/ttf", [0, 1, 0, 0, 0]), text("audio/midi", "MThd"), text("video/x-flv", "FLV\u{1}"),
    ]

    /// The signatures that begin with each byte, so that a look compares a handful of bytes.
    static let byFirstByte: [[Signature]] = (0...255).map { byte in all.filter { $0.start.first == UInt8(byte) } }
}
