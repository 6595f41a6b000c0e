/// An export on its way out, taken by one task in order, in pieces of bounded size.
public protocol JournalPieces: Sendable {
    /// The next piece, `nil` at the end.
    func next() async throws -> [UInt8]?
}
