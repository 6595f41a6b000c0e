/// The prepared statements of one connection, by the text they were made from.
///
/// The texts are `StaticString`s, so a statement is recognised by where its parts lie in the
/// program, without building or hashing the text.
struct StatementCache {
    private var statements: [Key: SQLiteStatement] = [:]

    /// The texts of a program are finite; this bound only guards against `SQL` composed in a loop.
    private static let capacity = 512

    /// The statement for `sql`, compiled if need be; one that nobody else is using.
    mutating func statement(for sql: SQL, on handle: SQLiteHandle) throws(DatabaseError) -> SQLiteStatement {
        let key = Key(pieces: sql.pieces)
        let cached = statements[key]
        if let cached, !cached.isInUse { return cached }
        let fresh = try SQLiteStatement(sql.text, on: handle)
        if cached == nil {
            if statements.count >= Self.capacity { statements.removeAll() }
            statements[key] = fresh
        }
        return fresh
    }

    /// Forgets the statement for `sql`: after a failure nothing of it is kept.
    mutating func drop(_ sql: SQL) {
        statements[Key(pieces: sql.pieces)] = nil
    }

    mutating func removeAll() {
        statements.removeAll()
    }

    private struct Key: Hashable {
        let pieces: [SQL.Piece]

        func hash(into hasher: inout Hasher) {
            for piece in pieces {
                switch piece {
                case .parameter: hasher.combine(0)
                case .text(let text): hasher.combine(Self.address(text))
                case .identifier(let name): hasher.combine(name)
                }
            }
        }

        static func == (left: Key, right: Key) -> Bool {
            guard left.pieces.count == right.pieces.count else { return false }
            for index in left.pieces.indices {
                switch (left.pieces[index], right.pieces[index]) {
                case (.parameter, .parameter): break
                case (.text(let one), .text(let other)):
                    guard address(one) == address(other), one.utf8CodeUnitCount == other.utf8CodeUnitCount
                    else { return false }
                case (.identifier(let one), .identifier(let other)):
                    guard one == other else { return false }
                case (.parameter, _), (.text, _), (.identifier, _): return false
                }
            }
            return true
        }

        /// Where the text lies; for a text of one character held in the value itself, that character.
        private static func address(_ text: StaticString) -> UInt {
            text.hasPointerRepresentation
                ? unsafe UInt(bitPattern: text.utf8Start) : UInt(text.unicodeScalar.value)
        }
    }
}
