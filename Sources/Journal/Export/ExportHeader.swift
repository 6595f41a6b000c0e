import Database

/// The first line of an export: whose journal, which tree, and what part of it follows.
struct ExportHeader: Equatable {
    let origin: String
    /// As ``NoteVerifierKey/text``.
    let publicKey: String
    /// The signed note.
    let checkpoint: String
    /// Nil for the full journal; otherwise the filters by which events were selected.
    let filter: JournalQuery?
}

extension ExportHeader {
    var line: [UInt8] {
        var text = ExportText()
        text.append(raw: #"{"type":"cloudspace-journal","version":1,"origin":"#)
        text.append(origin)
        text.append(raw: #","public_key":"#)
        text.append(publicKey)
        text.append(raw: #","checkpoint":"#)
        text.append(checkpoint)
        if let filter {
            text.append(raw: #","form":"selection","filter":{"from":"#)
            text.append(filter.from?.milliseconds)
            text.append(raw: #","to":"#)
            text.append(filter.to?.milliseconds)
            text.append(raw: #","actor_id":"#)
            text.append(filter.actorID)
            text.append(raw: #","action":"#)
            text.append(filter.action)
            text.append(raw: #","target_kind":"#)
            text.append(filter.targetKind)
            text.append(raw: #","target_id":"#)
            text.append(filter.targetID)
            text.append(raw: #","space_id":"#)
            text.append(filter.spaceID)
            text.append(raw: "}}\n")
        } else {
            text.append(raw: ",\"form\":\"full\",\"filter\":null}\n")
        }
        return text.bytes
    }

    /// Reads a line without its newline.
    init(line: [UInt8]) throws(ExportScanner.Mismatch) {
        var scanner = try ExportScanner(line)
        try scanner.expect(#"{"type":"cloudspace-journal","version":1,"origin":"#)
        origin = try scanner.text()
        try scanner.expect(#","public_key":"#)
        publicKey = try scanner.text()
        try scanner.expect(#","checkpoint":"#)
        checkpoint = try scanner.text()
        if scanner.skip(#","form":"selection","filter":{"from":"#) {
            var filter = JournalQuery()
            filter.from = try scanner.optionalInteger().map { Timestamp(milliseconds: $0) }
            try scanner.expect(#","to":"#)
            filter.to = try scanner.optionalInteger().map { Timestamp(milliseconds: $0) }
            try scanner.expect(#","actor_id":"#)
            filter.actorID = try scanner.optionalIdentifier()
            try scanner.expect(#","action":"#)
            filter.action = try scanner.optionalText()
            try scanner.expect(#","target_kind":"#)
            filter.targetKind = try scanner.optionalText()
            try scanner.expect(#","target_id":"#)
            filter.targetID = try scanner.optionalIdentifier()
            try scanner.expect(#","space_id":"#)
            filter.spaceID = try scanner.optionalIdentifier()
            try scanner.expect("}}")
            self.filter = filter
        } else {
            try scanner.expect(#","form":"full","filter":null}"#)
            filter = nil
        }
        guard scanner.isAtEnd else { throw ExportScanner.Mismatch() }
    }
}
