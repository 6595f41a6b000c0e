/// Why a request target was refused; always the client's fault, answered 400.
public enum TargetError: Error, Equatable, Sendable {
    /// A `%` not followed by two hexadecimal digits.
    case brokenEscape
    /// NUL, written as `%00` or raw.
    case nul
    /// `%2F` or `%5C` inside a path segment: what one part of a system splits, another would not.
    case encodedSlash
    /// A `.` or `..` segment, however it was written.
    case dotSegment
    /// The decoded bytes are not UTF-8.
    case notUTF8
    /// A byte that must not occur unescaped in a target (controls, blanks, non-ASCII, `#`).
    case forbiddenByte
    /// The target does not begin with `/`.
    case notOriginForm
    /// More segments than any route could have.
    case tooManySegments
    /// More query parameters than `Query` takes.
    case tooManyParameters
}

/// A request target taken apart: split first, decoded once, after RFC 3986.
public struct Target: Sendable, Equatable {
    /// The decoded segments. `/` has none; an empty segment (`//`) or a trailing slash stays as an empty string.
    public let path: [String]
    /// The decoded query.
    public let query: Query

    /// Takes a raw target in origin form apart (RFC 9112, section 3.2.1).
    /// - Throws: `TargetError`; never repairs what is wrong.
    public init(parsing raw: some Collection<UInt8>) throws(TargetError) {
        let pathEnd = raw.firstIndex(of: UInt8(ascii: "?")) ?? raw.endIndex
        guard raw.first == UInt8(ascii: "/") else { throw .notOriginForm }
        for byte in raw where byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "#") {
            throw byte == 0 ? .nul : .forbiddenByte
        }
        var segments: [String] = []
        var rest = raw[raw.index(after: raw.startIndex)..<pathEnd]
        while true {
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            let segment = try decodePercent(rest[..<end], plusIsBlank: false, refusingSlashes: true)
            if segment == "." || segment == ".." { throw .dotSegment }
            guard segments.count < 64 else { throw .tooManySegments }
            segments.append(segment)
            if end == rest.endIndex { break }
            rest = rest[rest.index(after: end)...]
        }
        path = segments == [""] ? [] : segments
        if pathEnd == raw.endIndex {
            query = Query()
        } else {
            query = try Query(parsing: raw[raw.index(after: pathEnd)...])
        }
    }

    /// The same for text, as tests and tools have it.
    public init(parsing raw: String) throws(TargetError) {
        try self.init(parsing: Array(raw.utf8))
    }
}

/// Decodes `%XX` once (RFC 3986, section 2.1).
/// - Throws: `TargetError` when an escape is broken or stands for NUL, or the result is no UTF-8.
func decodePercent(
    _ text: some Collection<UInt8>, plusIsBlank: Bool, refusingSlashes: Bool = false
) throws(TargetError) -> String {
    var simple = true
    for byte in text where byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+") || byte == 0 || byte >= 0x80 {
        simple = false
        break
    }
    if simple { return String(decoding: text, as: UTF8.self) }

    var decoded: [UInt8] = []
    decoded.reserveCapacity(text.count)
    var position = text.startIndex
    while position != text.endIndex {
        let byte = text[position]
        position = text.index(after: position)
        switch byte {
        case UInt8(ascii: "%"):
            guard position != text.endIndex, let high = hexadecimalValue(text[position]) else { throw .brokenEscape }
            position = text.index(after: position)
            guard position != text.endIndex, let low = hexadecimalValue(text[position]) else { throw .brokenEscape }
            position = text.index(after: position)
            let value = high << 4 | low
            if value == 0 { throw .nul }
            if refusingSlashes, value == UInt8(ascii: "/") || value == UInt8(ascii: "\\") { throw .encodedSlash }
            decoded.append(value)
        case UInt8(ascii: "+") where plusIsBlank: decoded.append(0x20)
        case 0: throw .nul
        default: decoded.append(byte)
        }
    }
    guard let result = String(validating: decoded, as: UTF8.self) else { throw .notUTF8 }
    return result
}

/// Percent-encodes text for use as one path segment or one query value: everything but RFC 3986 `unreserved`.
public func percentEncode(_ text: String) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            encoded.append(byte)
        default:
            let digits = Array("0123456789ABCDEF".utf8)
            encoded.append(UInt8(ascii: "%"))
            encoded.append(digits[Int(byte >> 4)])
            encoded.append(digits[Int(byte & 15)])
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}
