import Vault

/// The short word on a favourite's card and its Tailwind classes (requirements/1, "Table de mapping extension →
/// type_badge").
struct TypeBadge: Equatable {
    let text: String
    /// `bg-red-100 text-red-600 dark:bg-red-500/20 dark:text-red-400`.
    let color: String

    private init(_ text: String, _ hue: String) {
        self.text = text
        color = "bg-\(hue)-100 text-\(hue)-600 dark:bg-\(hue)-500/20 dark:text-\(hue)-400"
    }

    static let pdf = TypeBadge("PDF", "red")
    static let word = TypeBadge("DOC", "blue")
    static let excel = TypeBadge("XLS", "green")
    static let powerPoint = TypeBadge("PPT", "orange")
    static let image = TypeBadge("IMG", "indigo")
    static let video = TypeBadge("MP4", "purple")
    static let audio = TypeBadge("MP3", "pink")
    static let archive = TypeBadge("ZIP", "gray")
    static let figma = TypeBadge("FIG", "indigo")
    static let file = TypeBadge("FILE", "slate")

    /// By the table; a name without an extension by its type.
    static func of(name: NodeName, mediaType: String?) -> TypeBadge {
        let suffix = name.parts.suffix.dropFirst()
        if suffix.isEmpty { return of(FileAppearance.of(name: name.text, mediaType: mediaType)) }
        return byExtension[suffix.lowercased()] ?? .file
    }

    private static func of(_ look: FileAppearance) -> TypeBadge {
        switch look {
        case .pdf: .pdf
        case .word: .word
        case .excel: .excel
        case .powerPoint: .powerPoint
        case .image: .image
        case .video: .video
        case .audio: .audio
        case .archive: .archive
        default: .file
        }
    }

    private static let byExtension: [String: TypeBadge] = [
        "pdf": .pdf, "doc": .word, "docx": .word, "xls": .excel, "xlsx": .excel, "ppt": .powerPoint,
        "pptx": .powerPoint, "jpg": .image, "jpeg": .image, "png": .image, "gif": .image, "webp": .image,
        "svg": .image, "mp4": .video, "avi": .video, "mov": .video, "mkv": .video, "mp3": .audio, "wav": .audio,
        "flac": .audio, "zip": .archive, "rar": .archive, "7z": .archive, "fig": .figma,
    ]
}
