/// Reads the XML that S3 answers with, piece by piece: elements, text and the five named entities (XML 1.0).
///
/// Strict and small: no document types (so no entities of a document's own), no processing instructions but the
/// declaration, names that match, at most ``depthLimit`` elements deep. Attributes are checked and left out.
struct XMLReader {
    enum Event: Equatable {
        /// The name without its namespace prefix.
        case start(String)
        case text(String)
        case end(String)
    }

    /// The bytes are no such XML.
    struct Malformed: Error {}

    static let sizeLimit = 1 << 20
    static let depthLimit = 16

    private let bytes: [UInt8]
    private var position = 0
    /// Names of the elements that are open, as written.
    private var open: [String] = []
    private var isRootOver = false
    /// An element `<a/>` has an end, too.
    private var pendingEnd: String?

    init(_ bytes: [UInt8]) throws(Malformed) {
        guard bytes.count <= Self.sizeLimit, String(validating: bytes, as: UTF8.self) != nil else { throw Malformed() }
        self.bytes = bytes
        _ = skip("\u{FEFF}")
        if skip("<?xml") {
            guard skip(until: "?>") else { throw Malformed() }
        }
    }

    /// The next event; nil at the end of the document.
    mutating func next() throws(Malformed) -> Event? {
        if let name = pendingEnd.take() { return close(name) }
        while position < bytes.count {
            if bytes[position] != UInt8(ascii: "<") {
                let text = try text()
                if !open.isEmpty { return .text(text) }
                guard text.utf8.allSatisfy(Self.isBlank) else { throw Malformed() }
            } else if skip("<!--") {
                guard skip(until: "-->") else { throw Malformed() }
            } else if skip("<![CDATA[") {
                let start = position
                guard !open.isEmpty, skip(until: "]]>") else { throw Malformed() }
                return .text(String(decoding: bytes[start..<position - 3], as: UTF8.self))
            } else if skip("</") {
                let name = try name()
                skipBlanks()
                guard name == open.last, skip(">") else { throw Malformed() }
                return close(name)
            } else {
                return try start()
            }
        }
        guard isRootOver else { throw Malformed() }
        return nil
    }

    private mutating func start() throws(Malformed) -> Event {
        guard skip("<"), !isRootOver, open.count < Self.depthLimit else { throw Malformed() }
        let name = try name()
        open.append(name)
        while true {
            let blanks = skipBlanks()
            if skip("/>") {
                pendingEnd = name
                return .start(Self.local(name))
            }
            if skip(">") { return .start(Self.local(name)) }
            guard blanks > 0 else { throw Malformed() }
            try attribute()
        }
    }

    private mutating func close(_ name: String) -> Event {
        open.removeLast()
        isRootOver = open.isEmpty
        return .end(Self.local(name))
    }

    private mutating func attribute() throws(Malformed) {
        _ = try name()
        skipBlanks()
        guard skip("=") else { throw Malformed() }
        skipBlanks()
        guard position < bytes.count else { throw Malformed() }
        let quote = bytes[position]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw Malformed() }
        position += 1
        while position < bytes.count, bytes[position] != quote {
            guard bytes[position] != UInt8(ascii: "<") else { throw Malformed() }
            position += 1
        }
        guard position < bytes.count else { throw Malformed() }
        position += 1
    }

    private mutating func name() throws(Malformed) -> String {
        let start = position
        while position < bytes.count, Self.isName(bytes[position]) { position += 1 }
        guard (1...128).contains(position - start), !(48...57).contains(bytes[start]) else { throw Malformed() }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func text() throws(Malformed) -> String {
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            if bytes[position] == UInt8(ascii: "&") {
                text += try entity()
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func entity() throws(Malformed) -> [UInt8] {
        for (name, character) in [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'")]
        where skip(name) { return Array(character.utf8) }
        guard skip("&#") else { throw Malformed() }
        let radix = skip("x") ? 16 : 10
        let start = position
        while position < bytes.count, position - start < 8, bytes[position] != UInt8(ascii: ";") { position += 1 }
        let digits = String(decoding: bytes[start..<position], as: UTF8.self)
        guard skip(";"), digits.first?.isHexDigit == true, let value = UInt32(digits, radix: radix),
            let scalar = Unicode.Scalar(value), value >= 0x20 || [0x09, 0x0a, 0x0d].contains(value)
        else { throw Malformed() }
        return Array(String(Character(scalar)).utf8)
    }

    private mutating func skip(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    private mutating func skip(until text: String) -> Bool {
        let end = Array(text.utf8)
        while position + end.count <= bytes.count {
            if bytes[position] == end[0], skip(text) { return true }
            position += 1
        }
        return false
    }

    @discardableResult
    private mutating func skipBlanks() -> Int {
        let start = position
        while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
        return position - start
    }

    private static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0a, 0x0d].contains(byte) }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: ":"):
            true
        default: byte >= 0x80
        }
    }

    private static func local(_ name: String) -> String {
        name.split(separator: ":").last.map(String.init) ?? name
    }
}
