import CPostgreSQL

/// The statements one connection has prepared at the server, each under a name of its own.
///
/// A statement is recognised by its text and by the types of its values: a NULL leaves its type to the server, so the
/// same text with and without it makes two.
struct PreparedStatements {
    struct Key: Hashable {
        let text: StatementKey
        let types: [Oid]
    }

    private struct Entry {
        let name: String
        var lastUse: UInt64
    }

    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0
    /// Names the server still holds that nobody will use again; taken with the next round trip.
    private(set) var abandoned: [String] = []

    /// Each costs the server some tens of kilobytes for as long as the connection lives.
    private static let capacity = 512

    /// The name under which it is prepared.
    mutating func name(of key: Key) -> String? {
        uses += 1
        guard let name = entries[key]?.name else { return nil }
        entries[key]?.lastUse = uses
        return name
    }

    mutating func newName() -> String {
        names += 1
        return "s\(names)"
    }

    /// Keeps a statement that the server has accepted; the one least recently used gives way when there are too many.
    mutating func keep(_ name: String, for key: Key) {
        if entries.count >= Self.capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            abandoned.append(oldest.value.name)
            entries[oldest.key] = nil
        }
        uses += 1
        entries[key] = Entry(name: name, lastUse: uses)
    }

    mutating func takeAbandoned() -> [String] {
        defer { abandoned = [] }
        return abandoned
    }

    /// Gives all of them up: their plans no longer fit the schema.
    mutating func abandonAll() {
        abandoned += entries.values.map(\.name)
        entries = [:]
    }

    /// Forgets all of them: the server no longer has them.
    mutating func forgetAll() {
        abandoned = []
        entries = [:]
    }
}
