import Database

/// How a selection's filter is written in the first line of an export.
extension ExportText {
    /// The filter of version 2.
    mutating func append(_ query: JournalQuery, _ narrowing: ExportNarrowing) {
        append(raw: #"{"from":"#)
        append(query.from?.milliseconds)
        append(raw: #","to":"#)
        append(query.to?.milliseconds)
        append(raw: #","actor_id":"#)
        append(query.actorID)
        append(raw: #","actor_kind":"#)
        append(narrowing.actorKind?.exportName)
        append(raw: #","actions":["#)
        for (place, action) in query.actions.enumerated() {
            if place > 0 { append(raw: ",") }
            append(action)
        }
        append(raw: #"],"target_kind":"#)
        append(query.targetKind)
        append(raw: #","target_id":"#)
        append(query.targetID)
        append(raw: #","space_id":"#)
        append(query.spaceID)
        append(raw: #","folder_id":"#)
        append(narrowing.folderID)
        append(raw: #","outcome":"#)
        append(query.outcome?.exportName)
        append(raw: #","address":"#)
        append(narrowing.address)
        append(raw: #","search":"#)
        append(raw: narrowing.isSearch ? "true}" : "false}")
    }
}

extension ExportScanner {
    /// The filter of version 1, which journals before this one was added wrote.
    mutating func firstFilter() throws(Mismatch) -> JournalQuery {
        var query = JournalQuery()
        try expect(#"{"from":"#)
        query.from = try optionalInteger().map { Timestamp(milliseconds: $0) }
        try expect(#","to":"#)
        query.to = try optionalInteger().map { Timestamp(milliseconds: $0) }
        try expect(#","actor_id":"#)
        query.actorID = try optionalIdentifier()
        try expect(#","action":"#)
        query.actions = try optionalText().map { [$0] } ?? []
        try expect(#","target_kind":"#)
        query.targetKind = try optionalText()
        try expect(#","target_id":"#)
        query.targetID = try optionalIdentifier()
        try expect(#","space_id":"#)
        query.spaceID = try optionalIdentifier()
        try expect("}")
        return query
    }

    /// The filter of version 2.
    mutating func filter() throws(Mismatch) -> (JournalQuery, ExportNarrowing) {
        var query = JournalQuery()
        var narrowing = ExportNarrowing()
        try expect(#"{"from":"#)
        query.from = try optionalInteger().map { Timestamp(milliseconds: $0) }
        try expect(#","to":"#)
        query.to = try optionalInteger().map { Timestamp(milliseconds: $0) }
        try expect(#","actor_id":"#)
        query.actorID = try optionalIdentifier()
        try expect(#","actor_kind":"#)
        if let name = try optionalText() {
            guard let kind = ActorKind(exportName: name) else { throw Mismatch() }
            narrowing.actorKind = kind
        }
        try expect(#","actions":["#)
        while !skip("]") {
            if !query.actions.isEmpty { try expect(",") }
            query.actions.append(try text())
        }
        try expect(#","target_kind":"#)
        query.targetKind = try optionalText()
        try expect(#","target_id":"#)
        query.targetID = try optionalIdentifier()
        try expect(#","space_id":"#)
        query.spaceID = try optionalIdentifier()
        try expect(#","folder_id":"#)
        narrowing.folderID = try optionalIdentifier()
        try expect(#","outcome":"#)
        if let name = try optionalText() {
            guard let outcome = Outcome(exportName: name) else { throw Mismatch() }
            query.outcome = outcome
        }
        try expect(#","address":"#)
        narrowing.address = try optionalText()
        try expect(#","search":"#)
        narrowing.isSearch = skip("true")
        if !narrowing.isSearch { try expect("false") }
        try expect("}")
        return (query, narrowing)
    }
}
