import Crypto

/// The last line of an export: how much there was, signed, so that lines cannot be taken out of a selection unnoticed.
struct ExportTrailer: Equatable {
    let eventCount: Int64
    /// A signed note over ``text(origin:eventCount:digest:)``.
    let note: String

    var line: [UInt8] {
        var text = ExportText()
        text.append(raw: #"{"type":"end","events":"#)
        text.append(eventCount)
        text.append(raw: #","note":"#)
        text.append(note)
        text.append(raw: "}\n")
        return text.bytes
    }

    init(eventCount: Int64, note: String) {
        self.eventCount = eventCount
        self.note = note
    }

    /// Reads a line without its newline.
    init(line: [UInt8]) throws(ExportScanner.Mismatch) {
        var scanner = try ExportScanner(line)
        try scanner.expect(#"{"type":"end","events":"#)
        eventCount = try scanner.integer()
        try scanner.expect(#","note":"#)
        note = try scanner.text()
        try scanner.expect("}")
        guard scanner.isAtEnd else { throw ExportScanner.Mismatch() }
    }

    /// What is signed. It can never be read as a checkpoint: its first line is no origin, its second no number.
    ///
    /// - Parameter digest: SHA-256 of all lines before the trailer, with their newlines.
    static func text(origin: String, eventCount: Int64, digest: [UInt8]) -> String {
        "cloudspace-journal-export/v1\n\(origin)\n\(eventCount)\n\(Base64.encode(digest))\n"
    }
}
