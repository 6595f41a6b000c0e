/// A value on its way into a statement.
public enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
    /// Stored as 16 bytes, most significant first, so that byte order is time order for UUIDv7.
    case uuid(UInt128)
}

/// What may be interpolated into `SQL`.
public protocol SQLBindable: Sendable {
    var sqlValue: SQLValue { get }
}

extension SQLValue: SQLBindable {
    public var sqlValue: SQLValue { self }
}

extension Int: SQLBindable {
    public var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Int64: SQLBindable {
    public var sqlValue: SQLValue { .integer(self) }
}

/// Stored as 0 or 1.
extension Bool: SQLBindable {
    public var sqlValue: SQLValue { .integer(self ? 1 : 0) }
}

extension String: SQLBindable {
    public var sqlValue: SQLValue { .text(self) }
}

extension UInt128: SQLBindable {
    public var sqlValue: SQLValue { .uuid(self) }
}

/// Stored as milliseconds since 1970 in UTC.
extension Timestamp: SQLBindable {
    public var sqlValue: SQLValue { .integer(milliseconds) }
}

extension [UInt8]: SQLBindable {
    public var sqlValue: SQLValue { .bytes(self) }
}

extension Optional: SQLBindable where Wrapped: SQLBindable {
    public var sqlValue: SQLValue {
        switch self {
        case .some(let value): value.sqlValue
        case .none: .null
        }
    }
}

/// An enum stored as its raw value only has to declare the conformance.
extension RawRepresentable where Self: SQLBindable, RawValue: SQLBindable {
    public var sqlValue: SQLValue { rawValue.sqlValue }
}
