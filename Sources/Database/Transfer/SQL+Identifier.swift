/// Statements about tables that only the engine's catalog knows, for moving rows between engines.
///
/// This is the one way by which text made at run time gets into a statement, and it takes names alone: each is quoted,
/// and comes from a ``TableCatalog`` that the engine itself has filled.
extension SQL {
    package init(identifier name: String) {
        self = ""
        pieces = [.identifier(name)]
    }

    /// `parts`, separated by `separator`.
    package init(_ parts: [SQL], separatedBy separator: SQL) {
        self = ""
        pieces = []
        for (index, part) in parts.enumerated() {
            if index > 0 { append(separator) }
            append(part)
        }
    }

    /// Names separated by commas, as a list of columns wants them.
    package init(identifiers names: [String]) {
        self.init(names.map(SQL.init(identifier:)), separatedBy: ", ")
    }

    /// Values separated by commas.
    package init(values: [SQLValue]) {
        self.init(values.map { "\($0)" }, separatedBy: ", ")
    }

    private mutating func append(_ part: SQL) {
        pieces += part.pieces
        values += part.values
    }
}
