/// A file of checkpoints, one note after another, as `journal checkpoint >>` makes it.
enum CheckpointFile {
    /// - Parameter path: nil for none.
    static func notes(_ path: String?) throws(ProgramError) -> [String] {
        guard let path else { return [] }
        guard let text = FileSystem.text(of: path, limit: 64 << 20) else {
            throw .failed("\(path.printable) cannot be read as text")
        }
        return split(text)
    }

    /// Adds a note at the end, durably; nothing when it is there as the last one already.
    static func append(_ note: String, to path: String) throws(ProgramError) {
        let bytes = Array(note.utf8)
        if FileSystem.end(of: path, count: bytes.count) == bytes { return }
        try FileWriter.append(bytes, to: path)
    }

    /// A note ends with its last signature line.
    static func split(_ text: String) -> [String] {
        var notes: [String] = []
        var note = ""
        var isSigned = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isSignature = line.hasPrefix("\u{2014} ")
            if isSigned, !isSignature {
                notes.append(note)
                (note, isSigned) = ("", false)
            }
            if note.isEmpty, line.isEmpty { continue }
            note += line + "\n"
            isSigned = isSignature
        }
        return isSigned ? notes + [note] : notes
    }
}
