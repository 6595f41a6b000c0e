/// Header fields in the order they came, looked up without regard to case (RFC 9110, section 5).
///
/// All fields share one byte buffer, so a whole head costs two allocations and a value becomes a `String`
/// only when somebody asks for it.
public struct Headers: Sendable {
    /// Names and values, each followed by one NUL byte (neither may hold one), as C wants them.
    package private(set) var bytes: [UInt8] = []
    package private(set) var slots: [Slot] = []

    /// Where one field lies in `bytes`.
    package struct Slot: Sendable {
        package let name: Int
        package let nameLength: Int
        package let value: Int
        package let valueLength: Int
    }

    /// No fields.
    public init() {}

    /// Fields from pairs; a pair that breaks the grammar is left out, as in `append`.
    public init(_ fields: [(name: String, value: String)]) {
        for field in fields { append(field.name, field.value) }
    }

    /// The number of fields.
    public var count: Int { slots.count }

    /// True when there are no fields.
    public var isEmpty: Bool { slots.isEmpty }

    /// The bytes all names and values take together, without separators.
    public var byteCount: Int { bytes.count - 2 * slots.count }

    /// Adds a field after the others. Returns false, and adds nothing, when the name is not a token or the value
    /// holds NUL, CR, LF or another control character: what a caller was given can never split a response.
    @discardableResult
    public mutating func append(_ name: String, _ value: String) -> Bool {
        guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte), value.utf8.allSatisfy(isFieldByte) else { return false }
        let start = bytes.count
        bytes.append(contentsOf: name.utf8)
        bytes.append(0)
        let valueStart = bytes.count
        bytes.append(contentsOf: value.utf8)
        bytes.append(0)
        slots.append(
            Slot(
                name: start, nameLength: valueStart - start - 1,
                value: valueStart, valueLength: bytes.count - valueStart - 1))
        return true
    }

    /// Takes fields already known to be well formed: the transport's fast way.
    package init(bytes: [UInt8], slots: [Slot]) {
        self.bytes = bytes
        self.slots = slots
    }

    /// Sets a field, taking the place of all fields of that name.
    public mutating func set(_ name: String, _ value: String) {
        remove(name)
        append(name, value)
    }

    /// Removes all fields of that name.
    public mutating func remove(_ name: String) {
        slots = slots.filter { !matches($0, name) }
    }

    /// The value of the first field of that name.
    public func first(_ name: String) -> String? {
        for slot in slots where matches(slot, name) { return value(slot) }
        return nil
    }

    /// The values of all fields of that name, in order.
    public func all(_ name: String) -> [String] {
        slots.filter { matches($0, name) }.map(value)
    }

    /// How many fields have that name.
    public func count(of name: String) -> Int {
        var count = 0
        for slot in slots where matches(slot, name) { count += 1 }
        return count
    }

    /// True when a field of that name is there.
    public func contains(_ name: String) -> Bool {
        for slot in slots where matches(slot, name) { return true }
        return false
    }

    /// True when the first field of that name has exactly this value, letters compared without case.
    public func value(of name: String, is expected: String) -> Bool {
        for slot in slots where matches(slot, name) {
            return equalsIgnoringCase(slot.value, slot.valueLength, expected)
        }
        return false
    }

    /// All fields as name and value.
    public var fields: [(name: String, value: String)] {
        slots.map { slot in
            (String(decoding: bytes[slot.name..<slot.name + slot.nameLength], as: UTF8.self), value(slot))
        }
    }

    private func value(_ slot: Slot) -> String {
        String(decoding: bytes[slot.value..<slot.value + slot.valueLength], as: UTF8.self)
    }

    private func matches(_ slot: Slot, _ name: String) -> Bool {
        equalsIgnoringCase(slot.name, slot.nameLength, name)
    }

    private func equalsIgnoringCase(_ start: Int, _ length: Int, _ text: String) -> Bool {
        let other = text.utf8
        guard other.count == length else { return false }
        var position = start
        for byte in other {
            if lowercasedASCII(bytes[position]) != lowercasedASCII(byte) { return false }
            position += 1
        }
        return true
    }
}

extension Headers: ExpressibleByDictionaryLiteral {
    /// Headers written as a literal: `["Allow": "GET, HEAD"]`.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }
}
