/// Which bytes of a content a request asks for (RFC 9110, section 14).
public enum RangeOutcome: Sendable, Equatable {
    /// All of them: no range, one we do not read, or several at once (which a server may answer whole).
    case whole
    /// `length` bytes (at least 1) from `first`.
    case part(first: Int64, length: Int64)
    /// 416: the range begins behind the end.
    case unsatisfiable
}

/// Reads `Range` fields.
public enum RangeHeader {
    /// The bytes a `Range` field asks for, of a content of `size` bytes.
    public static func resolve(_ field: String?, size: Int64) -> RangeOutcome {
        guard let field, size >= 0 else { return .whole }
        let text = field.trimmedBlanks
        guard text.lowercasedASCIIText.hasPrefix("bytes=") else { return .whole }
        let set = text.dropFirst(6)
        guard !set.contains(",") else { return .whole }
        let ends = set.split(separator: "-", omittingEmptySubsequences: false).map(\.trimmedBlanks)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }) else {
            return .whole
        }
        // Numbers too large for us are larger than any content.
        let first = ends[0].isEmpty ? nil : Int64(ends[0]) ?? .max
        let last = ends[1].isEmpty ? nil : Int64(ends[1]) ?? .max
        switch (first, last) {
        case (nil, nil): return .whole
        case (nil, let suffix?):
            guard suffix > 0, size > 0 else { return .unsatisfiable }
            let length = min(suffix, size)
            return .part(first: size - length, length: length)
        case (let first?, let last):
            if let last, last < first { return .whole }
            guard first < size else { return .unsatisfiable }
            return .part(first: first, length: min(last ?? .max, size - 1) - first + 1)
        }
    }

    /// The `Content-Range` of a part.
    public static func contentRange(first: Int64, length: Int64, size: Int64) -> String {
        "bytes \(first)-\(first + length - 1)/\(size)"
    }

    /// The `Content-Range` of a 416 answer.
    public static func unsatisfied(size: Int64) -> String { "bytes */\(size)" }
}
