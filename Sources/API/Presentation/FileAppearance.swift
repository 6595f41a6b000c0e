import Vault

/// How a file looks in the web client: a Material Symbol and Tailwind classes (requirements/1, "Table de mapping").
final class FileAppearance: Sendable {
    let icon: String
    /// Class of the icon: `text-red-500`.
    let color: String
    /// Classes behind the icon: `bg-red-50 dark:bg-red-500/10`.
    let background: String
    /// The stronger pair that trash and shares use: `text-gray-600 dark:text-gray-400`.
    let strongColor: String
    let strongBackground: String
    /// The softer background that recent files use: `bg-blue-500/10`, and the lighter colour that quick access uses with it.
    let softBackground: String
    let lightColor: String
    /// `"icon":…,"icon_color":…,"icon_bg":…` as lists repeat it.
    let json: [UInt8]

    private init(_ icon: String, _ hue: String, strong: String? = nil) {
        let strong = strong ?? hue
        self.icon = icon
        color = "text-\(hue)-500"
        background = "bg-\(hue)-50 dark:bg-\(hue)-500/10"
        strongColor = "text-\(strong)-600 dark:text-\(strong)-400"
        strongBackground = "bg-\(strong)-100 dark:bg-\(strong)-900/40"
        softBackground = "bg-\(hue)-500/10"
        lightColor = "text-\(hue)-400"
        json = Array(#""icon":"\#(icon)","icon_color":"\#(color)","icon_bg":"\#(background)""#.utf8)
    }

    /// Behind the icons of favourites, whatever their kind.
    static let cardBackground = "bg-slate-50 dark:bg-[#151e26]"

    static let folder = FileAppearance("folder", "yellow")
    static let pdf = FileAppearance("picture_as_pdf", "red")
    static let word = FileAppearance("description", "blue")
    static let excel = FileAppearance("table_chart", "green")
    static let powerPoint = FileAppearance("slideshow", "orange")
    static let image = FileAppearance("image", "indigo")
    /// Indigo in the table, purple where the document shows it as shared.
    static let figma = FileAppearance("image", "indigo", strong: "purple")
    static let video = FileAppearance("video_file", "purple")
    static let audio = FileAppearance("audio_file", "pink")
    static let archive = FileAppearance("folder_zip", "gray")
    static let code = FileAppearance("data_object", "yellow")
    static let other = FileAppearance("draft", "slate")

    /// The row of the table for a file. The extension `.fig` comes before the type.
    static func of(name: String, mediaType: String?) -> FileAppearance {
        if hasFigmaSuffix(name) { return .figma }
        guard let type = mediaType else { return .other }
        if let exact = byType[type] { return exact }
        if type.hasPrefix("image/") { return .image }
        if type.hasPrefix("video/") { return .video }
        if type.hasPrefix("audio/") { return .audio }
        if type.hasPrefix("application/x-rar") || type.hasPrefix("application/x-7z") { return .archive }
        if type.contains("wordprocessingml") { return .word }
        if type.contains("spreadsheetml") { return .excel }
        if type.contains("presentationml") { return .powerPoint }
        return .other
    }

    /// Of a node as it is now.
    static func of(_ node: Node) -> FileAppearance {
        node.kind.isFolder ? .folder : of(name: node.name.text, mediaType: node.meta.mediaType)
    }

    private static let byType: [String: FileAppearance] = [
        "application/pdf": .pdf, "application/msword": .word, "application/vnd.ms-excel": .excel,
        "application/vnd.ms-powerpoint": .powerPoint, "application/zip": .archive, "text/javascript": .code,
        "application/json": .code, "text/html": .code, "text/css": .code, "application/octet-stream": .other,
        "text/plain": .other,
    ]

    private static func hasFigmaSuffix(_ name: String) -> Bool {
        var suffix = name.utf8.suffix(4).makeIterator()
        return suffix.next() == UInt8(ascii: ".") && suffix.next().map { $0 | 0x20 } == UInt8(ascii: "f")
            && suffix.next().map { $0 | 0x20 } == UInt8(ascii: "i")
            && suffix.next().map { $0 | 0x20 } == UInt8(ascii: "g")
    }
}

extension FileAppearance: Equatable {
    static func == (left: FileAppearance, right: FileAppearance) -> Bool { left === right }
}
