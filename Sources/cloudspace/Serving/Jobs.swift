import Backup
import BlobStore
import Database
import Journal
import Vault
import Versions

/// What the server does without being asked: sequence and sign the journal, collect what expired.
struct Jobs: Sendable {
    let parts: VaultParts
    let sequencer: JournalSequencer
    let checkpointInterval: Duration
    let checkpointFile: String?
    let housekeepingInterval: Duration
    let courier: OutboundCourier
    let bursts: BurstSettings
    let witness: WitnessPlace
    let backups: Backups
    let keyBundles: KeyBundles
    let log: Log

    init(
        _ parts: VaultParts, _ configuration: Configuration, backups: Backups, rows: any Database, log: Log
    ) throws(ProgramError) {
        self.parts = parts
        self.backups = backups
        keyBundles = KeyBundles(parts: parts, rows: rows, configuration: configuration)
        sequencer = parts.core.sequencer
        checkpointFile = try configuration[Settings.checkpointFile]
        checkpointInterval = .seconds(try configuration[Settings.checkpointInterval])
        housekeepingInterval = .seconds(try configuration[Settings.housekeepingInterval])
        courier = OutboundCourier(try OutboundPlaces(configuration), journal: parts.journal)
        witness = try WitnessPlace(configuration)
        var bursts = BurstSettings()
        bursts.files = try configuration[Settings.burstFiles]
        bursts.window = try configuration[Settings.burstWindow]
        bursts.quiet = try configuration[Settings.burstQuiet]
        self.bursts = bursts
        self.log = log
    }

    /// Runs all of them until the task is cancelled.
    ///
    /// Those that are to be done once for all nodes run where their lease is held; the others everywhere.
    /// - Parameter label: how this node is known to the operator.
    func run(as label: String) async {
        let core = parts.core
        let leased = [
            LeasedJob(.sequencer, of: core.leases) { _ in await sequencer.run() },
            LeasedJob(.checkpoints, of: core.leases) { _ in
                await job("checkpoint", every: checkpointInterval) { try await makeCheckpoint() }.run(log: log)
            },
            LeasedJob(.deliveries, of: core.leases) { lease in
                let round = DeliveryRound(core, courier: courier) { tell($0, $1) }
                await job("deliveries", firstAfter: .seconds(1), every: .seconds(2)) {
                    try await round.run(under: lease)
                }
                .run(log: log)
            },
            LeasedJob(.housekeeping, of: core.leases) { lease in
                await job("housekeeping", firstAfter: .seconds(10), every: housekeepingInterval) {
                    try await keepHouse(under: lease)
                }.run(log: log)
            },
        ]
        let presence = LeasedJob(.presence, of: core.leases) { lease in
            await job("presence expiry", every: .seconds(60)) { try await core.presence.expire(under: lease) }
                .run(log: log)
        }
        let erasure = LeasedJob(.erasure, of: core.leases) { lease in
            await job("erasure", firstAfter: .seconds(5), every: .seconds(15)) {
                _ = try await parts.vault.eraseAccount.run(onlyNew: true, under: lease)
            }.run(log: log)
        }
        let rotation = LeasedJob(.rotation, of: core.leases) { lease in
            await job("rotation", firstAfter: .zero, every: .seconds(1)) {
                try await RotationWork(core).run(under: lease)
            }.run(log: log)
        }
        let backup = LeasedJob(.backups, of: core.leases) { lease in
            let runner = BackupRunner(backups) { tell($0) }
            var round = job("backups", firstAfter: .zero, every: .seconds(1)) { try await runner.run(under: lease) }
            round.wake = backups.asked
            await round.run(log: log)
        }
        let restores = LeasedJob(.backups, of: core.leases) { lease in
            await job("tree restores", firstAfter: .zero, every: .seconds(1)) {
                try await TreeRestoreWork(core).run(under: lease)
            }.run(log: log)
        }
        let archiveRestores = LeasedJob(.backups, of: core.leases) { [backups] lease in
            await job("archive restores", firstAfter: .zero, every: .seconds(1)) {
                try await ArchiveRestoreWork(backups).run(under: lease)
            }.run(log: log)
        }
        let watch = RewriteWatch(core, settings: self.bursts)
        let burstWatch = LeasedJob(.backups, of: core.leases) { lease in
            await job("rewrite watch", firstAfter: .seconds(2), every: .seconds(5)) {
                _ = try await watch.round(under: lease)
            }.run(log: log)
        }
        let bundles = LeasedJob(.backups, of: core.leases) { lease in
            await job("key bundle", firstAfter: .seconds(5), every: .seconds(60)) { try await keyBundles.refresh() }
                .run(log: log)
        }
        let own = [
            job("key distribution", every: .seconds(1)) { try await core.keyDistribution.round() },
            job("presence", every: .seconds(5)) { try await core.presence.flush() },
            job("tidying", every: .seconds(60)) { try await parts.vault.housekeeping.tidy() },
            job("notifications", every: .seconds(1)) { try await parts.vault.notifications.tick() },
            SequencerWatch(sequencer: sequencer, log: log).job(core.jobs),
            job("witness", firstAfter: .seconds(1), every: .seconds(3_600)) {
                try await witness.compare(parts, .everything, log: log)
            },
        ]
        await withTaskGroup { group in
            group.addTask { await core.membership.run(label: label, version: Program.version) }
            group.addTask {
                await core.leases.run { error in
                    log.warning("leases not renewed", ["cause": .text(ProgramError(error).message)])
                }
            }
            let further = [presence, rotation, erasure, backup, restores, archiveRestores, burstWatch, bundles]
            for job in leased + further {
                group.addTask { await job.run() }
            }
            for job in own { group.addTask { await job.run(log: log) } }
        }
    }

