/// Formats that other types are built on: the bytes confirm any of them, the name says which.
public enum ContentContainer: Sendable, Equatable, CaseIterable {
    case zip, compoundFile, isoMedia, ogg, matroska

    /// What it is when nothing says more.
    public var mediaType: String {
        switch self {
        case .zip: "application/zip"
        case .compoundFile: "application/x-ole-storage"
        case .isoMedia: "video/mp4"
        case .ogg: "audio/ogg"
        case .matroska: "video/x-matroska"
        }
    }

    init?(_ head: [UInt8]) {
        if head.starts(with: [0x50, 0x4B, 3, 4]) || head.starts(with: [0x50, 0x4B, 5, 6]) {
            self = .zip
        } else if head.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
            self = .compoundFile
        } else if head.count >= 12, head[4..<8].elementsEqual("ftyp".utf8) {
            self = .isoMedia
        } else if head.starts(with: "OggS".utf8) {
            self = .ogg
        } else if head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) {
            self = .matroska
        } else {
            return nil
        }
    }

    /// Whether a file of this type is such a container inside.
    public func holds(_ type: String) -> Bool {
        switch self {
        case .zip:
            type.hasPrefix("application/vnd.openxmlformats") || type.hasPrefix("application/vnd.oasis")
                || type.hasPrefix("application/vnd.ms-") || Self.zipped.contains(type)
        case .compoundFile:
            type == "application/msword" || type.hasPrefix("application/vnd.ms-") || type == mediaType
                || type == "application/x-msi"
        case .isoMedia:
            type.hasPrefix("video/") || type.hasPrefix("audio/") || type == "image/heic" || type == "image/heif"
                || type == "image/avif"
        case .ogg: type.hasPrefix("audio/") || type.hasPrefix("video/")
        case .matroska: type.hasPrefix("video/") || type.hasPrefix("audio/")
        }
    }

    private static let zipped: Set<String> = [
        "application/zip", "application/epub+zip", "application/x-figma", "application/java-archive",
        "application/vnd.android.package-archive", "application/x-xpinstall",
    ]

    /// What the beginning of the container says about its kind, where it does.
    func look(into head: [UInt8]) -> ContentLook {
        switch self {
        case .zip: Self.kindOfZip(head).map(ContentLook.exactly) ?? .container(.zip)
        case .isoMedia:
            switch head[8..<12] {
            case _ where head[8..<12].elementsEqual("heic".utf8) || head[8..<12].elementsEqual("heix".utf8):
                .exactly("image/heic")
            case _ where head[8..<12].elementsEqual("avif".utf8): .exactly("image/avif")
            case _ where head[8..<12].elementsEqual("qt  ".utf8): .exactly("video/quicktime")
            default: .container(.isoMedia)
            }
        case .compoundFile, .ogg, .matroska: .container(self)
        }
    }

    /// ODF and EPUB name themselves in a first, uncompressed entry; OOXML begins with its list of parts.
    private static func kindOfZip(_ head: [UInt8]) -> String? {
        guard head.count > 38, head[2] == 3 else { return nil }
        let name = Int(head[26]) | Int(head[27]) << 8
        let extra = Int(head[28]) | Int(head[29]) << 8
        if name == 8, head[30..<38].elementsEqual("mimetype".utf8) {
            let start = 38 + extra
            let text = head.dropFirst(start).prefix(80).prefix { byte in
                byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "P")
            }
            let type = String(decoding: text, as: UTF8.self)
            return type.hasPrefix("application/") ? type : nil
        }
        return nil
    }
}
