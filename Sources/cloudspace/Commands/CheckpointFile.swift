import Glibc
import Journal

/// A file of checkpoints, one note after another, as `journal checkpoint >>` makes it.
enum CheckpointFile {
    /// Some 200,000 checkpoints.
    static let largest = 64 << 20

    /// - Parameter path: nil for none.
    static func notes(_ path: String?) throws(ProgramError) -> [String] {
        guard let path else { return [] }
        guard let text = FileSystem.text(of: path, limit: largest) else {
            throw .failed("\(path.printable) cannot be read as text")
        }
        return WitnessFile.notes(in: text)
    }

    /// Adds a note at the end, durably; nothing when it is there as the last one already.
    ///
    /// What a crash left of a note that was being written is taken away first. Blocks; for ``FileWork``.
    static func append(_ note: String, to path: String) throws(ProgramError) {
        let bytes = Array(note.utf8)
        let isNew = FileSystem.status(of: path) == nil
        if !isNew {
            try FileWriter.dropEnd(of: path) { WitnessFile.wholeByteCount($0) }
            if FileSystem.end(of: path, count: bytes.count) == bytes { return }
        }
        try FileWriter.append(bytes, to: path)
        if isNew { try FileSystem.syncDirectory(FileSystem.directory(above: path)) }
    }
}
