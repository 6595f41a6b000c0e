/// Writes `Content-Disposition` (RFC 6266): an ASCII name for old clients, the exact one as `filename*`.
public enum ContentDisposition {
    /// What the client shall do with the content.
    public enum Kind: String, Sendable {
        /// Show it.
        case inline
        /// Save it.
        case attachment
    }

    /// The field's value for a file of that name, whatever the name holds.
    public static func field(_ kind: Kind, fileName: String) -> String {
        var plain = ""
        var isExact = true
        for scalar in fileName.unicodeScalars {
            switch scalar {
            case "\"", "\\", "/", "%":
                plain.append("_")
                isExact = false
            case " "..."~": plain.unicodeScalars.append(scalar)
            default:
                plain.append("_")
                isExact = false
            }
        }
        let field = "\(kind.rawValue); filename=\"\(plain)\""
        return isExact ? field : field + "; filename*=UTF-8''" + percentEncode(fileName)
    }
}
