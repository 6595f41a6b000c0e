/// A statement: text fixed at compile time and values bound at run time.
///
///     try transaction.run("UPDATE nodes SET trashed = \(true) WHERE id = \(id)")
///
/// becomes `UPDATE nodes SET trashed = $1 WHERE id = $2`. The text is made of `StaticString`s, so
/// nothing that came from outside can become part of it: interpolated strings are bound values.
/// Another `SQL` may be interpolated too, as a condition for example; its values keep their order.
public struct SQL: ExpressibleByStringInterpolation, Sendable {
    package enum Piece: Sendable {
        case text(StaticString)
        case parameter
        /// A name that the engine's catalog told; see ``SQL/init(identifier:)``.
        case identifier(String)
    }

    /// Texts and places of values, in order.
    package var pieces: [Piece]
    /// One value for each `.parameter`, in order.
    package var values: [SQLValue]

    public init(stringLiteral value: StaticString) {
        pieces = [.text(value)]
        values = []
    }

    public init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }

    private init(capacity: Int) {
        pieces = []
        pieces.reserveCapacity(2 * capacity + 1)
        values = []
        values.reserveCapacity(capacity)
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        public typealias StringLiteralType = StaticString

        fileprivate var sql: SQL

        public init(literalCapacity: Int, interpolationCount: Int) {
            sql = SQL(capacity: interpolationCount)
        }

        public mutating func appendLiteral(_ literal: StaticString) {
            guard literal.utf8CodeUnitCount > 0 else { return }
            sql.pieces.append(.text(literal))
        }

        public mutating func appendInterpolation(_ part: SQL) {
            sql.pieces += part.pieces
            sql.values += part.values
        }

        public mutating func appendInterpolation(_ value: some SQLBindable) {
            append(value.sqlValue)
        }

        /// Nil becomes NULL.
        public mutating func appendInterpolation<Value: SQLBindable>(_ value: Value?) {
            append(value.sqlValue)
        }

        // The frequent types, spelled out so that other modules call them without generic detours.
        public mutating func appendInterpolation(_ value: Int) { append(.integer(Int64(value))) }
        public mutating func appendInterpolation(_ value: Int64) { append(.integer(value)) }
        public mutating func appendInterpolation(_ value: Bool) { append(.integer(value ? 1 : 0)) }
        public mutating func appendInterpolation(_ value: String) { append(.text(value)) }
        public mutating func appendInterpolation(_ value: [UInt8]) { append(.bytes(value)) }
        public mutating func appendInterpolation(_ value: UInt128) { append(.uuid(value)) }
        public mutating func appendInterpolation(_ value: Timestamp) { append(.integer(value.milliseconds)) }

        private mutating func append(_ value: SQLValue) {
            sql.pieces.append(.parameter)
            sql.values.append(value)
        }
    }
}

extension SQL: CustomStringConvertible {
    /// The text with `$1`, `$2` … in order; never a bound value.
    public var text: String {
        var text = ""
        var number = 0
        for piece in pieces {
            switch piece {
            case .text(let part):
                text += part.description
            case .parameter:
                number += 1
                text += "$\(number)"
            case .identifier(let name):
                text += "\"" + name.replacing("\"", with: "\"\"") + "\""
            }
        }
        return text
    }

    public var description: String { text }
}
