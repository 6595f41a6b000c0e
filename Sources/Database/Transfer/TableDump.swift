/// Reads the rows of a table in the order of its primary key by one statement, one row in memory at a time: for a reader
/// that has a snapshot to itself.
package struct TableDump: Sendable {
    private let reader: TableReader
    private let filter: SQL?
    private let emptied: Set<String>

    /// - Parameters:
    ///   - filter: a condition on the table's columns; nil for all rows.
    ///   - emptied: columns of bytes whose values are left out: what is not NULL comes as no bytes.
    package init(
        _ table: TableCatalog.Table, dialect: SQLDialect, where filter: SQL? = nil, emptied: Set<String> = []
    ) {
        reader = TableReader(table, dialect: dialect)
        self.filter = filter
        self.emptied = emptied
    }

    /// Gives each row to `body`: its values in the order of the table's columns.
    /// - Throws: `TransferError.strayValue`, `DatabaseError`, what `body` throws.
    package func forEachRow(
        in store: borrowing some SQLReading & ~Copyable, _ body: ([SQLValue]) throws -> Void
    ) throws {
        let count = reader.table.columns.count
        try store.forEach(query) { row in
            let values = reader.values(of: row)
            if reader.dialect == .sqlite, row.bool(count) {
                throw TransferError.strayValue(
                    table: reader.table.name, key: TableReader.text(reader.key(of: values)))
            }
            try body(values)
            return .more
        }
    }

    /// Lets statements of this snapshot take as long as a whole table takes.
    package static func lift(dialect: SQLDialect, in store: borrowing some SQLReading & ~Copyable) throws {
        guard dialect == .postgresql else { return }
        _ = try store.first("SELECT set_config('statement_timeout', '0', true)") { $0.text(0) }
    }

    private var query: SQL {
        let table = reader.table
        var columns = SQL(
            table.columns.map { column in
                let name = SQL(identifier: column.name)
                return emptied.contains(column.name) ? "substr(\(name), 1, 0)" : name
            }, separatedBy: ", ")
        if reader.dialect == .sqlite { columns = "\(columns), \(reader.strayness)" }
        let order = SQL(table.key.map(reader.ordered), separatedBy: ", ")
        let condition: SQL = filter.map { "WHERE \($0)" } ?? ""
        return "SELECT \(columns) FROM \(SQL(identifier: table.name)) \(condition) ORDER BY \(order)"
    }
}
