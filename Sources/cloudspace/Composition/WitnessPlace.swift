import Database
import Journal
import Vault

/// Where checkpoints are remembered, and how much it matters.
struct WitnessPlace: Sendable {
    /// Nil when none is kept.
    let file: String?
    let isStrict: Bool
    /// The server's own file of checkpoints, which need not be there before the first one.
    private let ownFile: String?

    init(_ configuration: Configuration) throws(ProgramError) {
        file = try configuration[Settings.witnessFile]
        isStrict = try configuration[Settings.witnessStrict]
        ownFile = try configuration[Settings.checkpointFile]
        if isStrict, file == nil { throw .setting("--witness-strict is given without --witness-file") }
    }

    enum Extent: Sendable {
        /// All that is in the file.
        case everything
        /// The newest in the file: what is quick enough before a server listens.
        case newest
        /// Nothing but what this process has signed.
        case remembered
    }

    /// Newest checkpoints compared before a server listens.
    static let newestCount = 256

    /// Compares before the server listens; a strict server does not start when anything is wrong.
    func compareAtStart(_ parts: VaultParts, log: Log) async throws {
        try await compare(parts, isStrict ? .everything : .newest, log: log)
        guard isStrict else { return }
        switch parts.core.witness.status.state {
        case .unknown, .consistent: return
        case .unreadable: throw ProgramError.refused("\(file ?? "") cannot be read, and --witness-strict is given")
        case .contradicted:
            let first = parts.core.witness.status.report?.findings.first.map { "\($0)" } ?? "it was changed"
            throw ProgramError.refused(
                "the journal is not what \(file ?? "") remembers: \(first); keep everything as evidence, find out who changed "
                    + "it, and put back the newest backup")
        }
    }

    /// Compares, and tells the log of what is wrong.
    func compare(_ parts: VaultParts, _ extent: Extent, log: Log) async throws {
        let witness = parts.core.witness
        var notes: [String] = []
        if extent != .remembered, let file {
            do {
                notes = try await FileWork.run { try CheckpointFile.notes(file) }
            } catch {
                let isNew = FileSystem.status(of: file) == nil && file == ownFile
                guard !isNew else { return }
                witness.noteUnreadable()
                log.error("checkpoints kept elsewhere cannot be read", ["cause": .text(ProgramError(error).message)])
            }
            if extent == .newest { notes = Array(notes.suffix(Self.newestCount)) }
        }
        let report = try await witness.compare(with: notes)
        for finding in report.findings {
            log.error("THE JOURNAL CONTRADICTS ITS WITNESS", ["finding": .text("\(finding)")])
        }
    }

    /// Says on standard output what a comparison found.
    /// - Returns: the exit status.
    static func tell(_ report: WitnessReport) -> Int32 {
        let out = StandardStream.output
        guard report.isConsistent else {
            out.print("witness: the journal is NOT what is remembered")
            for finding in report.findings { out.print("  \(finding)") }
            if report.findingCount > report.findings.count {
                out.print("  and \(report.findingCount - report.findings.count) more")
            }
            return 1
        }
        out.print("witness: \(report.compared) checkpoints agree with the journal of \(report.treeSize) events")
        return 0
    }
}
