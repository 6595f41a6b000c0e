import Media

/// What the first bytes of a content showed: the own look at it, and libmagic's answer where there was doubt.
struct ContentEvidence: Sendable {
    let look: ContentLook
    let magic: String?

    /// Nothing is known, as for contents that nobody looked at.
    static let none = ContentEvidence(look: .empty, magic: nil)
}

/// Holds the type that a name claims against what the bytes show (docs/decisions/0025-media-type-by-content.md).
///
/// What the bytes confirm stays as the name has it, since a name is finer: a table among texts, a spreadsheet among ZIPs.
/// What they clearly contradict does not: a `.jpg` that holds a page of HTML is a page of HTML.
struct TypeJudgement: Sendable {
    enum Verdict: Equatable, Sendable {
        case settled(String)
        /// The look says too little against the claim; libmagic may know more.
        case doubtful
    }

    /// By the name's extension.
    let claimed: String?
    /// By the client, where the extension says nothing.
    let declared: String?

    /// What the look alone decides.
    func verdict(_ look: ContentLook) -> Verdict {
        switch look {
        case .empty: .settled(word)
        case .exactly(let type): .settled(confirmed(type))
        case .container(let container): .settled(inside(container))
        case .text(let form): .settled(written(form))
        case .unknown:
            switch claimed {
            case .none: .doubtful
            case .some(let type) where Self.isText(type) || Self.hasSignature.contains(type): .doubtful
            case .some(let type): .settled(type)
            }
        }
    }

    /// The type in the end.
    func type(_ evidence: ContentEvidence) -> String {
        if case .settled(let type) = verdict(evidence.look) { return type }
        guard let magic = evidence.magic, !Self.sayNothing.contains(magic) else { return word }
        return confirmed(magic)
    }

    /// What is said of the content, whatever it is.
    private var word: String { claimed ?? declared ?? MediaType.unknown }

    /// Bytes that show one type: the claim stays when it is that type or one of its kind.
    private func confirmed(_ shown: String) -> String {
        guard let said = claimed ?? declared else { return shown }
        return said == shown || Self.kin(said, shown) ? said : shown
    }

    private func inside(_ container: ContentContainer) -> String {
        guard let said = claimed ?? declared, container.holds(said) else { return container.mediaType }
        return said
    }

    private func written(_ form: TextForm) -> String {
        switch (claimed ?? declared, form) {
        case (.none, _): form.mediaType
        case ("image/svg+xml", .svg), ("image/svg+xml", .xml): "image/svg+xml"
        case ("image/svg+xml", _): form.mediaType
        case (.some(let type), _) where Self.isText(type): type
        case (.some(let type), .plain(isShort: true)): type
        // Bytes of no told kind, and formats that may be written as text.
        case (.some(let type), .plain) where type == MediaType.unknown || type == "application/x-figma": type
        default: form.mediaType
        }
    }

    /// Types whose content is readable text.
    static func isText(_ type: String) -> Bool {
        type.hasPrefix("text/") || type.hasSuffix("+xml") || type.hasSuffix("+json") || textual.contains(type)
    }

    private static let textual: Set<String> = [
        "application/json", "application/xml", "application/yaml", "application/sql", "application/x-sh",
        "application/javascript", "application/rtf", "message/rfc822", "application/postscript", "application/x-ndjson",
        "application/toml",
    ]

    /// Answers of libmagic that decide nothing against a name.
    private static let sayNothing: Set<String> = [
        MediaType.unknown, "application/x-empty", "inode/x-empty", "text/plain", "application/x-data",
    ]

    /// Types that always begin with a signature which the own look knows: bytes without it are in doubt.
    private static let hasSignature: Set<String> = [
        "image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff", "image/heic", "image/avif",
        "image/vnd.adobe.photoshop", "application/pdf", "application/zip", "application/gzip", "application/zstd",
        "application/x-7z-compressed", "application/x-rar-compressed", "application/x-xz", "application/msword",
        "application/epub+zip", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "video/mp4",
        "video/quicktime", "video/x-matroska", "video/webm", "video/x-msvideo", "audio/flac", "audio/ogg", "audio/wav",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ]

    /// Two words for one thing, and formats that are another one inside.
    private static func kin(_ said: String, _ shown: String) -> Bool {
        if said == "application/x-figma" { return shown == "application/zip" || shown == MediaType.unknown }
        if isText(said), isText(shown) {
            return shown != "text/html" && shown != "image/svg+xml" || said == "text/html"
        }
        return families.contains { $0.contains(said) && $0.contains(shown) }
    }

    private static let families: [Set<String>] = [
        ["image/tiff", "image/x-adobe-dng", "image/x-canon-cr2", "image/x-nikon-nef", "image/x-sony-arw"],
        ["image/bmp", "image/x-ms-bmp", "image/x-bmp"], ["audio/wav", "audio/x-wav", "audio/wave"],
        ["image/vnd.microsoft.icon", "image/x-icon"], ["image/heic", "image/heif", "image/heic-sequence"],
        ["audio/mpeg", "audio/mp3"], ["audio/mp4", "audio/x-m4a", "video/mp4"],
        ["video/mp4", "video/quicktime", "video/x-m4v", "video/3gpp"], ["video/mpeg", "video/mpv", "video/x-mpeg"],
        ["video/x-matroska", "video/webm"], ["audio/ogg", "video/ogg", "audio/opus"],
        ["application/x-rar-compressed", "application/x-rar", "application/vnd.rar"],
        ["application/gzip", "application/x-gzip", "application/x-tar+gzip"],
        ["application/x-bzip2", "application/bzip2"], ["audio/aac", "audio/x-hx-aac-adts"],
        ["application/pdf", "application/postscript", "application/illustrator"],
        ["font/ttf", "font/sfnt", "application/x-font-ttf"], ["font/otf", "application/vnd.ms-opentype"],
        [
            "application/vnd.ms-excel", "application/x-ole-storage", "application/msword",
            "application/vnd.ms-powerpoint",
        ],
    ]
}
