import Journal
import Vault

/// Exports of the journal as files.
enum JournalExportFile {
    /// Writes the whole journal, signed as it is now.
    static func write(_ parts: VaultParts, to path: String) async throws {
        let checkpoint = try await parts.core.sequencer.makeCheckpoint()
        let export = JournalExport(parts.journal, database: parts.database, checkpoint: checkpoint)
        let file = try FileWriter(path: path)
        while let piece = try await export.next() { try file.write(piece) }
        try file.finish()
        StandardStream.error.print("verifier key: \(try parts.journal.verifierKey().text)")
    }

    /// Verifies a file offline and says what was found.
    /// - Returns: the exit status.
    static func verify(_ path: String, _ invocation: Invocation) throws -> Int32 {
        let key = try invocation.text(.publicKey).map(parseKey)
        let remembered = try CheckpointFile.notes(invocation.text(.checkpoints))
        let file = try FileReader(path: path)
        var verifier = ExportVerifier(key: key, remembered: remembered)
        do {
            while let bytes = try file.next() { try verifier.take(bytes) }
            let report = try verifier.finish()
            StandardStream.output.print(
                "journal export: sound; \(report.form.rawValue), \(report.eventCount) events of \(report.head.size), "
                    + "\(report.comparedCheckpoints) remembered checkpoints agree")
            if key == nil {
                StandardStream.output.print(
                    "signed by \(report.publicKey)\nCompare this key with the vault's, or give it with --public-key.")
            }
            return 0
        } catch let fault as ExportFault {
            StandardStream.output.print("journal export: NOT as it was signed; \(fault)")
            return 1
        }
    }

    private static func parseKey(_ text: String) throws(ProgramError) -> NoteVerifierKey {
        do {
            return try NoteVerifierKey(parsing: text)
        } catch {
            throw .usage("--public-key is no verifier key (NAME+ID+BASE64)", ["journal", "verify"])
        }
    }
}
