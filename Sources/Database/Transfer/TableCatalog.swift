/// The tables of a database as its engine's own catalog tells them, in one form for all engines.
package struct TableCatalog: Sendable, Equatable {
    /// In the order of their names' bytes.
    package let tables: [Table]

    package struct Table: Sendable, Equatable {
        package let name: String
        /// In the order of their names' bytes, which is the same in every engine and after every migration.
        package let columns: [Column]
        /// Places in ``columns`` of the primary key's columns, in the key's order; never empty.
        package let key: [Int]
        /// The column whose values the engine counts when none is given.
        package let identity: String?
    }

    package struct Column: Sendable, Equatable {
        package let name: String
        package let kind: Kind
    }

    package enum Kind: Sendable, Equatable { case integer, text, bytes }

    /// Reads the catalog of the schema that statements find their tables in; tables of the engine itself are left out.
    /// - Throws: `TransferError` for a table that cannot be moved.
    package init(of store: borrowing some SQLReading & ~Copyable, dialect: SQLDialect) throws {
        var found: [(table: String, column: Found)] = []
        try store.forEach(Self.query(dialect)) { row in
            found.append(
                (
                    row.text(0),
                    Found(
                        name: row.text(1), type: row.text(2), keyPosition: row.int(3), isIdentity: row.bool(4))
                ))
            return .more
        }
        let names = Set(found.map(\.table)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        tables = try names.map { name in
            try Table(name, found.filter { $0.table == name }.map(\.column))
        }
    }

    package func table(_ name: String) -> Table? { tables.first { $0.name == name } }

    /// Whether there is a table of that name.
    package static func holds(
        table name: String, in store: borrowing some SQLReading & ~Copyable, dialect: SQLDialect
    ) throws -> Bool {
        switch dialect {
        case .sqlite: try store.exists("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = \(name)")
        case .postgresql:
            try store.exists(
                """
                SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND c.relname = \(name)
                """)
        }
    }

    /// Whether there is nothing at all in the schema that statements find their tables in.
    package static func isEmpty(
        _ store: borrowing some SQLReading & ~Copyable, dialect: SQLDialect
    ) throws -> Bool {
        switch dialect {
        case .sqlite: try !store.exists("SELECT 1 FROM sqlite_schema")
        case .postgresql:
            try !store.exists(
                """
                SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema()
                """)
        }
    }

    /// A column as the engine describes it.
    fileprivate struct Found {
        let name: String
        let type: String
        /// Counted from 1; 0 outside the key.
        let keyPosition: Int
        let isIdentity: Bool
    }

    private static func query(_ dialect: SQLDialect) -> SQL {
        switch dialect {
        case .sqlite:
            """
            SELECT t.name, c.name, upper(c.type), c.pk, c.pk = 1 AND t.sql LIKE '% AUTOINCREMENT%'
            FROM sqlite_schema t JOIN pragma_table_info(t.name) c
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
            ORDER BY t.name, c.name
            """
        case .postgresql:
            """
            SELECT CAST(c.relname AS text), CAST(a.attname AS text), CAST(upper(t.typname) AS text),
                   CAST(coalesce(array_position(k.conkey, a.attnum), 0) AS bigint),
                   CASE WHEN a.attidentity = '' THEN CAST(0 AS bigint) ELSE CAST(1 AS bigint) END
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                 JOIN pg_type t ON t.oid = a.atttypid
                 LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
            WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
            ORDER BY c.relname, a.attname
            """
        }
    }
}

extension TableCatalog.Table {
    fileprivate init(_ name: String, _ found: [TableCatalog.Found]) throws(TransferError) {
        let columns = found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.name = name
        var described: [TableCatalog.Column] = []
        for column in columns {
            guard let kind = TableCatalog.Kind(type: column.type) else {
                throw .unknownType(table: name, column: column.name, type: column.type)
            }
            described.append(TableCatalog.Column(name: column.name, kind: kind))
        }
        self.columns = described
        key = columns.indices.filter { columns[$0].keyPosition > 0 }
            .sorted { columns[$0].keyPosition < columns[$1].keyPosition }
        identity = columns.first { $0.isIdentity }?.name
        guard !key.isEmpty else { throw .noKey(table: name) }
    }
}

extension TableCatalog.Kind {
    /// The types that schema texts use, and the names PostgreSQL has for them.
    fileprivate init?(type: String) {
        switch type {
        case "INTEGER", "BIGINT", "INT8", "INT4": self = .integer
        case "TEXT": self = .text
        case "BLOB", "BYTEA": self = .bytes
        default: return nil
        }
    }
}
