package import Database

/// What names are held against outside the index of today's names: the same folding, the same order of fits.
package struct SearchNeedle: Sendable {
    private let folded: [UInt8]

    /// - Throws: `VaultError.invalid(field: "q", …)` for a text that is empty or too long.
    package init(_ text: String) throws(VaultError) {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !words.isEmpty else { throw .invalid(field: "q", .missing) }
        guard words.count <= SearchNames.maximumLength else {
            throw .invalid(field: "q", .tooLong(maximum: SearchNames.maximumLength))
        }
        folded = NameIndex.folded(CanonicalText.composed(words))
    }

    /// How well a name fits, 0 best; `nil` when it does not.
    package func rank(of name: String) -> (rank: Int, folded: [UInt8])? {
        guard !folded.isEmpty, !folded.contains(0) else { return nil }
        let other = NameIndex.folded(name)
        return NameIndex.fitAnywhere(folded, other).map { ($0.rawValue, other) }
    }
}

extension VaultCore {
    /// Folders shared with somebody directly that they may read now, of other drives than their own.
    package func sharedFolders(
        with principal: Principal, limit: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [NodeID] {
        try reading.all(
            """
            SELECT g.node_id FROM grants g JOIN nodes n ON n.id = g.node_id
            WHERE g.grantee_id = \(principal.account) AND n.state = 0 AND n.kind <> 0 AND n.space_id <> \(principal.space)
            ORDER BY g.created_at, g.node_id LIMIT \(limit)
            """
        ) { NodeID($0.uuid(0)) }
    }

    /// Whether the node may be read, in whatever state it is.
    package func mayRead(
        _ record: NodeRecord, _ principal: Principal, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        try grants.standing(of: principal, on: record, in: reading).permission != nil
    }

    /// Whose a space is.
    package func ownerCard(
        of space: SpaceID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Person? {
        try grants.ownerOfSpace(space, in: reading).map { try people.card($0, in: reading) }
    }
}
