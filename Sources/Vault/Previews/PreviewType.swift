/// Kinds of preview (requirements/1, `preview_type`), by what the file is.
public enum PreviewType: String, Sendable, CaseIterable {
    case image, pdf

    /// - Returns: nil for a type of which no preview is made.
    public init?(mediaType: String?) {
        switch mediaType {
        case "image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff": self = .image
        case "application/pdf": self = .pdf
        default: return nil
        }
    }
}
