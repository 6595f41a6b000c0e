/// Writes JSON (RFC 8259) straight into bytes: what every answer is made with.
///
/// Commas are its business, matching `begin` and `end` the caller's; the closure forms match by themselves.
/// ```swift
/// var json = JSONWriter()
/// json.object { json in
///     json.field("id", id)
///     json.array("tags", tags) { json, tag in json.value(tag) }
/// }
/// ```
public struct JSONWriter: Sendable {
    /// The JSON so far.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    // MARK: Structure

    /// `{`
    public mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    /// `}`
    public mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// `[`
    public mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    /// `]`
    public mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// A member's name; its value comes next.
    public mutating func key(_ name: String) {
        appendQuoted(name, isName: true)
        needsComma = false
    }

    /// An object whose members `build` writes.
    public mutating func object<Failure: Error>(
        _ build: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        beginObject()
        try build(&self)
        endObject()
    }

    /// A member holding an object.
    public mutating func object<Failure: Error>(
        _ name: String, _ build: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        key(name)
        try object(build)
    }

    /// An array whose elements `build` writes.
    public mutating func array<Failure: Error>(
        _ build: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        beginArray()
        try build(&self)
        endArray()
    }

    /// A member holding an array whose elements `build` writes.
    public mutating func array<Failure: Error>(
        _ name: String, _ build: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        key(name)
        try array(build)
    }

    /// A member holding an array with one element for each of `elements`.
    public mutating func array<Elements: Sequence, Failure: Error>(
        _ name: String, _ elements: Elements,
        _ write: (inout JSONWriter, Elements.Element) throws(Failure) -> Void
    ) throws(Failure) {
        key(name)
        beginArray()
        for element in elements { try write(&self, element) }
        endArray()
    }

    // MARK: Values

    /// Text.
    public mutating func value(_ text: String) {
        appendQuoted(text, isName: false)
        needsComma = true
    }

    /// A whole number.
    public mutating func value(_ number: Int64) {
        separate()
        appendDecimal(number, to: &bytes)
        needsComma = true
    }

    /// A whole number.
    public mutating func value(_ number: Int) {
        value(Int64(number))
    }

    /// A number; infinities and NaN, which JSON does not have, become null.
    public mutating func value(_ number: Double) {
        separate()
        bytes.append(contentsOf: number.isFinite ? Array(number.description.utf8) : Array("null".utf8))
        needsComma = true
    }

    /// `true` or `false`.
    public mutating func value(_ truth: Bool) {
        separate()
        bytes.append(contentsOf: (truth ? "true" : "false").utf8)
        needsComma = true
    }

    /// `null`
    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
        needsComma = true
    }

    /// Bytes that are one JSON value already; trusted, not checked.
    public mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// A value read before.
    public mutating func value(_ json: JSONValue) {
        switch json {
        case .null: null()
        case .boolean(let truth): value(truth)
        case .integer(let number): value(number)
        case .number(let number): value(number)
        case .string(let text): value(text)
        case .array(let elements): array { writer in for element in elements { writer.value(element) } }
        case .object(let members):
            object { writer in
                for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                    writer.key(name)
                    writer.value(member)
                }
            }
        }
    }

    // MARK: Members

    /// A member holding text.
    public mutating func field(_ name: String, _ text: String) {
        key(name)
        value(text)
    }

    /// A member holding text, or null.
    public mutating func field(_ name: String, _ text: String?) {
        key(name)
        if let text { value(text) } else { null() }
    }

    /// A member holding a whole number.
    public mutating func field(_ name: String, _ number: Int64) {
        key(name)
        value(number)
    }

    /// A member holding a whole number.
    public mutating func field(_ name: String, _ number: Int) {
        key(name)
        value(Int64(number))
    }

    /// A member holding a whole number, or null.
    public mutating func field(_ name: String, _ number: Int64?) {
        key(name)
        if let number { value(number) } else { null() }
    }

    /// A member holding a number.
    public mutating func field(_ name: String, _ number: Double) {
        key(name)
        value(number)
    }

    /// A member holding `true` or `false`.
    public mutating func field(_ name: String, _ truth: Bool) {
        key(name)
        value(truth)
    }

    /// A member holding null.
    public mutating func null(_ name: String) {
        key(name)
        null()
    }

    // MARK: Pieces

    /// Takes the bytes written so far and goes on empty: for answers streamed in pieces.
    public mutating func takeBytes() -> [UInt8] {
        let taken = bytes
        bytes = []
        bytes.reserveCapacity(taken.count)
        return taken
    }

    /// A line feed, outside of any value: the end of a line of NDJSON.
    public mutating func endLine() {
        bytes.append(0x0A)
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    /// A text in quotes, with what `separate` would write before it and, for names, a colon behind it.
    ///
    /// Nearly no text needs escapes: it is copied and looked at in one go, and written again when it does.
    private mutating func appendQuoted(_ text: String, isName: Bool) {
        let span = text.utf8.span
        let start = bytes.count
        let separator = needsComma
        var found: UInt8 = 0
        bytes.append(addingCapacity: span.count + 4) { output in
            if separator { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "\""))
            for index in span.indices {
                let byte = span[index]
                found |= byte < 0x20 ? 1 : byte == 0x22 ? 1 : byte == 0x5C ? 1 : 0
                output.append(byte)
            }
            output.append(UInt8(ascii: "\""))
            if isName { output.append(UInt8(ascii: ":")) }
        }
        if found != 0 {
            bytes.removeSubrange(start...)
            separate()
            bytes.append(UInt8(ascii: "\""))
            appendEscaped(text, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
            if isName { bytes.append(UInt8(ascii: ":")) }
        }
    }
}
