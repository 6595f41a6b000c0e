import HTTP

/// How content may be given to a browser (docs/decisions/0025-media-type-by-content.md).
///
/// Content is somebody's upload on the application's own origin: what a browser would run there must never be shown under
/// a type that runs. Everything may be saved; only what cannot act is ever shown.
enum ContentDisplay: Equatable, Sendable {
    /// To be saved, with its own type.
    case attachment
    /// Shown as what it is.
    case inline
    /// Shown, but as plain text.
    case inlineText

    /// - Parameter wantsInline: whether the caller asked for it to be shown.
    init(of mediaType: String, wantsInline: Bool) {
        guard wantsInline else {
            self = .attachment
            return
        }
        if Self.pictures.contains(mediaType) || mediaType == "application/pdf" || mediaType.hasPrefix("audio/")
            || mediaType.hasPrefix("video/")
        {
            self = .inline
        } else if mediaType.hasPrefix("text/") && mediaType != "text/html" && mediaType != "text/xml"
            || mediaType == "application/json"
        {
            self = .inlineText
        } else {
            self = .attachment
        }
    }

    private static let pictures: Set<String> = [
        "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp", "image/tiff", "image/heic",
        "image/vnd.microsoft.icon",
    ]

    func contentType(_ mediaType: String) -> String {
        switch self {
        case .attachment, .inline: mediaType
        case .inlineText: "text/plain; charset=utf-8"
        }
    }

    var disposition: ContentDisposition.Kind {
        switch self {
        case .attachment: .attachment
        case .inline, .inlineText: .inline
        }
    }

    /// Whatever the bytes are, a browser that shows them runs nothing of them. Browsers' own readers of PDF do not work in
    /// a sandbox; they run nothing in this origin either.
    func contentSecurityPolicy(_ mediaType: String) -> String {
        self == .inline && mediaType == "application/pdf"
            ? "default-src 'none'; frame-ancestors 'none'" : "sandbox; default-src 'none'; frame-ancestors 'none'"
    }
}

extension Request {
    /// Whether the query asks for content to be shown: `inline=1`, or `disposition=inline`.
    func wantsInline() throws -> Bool {
        if try query.boolean("inline") == true { return true }
        return query.first("disposition") == "inline"
    }
}
