/// One row of a result, lent to a closure; columns are counted from 0.
///
/// A value is taken as the type the query promises. Where the column holds NULL or something
/// else the plain accessors answer 0, "", [] (and stop a debug build); use the optional ones for
/// columns that may be NULL.
public struct Row: ~Copyable {
    private let columns: any RowColumns

    package init(columns: any RowColumns) {
        self.columns = columns
    }

    public borrowing func isNull(_ column: Int) -> Bool { columns.isNull(column) }

    public borrowing func integer(_ column: Int) -> Int64 {
        assert(!isNull(column), "column \(column) is NULL")
        return columns.integer(column)
    }

    public borrowing func int(_ column: Int) -> Int { Int(integer(column)) }

    /// Whether the integer column is other than 0.
    public borrowing func bool(_ column: Int) -> Bool { integer(column) != 0 }

    public borrowing func timestamp(_ column: Int) -> Timestamp { Timestamp(milliseconds: integer(column)) }

    public borrowing func text(_ column: Int) -> String {
        assert(!isNull(column), "column \(column) is NULL")
        return columns.text(column)
    }

    public borrowing func bytes(_ column: Int) -> [UInt8] {
        assert(!isNull(column), "column \(column) is NULL")
        return columns.bytes(column)
    }

    /// An identifier stored as 16 bytes, most significant first; 0 for bytes of any other length.
    public borrowing func uuid(_ column: Int) -> UInt128 {
        assert(!isNull(column), "column \(column) is NULL")
        return columns.uuid(column)
    }
}

/// Columns that may be NULL.
extension Row {
    public borrowing func optionalInteger(_ column: Int) -> Int64? {
        isNull(column) ? nil : columns.integer(column)
    }

    public borrowing func optionalInt(_ column: Int) -> Int? {
        isNull(column) ? nil : Int(columns.integer(column))
    }

    public borrowing func optionalBool(_ column: Int) -> Bool? {
        isNull(column) ? nil : columns.integer(column) != 0
    }

    public borrowing func optionalTimestamp(_ column: Int) -> Timestamp? {
        isNull(column) ? nil : Timestamp(milliseconds: columns.integer(column))
    }

    public borrowing func optionalText(_ column: Int) -> String? {
        isNull(column) ? nil : columns.text(column)
    }

    public borrowing func optionalBytes(_ column: Int) -> [UInt8]? {
        isNull(column) ? nil : columns.bytes(column)
    }

    public borrowing func optionalUUID(_ column: Int) -> UInt128? {
        isNull(column) ? nil : columns.uuid(column)
    }
}
