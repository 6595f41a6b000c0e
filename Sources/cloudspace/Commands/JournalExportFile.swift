import API
import Crypto
import Journal
import Vault

/// Exports of the journal as files.
enum JournalExportFile {
    /// Writes what the filter selects (all when nil), signed as it is now.
    static func write(_ parts: VaultParts, _ filter: AuditFilter?, _ form: JournalForm, to path: String) async throws {
        let (_, pieces) = try await JournalExporter(parts.vault)(filter, form, as: .localOperator)
        let file = try FileWriter(path: path)
        let progress = Progress()
        defer { progress.clear() }
        var written = 0
        while let piece = try await pieces.next() {
            try file.write(piece)
            written += piece.count
            progress.show("\(written >> 10) KiB written …")
        }
        try file.finish()
        progress.clear()
        StandardStream.error.print("verifier key: \(try parts.journal.verifierKey().text)")
    }

    /// Verifies a file offline, an export or a document's proof, and says what was found.
    /// - Returns: the exit status.
    static func verify(_ path: String, _ invocation: Invocation) throws -> Int32 {
        let key = try invocation.text(.publicKey).map(parseKey)
        let remembered = try CheckpointFile.notes(invocation.text(.checkpoints))
        let file = try FileReader(path: path)
        var start: [UInt8] = []
        while start.count < DocumentProofVerifier.beginning.utf8.count, let bytes = try file.next() { start += bytes }
        let isProof = start.starts(with: DocumentProofVerifier.beginning.utf8)
        do {
            let words = isProof ? try proof(start, file, key, remembered) : try export(start, file, key, remembered)
            StandardStream.output.print(words.verdict)
            if key == nil {
                StandardStream.output.print(
                    "signed by \(words.key)\nCompare this key with the vault's, or give it with --public-key.")
            }
            return 0
        } catch let fault as ExportFault {
            StandardStream.output.print(
                "\(isProof ? "document proof" : "journal export"): NOT as it was signed; \(fault)")
            return 1
        }
    }

    private static func export(
        _ start: [UInt8], _ file: FileReader, _ key: NoteVerifierKey?, _ remembered: [String]
    ) throws -> (verdict: String, key: String) {
        var verifier = ExportVerifier(key: key, remembered: remembered)
        try verifier.take(start)
        while let bytes = try file.next() { try verifier.take(bytes) }
        let report = try verifier.finish()
        return (
            "journal export: sound; \(report.form.rawValue), \(report.eventCount) events of \(report.head.size), "
                + "\(report.comparedCheckpoints) remembered checkpoints agree", report.publicKey
        )
    }

    private static func proof(
        _ start: [UInt8], _ file: FileReader, _ key: NoteVerifierKey?, _ remembered: [String]
    ) throws -> (verdict: String, key: String) {
        var verifier = DocumentProofVerifier(key: key, remembered: remembered)
        try verifier.take(start)
        while let bytes = try file.next() { try verifier.take(bytes) }
        let report = try verifier.finish()
        let newest = report.newest.map { ", version \($0.number) sha256 \(Hex.encode($0.sha256))" } ?? ""
        return (
            "document proof: sound; file \(report.file), \(report.eventCount) events of \(report.head.size)\(newest), "
                + "\(report.comparedCheckpoints) remembered checkpoints agree", report.publicKey
        )
    }

    private static func parseKey(_ text: String) throws(ProgramError) -> NoteVerifierKey {
        do {
            return try NoteVerifierKey(parsing: text)
        } catch {
            throw .usage("--public-key is no verifier key (NAME+ID+BASE64)", ["journal", "verify"])
        }
    }
}