    private func job(
        _ name: String, firstAfter pause: Duration? = nil, every interval: Duration,
        _ work: @escaping @Sendable () async throws -> Void
    ) -> PeriodicJob {
        PeriodicJob(
            name: name, firstAfter: pause ?? interval, interval: interval, statistics: parts.core.jobs, work: work)
    }

    /// A volume on its way grows all the time; one that has not for a day belongs to nobody. In milliseconds.
    private static let volumeGrace: Int64 = 24 * 3_600 * 1_000

    private func keepHouse(under lease: Lease) async throws {
        let report = try await parts.vault.housekeeping.run(under: lease)
        let volumes = try await backups.store.abandoned(olderThanMs: Self.volumeGrace)
        log.info(
            "housekeeping",
            [
                "orphans": .number(Int64(report.orphans)),
                "abandoned_uploads": .number(Int64(report.abandonedUploads)),
                "abandoned_volumes": .number(Int64(volumes)),
                "expired_trash": .number(Int64(report.expiredTrash)),
                "expired_versions": .number(Int64(report.expiredVersions)),
                "erased_nodes": .number(Int64(report.erasedNodes)),
                "expired_sessions": .number(Int64(report.expiredSessions)),
                "expired_notifications": .number(Int64(report.expiredNotifications)),
            ])
    }

    /// What must still be written before the database is closed: counted reads, the end of the journal, its
    /// signature, and that the other nodes need not wait for this one.
    func finish() async throws {
        try await parts.vault.housekeeping.finish()
        try await makeCheckpoint()
        // Where this fails the others wait a quarter of a minute longer, and nothing is lost.
        try? await parts.core.leases.release()
        try? await parts.core.membership.leave()
    }

    /// Signs the journal and hands the checkpoint to whoever keeps it.
    private func makeCheckpoint() async throws {
        // First: a tree that does not continue what was signed last is not signed.
        try await witness.compare(parts, .remembered, log: log)
        let checkpoint = try await sequencer.makeCheckpoint()
        parts.core.witness.remember(checkpoint)
        log.info("checkpoint", ["events": .number(checkpoint.head.size)])
        guard let checkpointFile else { return }
        try await FileWork.run { try CheckpointFile.append(checkpoint.note, to: checkpointFile) }
    }

    private func tell(_ event: BackupRunner.Event) {
        switch event {
        case .began(let id, let kind):
            log.info("backup begun", ["backup": .text(id.description), "kind": .text(kind.rawValue)])
        case .completed(let id, let bytes):
            log.info("backup completed", ["backup": .text(id.description), "bytes": .number(bytes)])
        case .failed(let id, let problem, let again):
            log.warning(
                again ? "backup is tried again" : "backup failed",
                [
                    "backup": .text(id.description), "cause": .text(problem.code.rawValue),
                    "words": .text(problem.detail),
                ])
        case .cancelled(let id): log.info("backup cancelled", ["backup": .text(id.description)])
        case .deleted(let id): log.info("backup deleted", ["backup": .text(id.description)])
        case .checked(let id, let kind, let findings):
            let fields: KeyValuePairs<String, Log.Value> = [
                "backup": .text(id.description), "proof": .text(kind.rawValue), "findings": .number(Int64(findings)),
            ]
            if findings == 0 { log.info("backup proven", fields) } else { log.error("backup is damaged", fields) }
        case .checkFailed(let id, let kind, let problem):
            log.warning(
                "backup could not be proven",
                [
                    "backup": .text(id.description), "proof": .text(kind.rawValue),
                    "cause": .text(problem.code.rawValue), "words": .text(problem.detail),
                ])
        }
    }

    private func tell(_ delivery: Delivery, _ failure: DeliveryFailure?) {
        let id: Log.Value = .text(delivery.id.description)
        let attempt: Log.Value = .number(Int64(delivery.attempts))
        guard let failure else {
            return log.info(
                "delivered", ["target": .text(delivery.target.rawValue), "delivery": id, "attempt": attempt])
        }
        log.warning(
            "not delivered",
            [
                "target": .text(delivery.target.rawValue), "delivery": id, "attempt": attempt,
                "cause": .text(failure.code.rawValue), "status": .number(Int64(failure.status ?? 0)),
                "words": .text(failure.words),
            ])
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

    func job(_ statistics: JobStatistics) -> PeriodicJob {
        PeriodicJob(
            name: "sequencer watch", firstAfter: .seconds(5), interval: .seconds(10), statistics: statistics
        ) { [self] in
            if let failure = await sequencer.failure {
                log.error("journal sequencer fails", ["cause": .text(ProgramError(failure).message)])
            }
        }
    }
}
