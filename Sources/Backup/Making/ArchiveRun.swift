import Archive
import BlobStore
import Crypto
import Database
import Journal
import Vault

/// One archive while it is made.
struct ArchiveRun: Sendable {
    private let maker: SealedArchiveMaker
    private let order: BackupOrder
    private let store: any ArchiveStore
    private let progress: any WorkProgress
    private let keys: ArchiveKeys
    private let seal: ArchiveSeal
    private let wrappedKey: [UInt8]
    private let base: SealedArchive?
    private let chain: [ArchiveManifest.Link]
    private let scratch: Scratch
    private let threads = ScratchThread()

    /// Volumes on their way at a time.
    private static let width = 2

    /// Files of the scratch directory, gone when the run is.
    private struct Scratch: Sendable {
        let segments: ScratchFile
        let contents: ScratchFile
        let own: ScratchFile
        let places: ScratchFile
        let reused: ScratchFile

        init(_ directory: String, _ backup: BackupID) throws {
            func file(_ name: String) throws -> ScratchFile {
                try ScratchFile(creating: "\(directory)/\(backup)-\(name)")
            }
            segments = try file("rows")
            contents = try file("contents")
            own = try file("own")
            places = try file("places")
            reused = try file("reused")
        }
    }

    init(
        _ maker: SealedArchiveMaker, _ order: BackupOrder, _ store: any ArchiveStore, _ progress: any WorkProgress
    ) async throws {
        self.maker = maker
        self.order = order
        self.store = store
        self.progress = progress
        keys = ArchiveKeys(maker.core.keyring.ring)
        let key = SealingKey.random()
        seal = ArchiveSeal(key: key, archive: order.id, vaultID: keys.vaultID)
        wrappedKey = keys.wrap(key, of: order.id)
        switch order.mode {
        case .full: (base, chain) = (nil, [])
        case .incremental(let id):
            let archive = try await SealedArchive.open(id, in: store, keys: keys)
            guard archive.manifest.scope == order.scope, id != order.id else { throw ArchiveRefusal.unfitBase(id) }
            base = archive
            chain =
                archive.manifest.chain + [
                    ArchiveManifest.Link(
                        id: id, manifestHash: archive.manifestHash, wrappedKey: archive.wrappedKey)
                ]
        }
        let (directory, id) = (store.scratch, order.id)
        scratch = try await threads.run { try Scratch(directory, id) }
    }

    func run() async throws -> ArchiveSummary {
        let dump = try await dumpRows()
        let split = try await splitContents()
        progress.expect(entries: Int(clamping: split.ownBlobs), bytes: split.ownBytes)
        let job = VolumeJob(
            backup: order.id, origin: UInt32(chain.count), dump: dump, seal: seal, segments: scratch.segments,
            source: ContentSource(blobs: maker.core.blobs, rows: maker.rows), progress: progress, threads: threads,
            store: store)
        let assembly = IndexAssembly(seal, own: scratch.places, reused: scratch.reused, threads)
        var planner = VolumePlanner(
            limit: Self.planned(order.volumeLimit, contents: split.ownBytes),
            rowSizes: dump.segments.map(\.scratchSize),
            contents: base == nil ? scratch.contents : scratch.own)
        var volumes = SettledVolumes(assembly)
        let last = try await writeContents(job, &planner, &volumes)
        return try await writeEnd(job, dump, split, last, &volumes)
    }

    /// What a volume takes at most: less than ordered where the contents would leave one of two hands idle. The last
    /// volume, which ends with index and manifest, is written behind all others, so it is to be a small one.
    /// - Parameter contents: bytes to be copied.
    private static func planned(_ limit: Int64, contents: Int64) -> Int64 {
        guard contents >= 512 << 20 else { return limit }
        return min(limit, contents / 2 - contents / 64)
    }

    private func dumpRows() async throws -> RowDump.Result {
        var known: [[UInt8]: ArchiveManifest.RowSegment] = [:]
        for table in base?.manifest.tables ?? [] {
            for segment in table.segments { known[segment.plainHash] = segment }
        }
        let dump = RowDump(
            scope: order.scope, seal: seal, journal: maker.journal, dialect: maker.rows.dialect,
            origin: chain.count, known: known,
            segments: scratch.segments, contents: scratch.contents)
        return try await maker.rows.read { try dump.run(in: $0) }
    }

