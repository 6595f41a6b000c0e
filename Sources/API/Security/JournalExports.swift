/// Where whole exports of the journal come from.
public protocol JournalExports: Sendable {
    /// Everything recorded so far as NDJSON with its proofs.
    func export() async throws -> any JournalPieces
}

/// An export on its way out, taken by one task in order, in pieces of bounded size.
public protocol JournalPieces: Sendable {
    /// The next piece, `nil` at the end.
    func next() async throws -> [UInt8]?
}
