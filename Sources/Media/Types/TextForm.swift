/// Kinds of text that matter because a browser would act on them.
public enum TextForm: Sendable, Equatable {
    /// - Parameter isShort: a few words, which prove little.
    case plain(isShort: Bool)
    case html, svg, xml, script

    /// Text of fewer bytes is no evidence against a name.
    private static let short = 64
    /// Bytes that decide whether something is text.
    private static let sample = 4_096

    public var mediaType: String {
        switch self {
        case .plain: "text/plain"
        case .html: "text/html"
        case .svg: "image/svg+xml"
        case .xml: "application/xml"
        case .script: "text/x-shellscript"
        }
    }

    /// - Returns: `nil` for bytes that are not text.
    init?(_ head: [UInt8]) {
        let sample = head.prefix(Self.sample)
        if Self.hasWideMark(sample) {
            self = .plain(isShort: false)
            return
        }
        guard Self.isReadable(sample) else { return nil }
        let start = Self.beginning(of: sample)
        if start.starts(with: "#!".utf8) {
            self = .script
        } else if start.first == UInt8(ascii: "<"), let form = Self.markup(start, sample) {
            self = form
        } else {
            self = .plain(isShort: head.count < Self.short)
        }
    }

    /// UTF-16 says so with its first two bytes.
    private static func hasWideMark(_ sample: ArraySlice<UInt8>) -> Bool {
        sample.starts(with: [0xFF, 0xFE]) || sample.starts(with: [0xFE, 0xFF])
    }

    /// No control characters but those of text (MIME Sniffing, "binary data byte"), and mostly ASCII where it is not UTF-8.
    private static func isReadable(_ sample: ArraySlice<UInt8>) -> Bool {
        var high = 0
        for byte in sample {
            switch byte {
            case 0x20..<0x7F, 0x09, 0x0A, 0x0C, 0x0D, 0x1B: continue
            case 0x80...: high += 1
            default: return false
            }
        }
        if high == 0 { return true }
        // The last character may be cut in two.
        return (0...3).contains { String(validating: sample.dropLast($0), as: UTF8.self) != nil }
            || high * 3 < sample.count
    }

    /// Lower-case ASCII from the first character that is not white space.
    private static func beginning(of sample: ArraySlice<UInt8>) -> [UInt8] {
        var rest = sample
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        return rest.drop { $0 <= 0x20 }.prefix(512).map { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
        }
    }

    private static func markup(_ start: [UInt8], _ sample: ArraySlice<UInt8>) -> TextForm? {
        if start.starts(with: "<?xml".utf8) || start.starts(with: "<!--".utf8)
            || start.starts(with: "<!doctype svg".utf8)
        {
            if contains("<svg", in: sample) { return .svg }
            if contains("<html", in: sample) { return .html }
            return start.starts(with: "<?xml".utf8) ? .xml : .html
        }
        if start.starts(with: "<svg".utf8) { return .svg }
        for tag in tags where start.starts(with: tag) {
            let next = start.dropFirst(tag.count).first
            if next.map({ $0 == UInt8(ascii: ">") || $0 <= 0x20 || $0 == UInt8(ascii: "/") }) ?? true { return .html }
        }
        return nil
    }

    /// The tags of the MIME Sniffing standard, section 7.1, and those that load or run something.
    private static let tags: [[UInt8]] = [
        "<!doctype", "<html", "<head", "<script", "<iframe", "<h1", "<div", "<font", "<table", "<a", "<style",
        "<title", "<b", "<body", "<br", "<p", "<img", "<form", "<meta", "<link", "<object", "<embed", "<video",
        "<audio", "<base", "<details", "<math", "<template",
    ].map { Array($0.utf8) }

    private static func contains(_ word: String, in sample: ArraySlice<UInt8>) -> Bool {
        let word = Array(word.utf8)
        guard let first = word.first else { return false }
        var rest = sample
        while let found = rest.firstIndex(of: first) {
            rest = rest[found...]
            if rest.count >= word.count, zip(rest, word).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 && $1 >= 0x61 }) {
                return true
            }
            rest = rest.dropFirst()
        }
        return false
    }
}
