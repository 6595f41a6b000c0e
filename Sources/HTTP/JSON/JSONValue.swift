/// A JSON value read from a request: parsed by our own bounded parser, never trusted.
public enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// A number without fraction or exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses one value (RFC 8259, strictly): at most 64 levels deep, no member twice, valid UTF-8, nothing after it.
    /// - Throws: `JSONError`.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes)
        self = try parser.parse()
    }

    /// Parses text.
    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// The member of that name; nil when there is none, or when this is no object.
    public subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// The value as JSON, members sorted by name.
    public var serialized: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}

/// Why bytes are not the JSON we take.
public enum JSONError: Error, Equatable, Sendable {
    /// The grammar is broken at that byte.
    case malformed(offset: Int)
    /// More than 64 levels.
    case tooDeep
    /// An object has that member twice.
    case duplicateMember(String)
    /// A text is not UTF-8 or holds half a surrogate pair.
    case notUTF8(offset: Int)

    /// One sentence for people.
    public var message: String {
        switch self {
        case .malformed(let offset): "Malformed JSON at byte \(offset)"
        case .tooDeep: "The JSON is nested too deeply"
        case .duplicateMember: "The JSON has the same member twice"
        case .notUTF8(let offset): "The JSON holds invalid text at byte \(offset)"
        }
    }
}

/// A field of a request that is missing or not what it must be.
public struct BadField: Error, Equatable, Sendable {
    /// The field's name.
    public let name: String
    /// What it must be: "a text", "a whole number from 1 to 100".
    public let expectation: String

    /// A finding about a field.
    public init(_ name: String, _ expectation: String) {
        self.name = name
        self.expectation = expectation
    }

    /// One sentence for people.
    public var message: String { "\(name) must be \(expectation)" }
}
