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
    var narrowing = ExportNarrowing()
}

extension ExportHeader {
    /// Full exports are of version 1, selections of version 2.
    var line: [UInt8] {
        var text = ExportText()
        text.append(raw: #"{"type":"cloudspace-journal","version":"#)
        text.append(filter == nil ? 1 : 2)
        text.append(raw: #","origin":"#)
        text.append(origin)
        text.append(raw: #","public_key":"#)
        text.append(publicKey)
        text.append(raw: #","checkpoint":"#)
        text.append(checkpoint)
        if let filter {
            text.append(raw: #","form":"selection","filter":"#)
            text.append(filter, narrowing)
            text.append(raw: "}\n")
        } else {
            text.append(raw: ",\"form\":\"full\",\"filter\":null}\n")
        }
        return text.bytes
    }

    /// Reads a line without its newline.
    init(line: [UInt8]) throws(ExportScanner.Mismatch) {
        var scanner = try ExportScanner(line)
        try scanner.expect(#"{"type":"cloudspace-journal","version":"#)
        let version = try scanner.integer()
        try scanner.expect(#","origin":"#)
        origin = try scanner.text()
        try scanner.expect(#","public_key":"#)
        publicKey = try scanner.text()
        try scanner.expect(#","checkpoint":"#)
        checkpoint = try scanner.text()
        switch version {
        case 1:
            if scanner.skip(#","form":"selection","filter":"#) {
                filter = try scanner.firstFilter()
                try scanner.expect("}")
            } else {
                try scanner.expect(#","form":"full","filter":null}"#)
                filter = nil
            }
        case 2:
            try scanner.expect(#","form":"selection","filter":"#)
            let (query, narrowing) = try scanner.filter()
            filter = query
            self.narrowing = narrowing
            try scanner.expect("}")
        default: throw ExportScanner.Mismatch()
        }
        guard scanner.isAtEnd else { throw ExportScanner.Mismatch() }
    }
}
