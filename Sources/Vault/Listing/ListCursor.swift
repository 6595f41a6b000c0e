/// Where the page of a sorted list ended: "position.last id". Lists are sorted on opened names, so the database has no
/// order to go on in.
enum ListCursor {
    /// Where the page after `cursor` begins, also when entries before it came or went; 0 when there is no cursor.
    /// - Throws: `VaultError.invalid` for what no answer ever gave.
    static func start<Entry>(
        after cursor: String?, in entries: [Entry], id: (Entry) -> NodeID
    ) throws(VaultError) -> Int {
        guard let cursor else { return 0 }
        let parts = cursor.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let position = Int(parts[0]), position > 0, let last = NodeID(parts[1]) else {
            throw .invalid(field: "cursor", .malformed)
        }
        if position <= entries.count, id(entries[position - 1]) == last { return position }
        if let index = entries.firstIndex(where: { id($0) == last }) { return index + 1 }
        return min(position, entries.count)
    }
}
