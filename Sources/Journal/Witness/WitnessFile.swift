/// Checkpoints kept elsewhere, one signed note after another, as `journal checkpoint >>` and `--checkpoint-file` make them.
public enum WitnessFile {
    /// The whole notes in a text. What stands behind the last signature of a note that was not written to its end is left
    /// out; see ``wholeByteCount(_:)``.
    public static func notes(in text: String) -> [String] {
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

    /// How many of the bytes belong to whole notes: up to the end of the last line that is a signature and ended.
    ///
    /// Behind them is what a crash left of a note that was being written.
    public static func wholeByteCount(_ bytes: [UInt8]) -> Int {
        let mark = Array("\u{2014} ".utf8)
        var whole = 0
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0a) {
            if bytes[start..<end].starts(with: mark) { whole = end + 1 }
            start = end + 1
        }
        return whole
    }
}