    private func splitContents() async throws -> ContentSplit.Result {
        guard let base else { return try await ContentSplit.total(of: scratch.contents, threads) }
        return try await ContentSplit(
            base: base, contents: scratch.contents, own: scratch.own, reused: scratch.reused, threads: threads
        ).run()
    }

    private typealias Planned = (plan: VolumePlan, room: Int64)

    /// Writes all volumes but the one that rows and contents end in, two at a time.
    /// - Returns: that one's plan, and the room that is left in it.
    private func writeContents(
        _ job: VolumeJob, _ planner: inout VolumePlanner, _ volumes: inout SettledVolumes
    ) async throws -> Planned {
        try await withThrowingTaskGroup(of: VolumeJob.Outcome.self) { group in
            var last: Planned?
            var running = 0
            while last == nil || running > 0 {
                if last == nil, running < Self.width {
                    let before = planner
                    let (after, planned, isLast) = try await threads.run {
                        var planner = before
                        let planned = try planner.next()
                        return (planner, planned, try planner.isExhausted())
                    }
                    planner = after
                    volumes.place(rows: planned.plan.rows, in: planned.plan.number)
                    if isLast {
                        last = planned
                    } else {
                        // A plan that takes nothing would be followed by the same for ever.
                        guard !planned.plan.isEmpty else { throw BlobStoreError.unavailable("volumes are too small") }
                        group.addTask { try await job.make(planned.plan) { _, _ in [] } }
                        running += 1
                    }
                } else if let outcome = try await group.next() {
                    running -= 1
                    try await volumes.settle(outcome)
                }
            }
            return last ?? (VolumePlan(number: planner.nextNumber), planner.emptyRoom)
        }
    }

    /// Writes the volume that rows and contents end in, with index and manifest behind them, and further ones when those
    /// do not fit.
    private func writeEnd(
        _ job: VolumeJob, _ dump: RowDump.Result, _ split: ContentSplit.Result, _ last: Planned,
        _ volumes: inout SettledVolumes
    ) async throws -> ArchiveSummary {
        var (plan, room) = last
        while true {
            let end = ArchiveEnd(
                manifest: manifestMaker(dump, split, volumes), assembly: volumes.assembly, seal: seal,
                wrappedKey: wrappedKey, reusedRecords: split.reusedRecords, room: room,
                isAlone: plan.isEmpty)
            let outcome = try await job.make(plan) { plan, gone in end.closing(plan, gone) }
            try await volumes.settle(outcome)
            if !volumes.assembly.manifestHash.isEmpty {
                return summary(dump, split, volumes)
            }
            plan = VolumePlan(number: plan.number + 1)
            room = VolumePlanner.emptyRoom(limit: order.volumeLimit)
        }
    }

    /// The manifest but for what comes last.
    private func manifestMaker(
        _ dump: RowDump.Result, _ split: ContentSplit.Result, _ volumes: SettledVolumes
    ) -> ArchiveEnd.ManifestMaker {
        let (order, chain, seal, version) = (order, chain, seal, maker.programVersion)
        let tables = volumes.tables(dump)
        let (earlier, goneBefore) = (volumes.inOrder, volumes.gone)
        return { index, gone, records in
            var counts = dump.counts
            (counts.blobs, counts.ownBlobs) = (dump.contents, split.ownBlobs)
            (counts.ownBytes, counts.records) = (split.ownBytes, records)
            return ArchiveManifest(
                id: order.id, vaultID: seal.vaultID, programVersion: version, migrations: dump.migrations,
                moment: dump.moment, scope: order.scope, chain: chain, journal: dump.journal, tables: tables,
                index: index, volumes: earlier, counts: counts, gone: goneBefore + gone)
        }
    }

    private func summary(
        _ dump: RowDump.Result, _ split: ContentSplit.Result, _ volumes: SettledVolumes
    ) -> ArchiveSummary {
        ArchiveSummary(
            moment: dump.moment, volumes: volumes.inOrder, manifestHash: volumes.assembly.manifestHash,
            files: Int(clamping: dump.counts.files), folders: Int(clamping: dump.counts.folders),
            versions: Int(clamping: dump.counts.versions),
            blobs: Int(clamping: split.ownBlobs - Int64(volumes.gone.count)), bytes: split.ownBytes,
            journalSize: order.scope == .system ? dump.journal.lastSequence : 0)
    }
}
