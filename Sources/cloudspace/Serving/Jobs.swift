import Database
import Journal
import Vault

/// What the server does without being asked: sequence and sign the journal, collect what expired.
struct Jobs: Sendable {
    let parts: VaultParts
    let sequencer: JournalSequencer
    let checkpointInterval: Duration
    let checkpointFile: String?
    let housekeepingInterval: Duration
    let log: Log

    init(_ parts: VaultParts, _ configuration: Configuration, log: Log) throws(ProgramError) {
        self.parts = parts
        sequencer = parts.core.sequencer
        checkpointFile = try configuration[Settings.checkpointFile]
        checkpointInterval = .seconds(try configuration[Settings.checkpointInterval])
        housekeepingInterval = .seconds(try configuration[Settings.housekeepingInterval])
        self.log = log
    }

    /// Runs all of them until the task is cancelled.
    func run() async {
        let jobs = [
            PeriodicJob(name: "checkpoint", firstAfter: checkpointInterval, interval: checkpointInterval) {
                try await makeCheckpoint()
            },
            PeriodicJob(name: "housekeeping", firstAfter: .seconds(10), interval: housekeepingInterval) {
                let report = try await parts.vault.housekeeping.run()
                log.info(
                    "housekeeping",
                    [
                        "orphans": .number(Int64(report.orphans)),
                        "abandoned_uploads": .number(Int64(report.abandonedUploads)),
                        "expired_trash": .number(Int64(report.expiredTrash)),
                        "expired_sessions": .number(Int64(report.expiredSessions)),
                    ])
            },
            SequencerWatch(sequencer: sequencer, log: log).job,
        ]
        await withTaskGroup { group in
            group.addTask { await sequencer.run() }
            for job in jobs { group.addTask { await job.run(log: log) } }
        }
    }

    /// What must still be written before the database is closed: counted reads, the end of the journal, its signature.
    func finish() async throws {
        try await parts.vault.housekeeping.finish()
        try await makeCheckpoint()
    }

    /// Signs the journal and hands the checkpoint to whoever keeps it.
    private func makeCheckpoint() async throws {
        let checkpoint = try await sequencer.makeCheckpoint()
        log.info("checkpoint", ["events": .number(checkpoint.head.size)])
        if let checkpointFile { try CheckpointFile.append(checkpoint.note, to: checkpointFile) }
    }
}

/// Tells the log when the sequencer starts to fail and when it works again.
private final class SequencerWatch: Sendable {
    private let sequencer: JournalSequencer
    private let log: Log

    init(sequencer: JournalSequencer, log: Log) {
        self.sequencer = sequencer
        self.log = log
    }

    var job: PeriodicJob {
        PeriodicJob(name: "sequencer watch", firstAfter: .seconds(5), interval: .seconds(10)) { [self] in
            if let failure = await sequencer.failure {
                log.error("journal sequencer fails", ["cause": .text(ProgramError(failure).message)])
            }
        }
    }
}
