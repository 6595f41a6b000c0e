/// Why the rows of a database cannot be carried to another.
package enum TransferError: Error, Equatable, Sendable {
    /// Without a primary key rows have no order that both ends share.
    case noKey(table: String)
    /// A column of a type that only one engine has.
    case unknownType(table: String, column: String, type: String)
    /// A value is not of the type its column declares; SQLite alone can hold such a one.
    case strayValue(table: String, key: String)
    /// The bytes are no encoded row.
    case malformedRow
}

extension TransferError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noKey(let table): "table \(table) has no primary key, so its rows cannot be moved"
        case .unknownType(let table, let column, let type):
            "column \(column) of table \(table) is of type \(type), which cannot be moved"
        case .strayValue(let table, let key):
            "row \(key) of table \(table) holds a value that is not of its column's type"
        case .malformedRow: "an encoded row is damaged"
        }
    }
}
