import Database

/// Takes typed values one after another out of a decoded list; what does not fit is damage.
struct FieldReader {
    struct Malformed: Error {}

    private var values: ArraySlice<SQLValue>

    /// - Throws: ``Malformed`` when the bytes are no encoded list.
    init(_ encoding: [UInt8]) throws(Malformed) {
        do { values = try RowCoding.decode(encoding)[...] } catch { throw Malformed() }
    }

    mutating func integer() throws(Malformed) -> Int64 {
        guard case .integer(let value)? = values.popFirst() else { throw Malformed() }
        return value
    }

    /// An integer from 0 to `most`.
    mutating func count(atMost most: Int = 1 << 40) throws(Malformed) -> Int {
        let value = try integer()
        guard (0...Int64(most)).contains(value) else { throw Malformed() }
        return Int(value)
    }

    mutating func text() throws(Malformed) -> String {
        guard case .text(let value)? = values.popFirst() else { throw Malformed() }
        return value
    }

    mutating func optionalText() throws(Malformed) -> String? {
        switch values.popFirst() {
        case .null?: return nil
        case .text(let value)?: return value
        default: throw Malformed()
        }
    }

    /// - Parameter count: how many there must be; nil for any number.
    mutating func bytes(_ count: Int? = nil) throws(Malformed) -> [UInt8] {
        guard case .bytes(let value)? = values.popFirst(), count == nil || value.count == count else {
            throw Malformed()
        }
        return value
    }

    mutating func identifier() throws(Malformed) -> UInt128 {
        try bytes(16).reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// - Throws: ``Malformed`` when something is left.
    func end() throws(Malformed) {
        guard values.isEmpty else { throw Malformed() }
    }
}
