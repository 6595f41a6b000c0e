/// What a statement is recognised by: where the parts of its text lie in the program.
///
/// The texts are `StaticString`s, so neither the text is built nor a character of it hashed, but for the names of tables
/// that are being moved. The same text written in two places makes two keys.
struct StatementKey: Hashable, Sendable {
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

    static func == (left: StatementKey, right: StatementKey) -> Bool {
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
