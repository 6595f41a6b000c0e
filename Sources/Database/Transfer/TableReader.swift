/// A row on its way, with its values in the order of the table's columns.
package struct TransferRow: Sendable, Equatable {
    package let values: [SQLValue]
    /// See ``RowCoding``; empty in a row that is only to be written.
    package let encoding: [UInt8]

    package init(values: [SQLValue], encoding: [UInt8] = []) {
        self.values = values
        self.encoding = encoding
    }
}

/// Reads a table in the order of its primary key, a bounded page at a time.
package struct TableReader: Sendable {
    package let table: TableCatalog.Table
    package let dialect: SQLDialect

    package static let mostRows = 500
    /// Of encoded rows; the row that passes it still belongs to the page.
    package static let mostBytes = 4 << 20

    package init(_ table: TableCatalog.Table, dialect: SQLDialect) {
        self.table = table
        self.dialect = dialect
    }

    package struct Page: Sendable {
        package var rows: [TransferRow] = []
        /// Bytes of the encoded rows.
        package var byteCount = 0
        /// Whether nothing comes behind it.
        package var isLast = true
    }

    /// The rows behind `key`, nil for the first ones.
    /// - Throws: `TransferError.strayValue`, `DatabaseError`.
    package func page(
        after key: [SQLValue]?, in store: borrowing some SQLReading & ~Copyable
    ) throws -> Page {
        var page = Page()
        try store.forEach(query(after: key)) { row in
            let values = values(of: row)
            if dialect == .sqlite, row.bool(table.columns.count) {
                throw TransferError.strayValue(table: table.name, key: Self.text(self.key(of: values)))
            }
            let encoding = RowCoding.encode(values)
            page.byteCount += encoding.count
            page.rows.append(TransferRow(values: values, encoding: encoding))
            guard page.rows.count < Self.mostRows, page.byteCount < Self.mostBytes else {
                page.isLast = false
                return .stop
            }
            return .more
        }
        return page
    }

    package func count(in store: borrowing some SQLReading & ~Copyable) throws -> Int64 {
        try store.first("SELECT COUNT(*) FROM \(SQL(identifier: table.name))") { $0.integer(0) } ?? 0
    }

    /// The values of the primary key, in its order.
    package func key(of values: [SQLValue]) -> [SQLValue] {
        table.key.map { values[$0] }
    }

    /// A key as a person reads it: numbers, texts, bytes in hexadecimal.
    package static func text(_ key: [SQLValue]) -> String {
        key.map { value in
            switch value {
            case .null: "NULL"
            case .integer(let number): String(number)
            case .text(let text): text
            case .bytes(let bytes):
                bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            case .uuid(let identifier): String(identifier, radix: 16)
            }
        }.joined(separator: "/")
    }

    func values(of row: borrowing Row) -> [SQLValue] {
        var values: [SQLValue] = []
        values.reserveCapacity(table.columns.count)
        for (index, column) in table.columns.enumerated() {
            if row.isNull(index) {
                values.append(.null)
                continue
            }
            switch column.kind {
            case .integer: values.append(.integer(row.integer(index)))
            case .text: values.append(.text(row.text(index)))
            case .bytes: values.append(.bytes(row.bytes(index)))
            }
        }
        return values
    }

    private func query(after key: [SQLValue]?) -> SQL {
        let order = SQL(table.key.map(ordered), separatedBy: ", ")
        let condition: SQL = key.map { "WHERE (\(order)) > (\(SQL(values: $0)))" } ?? ""
        var columns = SQL(identifiers: table.columns.map(\.name))
        if dialect == .sqlite { columns = "\(columns), \(strayness)" }
        return """
            SELECT \(columns) FROM \(SQL(identifier: table.name)) \(condition) ORDER BY \(order) LIMIT \(Self.mostRows)
            """
    }

    /// A column of the key, in the order of its bytes. (Of SQLite's texts that is the order anyway.)
    func ordered(_ place: Int) -> SQL {
        let column = table.columns[place]
        let name = SQL(identifier: column.name)
        return dialect == .postgresql && column.kind == .text ? "\(name) COLLATE \"C\"" : name
    }

    /// Whether a value of the row is of another type than its column: SQLite keeps what it is given.
    var strayness: SQL {
        let tests: [SQL] = table.columns.map { column in
            let name = SQL(identifier: column.name)
            return switch column.kind {
            case .integer: "typeof(\(name)) NOT IN ('integer', 'null')"
            case .text: "typeof(\(name)) NOT IN ('text', 'null')"
            case .bytes: "typeof(\(name)) NOT IN ('blob', 'null')"
            }
        }
        return SQL(tests, separatedBy: " OR ")
    }
}
