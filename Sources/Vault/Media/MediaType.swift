/// MIME types: by file extension, held against the content; then what the client declared.
public enum MediaType {
    public static let unknown = "application/octet-stream"

    /// - Parameters:
    ///   - declared: the client's own word, used when the extension says nothing and the value is well-formed.
    ///   - evidence: what the first bytes showed.
    static func of(_ name: NodeName, declared: String?, _ evidence: ContentEvidence) -> String {
        judgement(of: name, declared: declared).type(evidence)
    }

    /// What name and client claim, ready to be held against the bytes.
    static func judgement(of name: NodeName, declared: String?) -> TypeJudgement {
        let suffix = name.parts.suffix.dropFirst()
        if suffix.utf8.count <= 8, let type = byExtension[suffix.lowercased()] {
            return TypeJudgement(claimed: type, declared: nil)
        }
        return TypeJudgement(claimed: nil, declared: declared.flatMap(bare))
    }

    /// - Returns: `nil` for what says nothing: malformed words, the forms' own types, "some bytes".
    private static func bare(_ declared: String) -> String? {
        let bare = declared.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard isWellFormed(bare), bare != "multipart/form-data", bare != "application/x-www-form-urlencoded",
            bare != unknown
        else { return nil }
        return bare
    }

    private static func isWellFormed(_ type: String) -> Bool {
        let parts = type.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, type.utf8.count <= 100 else { return false }
        return parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "."),
                        UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
        }
    }

    private static let byExtension: [String: String] = [
        "pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "log": "text/plain",
        "html": "text/html", "htm": "text/html", "css": "text/css", "js": "text/javascript", "mjs": "text/javascript",
        "json": "application/json", "xml": "application/xml", "yaml": "application/yaml", "yml": "application/yaml",
        "doc": "application/msword", "dot": "application/msword", "rtf": "application/rtf",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls": "application/vnd.ms-excel", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ppt": "application/vnd.ms-powerpoint",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "odp": "application/vnd.oasis.opendocument.presentation", "epub": "application/epub+zip",
        "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
        "svg": "image/svg+xml", "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff", "heic": "image/heic",
        "avif": "image/avif", "ico": "image/vnd.microsoft.icon", "psd": "image/vnd.adobe.photoshop",
        "mp4": "video/mp4", "m4v": "video/mp4", "mov": "video/quicktime", "avi": "video/x-msvideo",
        "mkv": "video/x-matroska",
        "webm": "video/webm", "mpg": "video/mpeg", "mpeg": "video/mpeg",
        "mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg", "m4a": "audio/mp4",
        "aac": "audio/aac",
        "zip": "application/zip", "rar": "application/x-rar-compressed", "7z": "application/x-7z-compressed",
        "tar": "application/x-tar", "gz": "application/gzip", "tgz": "application/gzip", "bz2": "application/x-bzip2",
        "xz": "application/x-xz", "zst": "application/zstd",
        "fig": "application/x-figma", "eml": "message/rfc822", "ics": "text/calendar", "vcf": "text/vcard",
        "ttf": "font/ttf", "otf": "font/otf", "woff": "font/woff", "woff2": "font/woff2", "wasm": "application/wasm",
        "sql": "application/sql", "sh": "application/x-sh", "py": "text/x-python", "swift": "text/x-swift",
        "c": "text/x-c",
        "h": "text/x-c", "bin": "application/octet-stream",
    ]
}
