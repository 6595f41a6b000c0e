import Vault

/// What people call a kind of file: "Figma Design File", "PDF Document" (requirements/1, `GET /api/files/:fileId`).
enum FileTypeName {
    static func of(_ node: Node) -> String {
        guard node.kind == .file else {
            switch node.kind {
            case .cabinet: return "Cabinet"
            case .locker: return "Locker"
            case .folder, .file: return "Folder"
            }
        }
        return of(name: node.name, mediaType: node.meta.mediaType)
    }

    static func of(name: NodeName, mediaType: String?) -> String {
        let suffix = name.parts.suffix.dropFirst().uppercased()
        if suffix == "FIG" { return "Figma Design File" }
        let appearance = FileAppearance.of(name: name.text, mediaType: mediaType)
        switch appearance {
        case .pdf: return "PDF Document"
        case .word: return "Word Document"
        case .excel: return "Excel Spreadsheet"
        case .powerPoint: return "PowerPoint Presentation"
        case .image: return suffix.isEmpty ? "Image" : "\(suffix) Image"
        case .video: return suffix.isEmpty ? "Video" : "\(suffix) Video"
        case .audio: return suffix.isEmpty ? "Audio" : "\(suffix) Audio"
        case .archive: return suffix.isEmpty ? "Archive" : "\(suffix) Archive"
        default: return suffix.isEmpty ? "File" : "\(suffix) File"
        }
    }
}
