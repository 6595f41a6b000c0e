/// An entity tag: `"abc"` or `W/"abc"` (RFC 9110, section 8.8.3).
public struct EntityTag: Sendable, Equatable {
    /// The text between the quotes.
    public let value: String
    /// True when equal tags only promise equivalent content, not identical bytes.
    public let isWeak: Bool

    /// A tag; `value` must hold no quotes, blanks or control characters, others are dropped.
    public init(_ value: String, isWeak: Bool = false) {
        self.value = String(decoding: value.utf8.filter(Self.isTagByte), as: UTF8.self)
        self.isWeak = isWeak
    }

    /// As it stands in a field.
    public var field: String { (isWeak ? "W/\"" : "\"") + value + "\"" }

    /// Equal and both strong: what ranges and changes need.
    public func matchesStrongly(_ other: EntityTag) -> Bool {
        !isWeak && !other.isWeak && value == other.value
    }

    /// Equal, weak or not: what caches need.
    public func matchesWeakly(_ other: EntityTag) -> Bool { value == other.value }

    private static func isTagByte(_ byte: UInt8) -> Bool { byte > 0x20 && byte != 0x22 && byte != 0x7F }

    /// A list of tags as in `If-Match`; broken members are passed over.
    static func list(_ text: String) -> [EntityTag] {
        var tags: [EntityTag] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty, tags.count < 256 {
            let isWeak = rest.starts(with: [UInt8(ascii: "W"), UInt8(ascii: "/"), 0x22])
            if isWeak { rest = rest.dropFirst(2) }
            if rest.first == 0x22, let end = rest.dropFirst().firstIndex(of: 0x22) {
                let value = rest[rest.startIndex + 1..<end]
                tags.append(EntityTag(String(decoding: value, as: UTF8.self), isWeak: isWeak))
                rest = rest[(end + 1)...]
            } else {
                rest = rest.dropFirst()
            }
        }
        return tags
    }
}
