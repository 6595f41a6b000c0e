public import BlobStore
import Database
public import Journal
public import Vault

/// Reads everything an archive needs, its own and its chain's, and holds it against the manifest; and the manifest's
/// checkpoint against today's journal. No content is decrypted: that is what ``DrillArchive`` does.
public struct VerifyArchive: Sendable {
    private let core: VaultCore
    private let journal: Journal

    public init(core: VaultCore, journal: Journal) {
        self.core = core
        self.journal = journal
    }

    /// - Throws: what the store throws for other reasons than the archive; what `progress` throws.
    public func run(
        _ id: BackupID, in store: any ArchiveStore, progress: any WorkProgress = NoProgress()
    ) async throws -> ArchiveReport {
        var report = ArchiveReport()
        let keys = ArchiveKeys(core.keyring.ring)
        do {
            let archive = try await SealedArchive.open(id, in: store, keys: keys)
            let counts = archive.manifest.counts
            progress.expect(entries: Int(clamping: counts.blobs), bytes: 0)
            try await checkChain(archive, store, keys, &report)
            try await checkVolumes(archive, &report)
            try await checkRows(archive, progress, &report)
            try await checkContents(archive, progress, &report)
            try await checkJournal(archive, &report)
        } catch let refusal as ArchiveRefusal {
            report.add(.refused(refusal))
        }
        return report
    }

    private func checkChain(
        _ archive: SealedArchive, _ store: any ArchiveStore, _ keys: ArchiveKeys, _ report: inout ArchiveReport
    ) async throws {
        for link in archive.manifest.chain {
            do {
                let earlier = try await SealedArchive.open(link.id, in: store, keys: keys)
                if earlier.manifestHash != link.manifestHash { report.add(.refused(.brokenChain(link.id))) }
                try await checkVolumes(earlier, &report)
            } catch let refusal as ArchiveRefusal {
                report.add(.refused(refusal))
            }
        }
    }

    private func checkVolumes(_ archive: SealedArchive, _ report: inout ArchiveReport) async throws {
        for (place, expected) in archive.manifest.volumes.enumerated() {
            do {
                let volume = try await archive.shelf.volume(place + 1, of: archive.manifest.id)
                if volume.size != expected.size { report.add(.volumeSize(expected.name)) }
            } catch let refusal as ArchiveRefusal {
                report.add(.refused(refusal))
            }
        }
    }

    private func checkRows(
        _ archive: SealedArchive, _ progress: any WorkProgress, _ report: inout ArchiveReport
    ) async throws {
        for table in archive.manifest.tables {
            var rows: Int64 = 0
            var needed = NeededContents(archive)
            do {
                try await archive.forEachBatch(of: table.name) { batch in
                    try progress.check()
                    rows += Int64(batch.count)
                    guard table.name == "blobs" else { return }
                    for blob in try await needed.missing(among: batch) { report.add(.contentNotHeld(blob)) }
                }
                report.rows += rows
                if rows != table.rows { report.add(.rowCount(table: table.name)) }
            } catch let refusal as ArchiveRefusal {
                report.add(.refused(refusal))
            }
        }
    }

    private func checkContents(
        _ archive: SealedArchive, _ progress: any WorkProgress, _ report: inout ArchiveReport
    ) async throws {
        var stream = IndexStream(archive)
        var waiting = try await stream.next()
        while let first = waiting {
            try progress.check()
            var parts = [first]
            waiting = try await stream.next()
            while let place = waiting, place.blob == first.blob {
                parts.append(place)
                waiting = try await stream.next()
            }
            // Destroyed while the archive was made: what was copied of it by then is of no use to anybody.
            if archive.manifest.gone.contains(first.blob) { continue }
            guard let blob = ArchivedBlob(first.blob, parts, in: archive) else {
                report.add(.contentNotHeld(first.blob))
                continue
            }
            do {
                try await blob.forEachPiece { bytes in
                    try progress.check()
                    progress.advance(entries: 0, bytes: Int64(bytes.count))
                }
                report.contents += 1
                report.bytes += blob.size
                progress.advance(entries: 1, bytes: 0)
            } catch let refusal as ArchiveRefusal {
                report.add(.refused(refusal))
            }
        }
    }

    private func checkJournal(_ archive: SealedArchive, _ report: inout ArchiveReport) async throws {
        let mark = archive.manifest.journal
        do {
            let checkpoint = try Checkpoint(opening: mark.checkpoint, key: try journal.verifierKey())
            let now = try await core.database.read { [journal] snapshot in
                try journal.treeHead(size: checkpoint.head.size, in: snapshot)
            }
            if now != checkpoint.head || checkpoint.head.size != mark.treeSize {
                report.add(.journalDiffers(treeSize: mark.treeSize))
            }
        } catch is JournalError {
            report.add(.journalDiffers(treeSize: mark.treeSize))
        }
    }
}

/// Holds the rows of `blobs` against the index, both in the order of ids.
private struct NeededContents {
    private let archive: SealedArchive
    private var stream: IndexStream
    private var waiting: BlobPlace?
    private var isStarted = false

    init(_ archive: SealedArchive) {
        self.archive = archive
        stream = IndexStream(archive)
    }

    mutating func missing(among rows: [ArchivedRow]) async throws -> [BlobID] {
        if !isStarted {
            waiting = try await stream.next()
            isStarted = true
        }
        var missing: [BlobID] = []
        for row in rows {
            guard let blob: BlobID = row.id("id"), let size = row.integer("sealed_size") else { continue }
            while let place = waiting, place.blob.value < blob.value { waiting = try await stream.next() }
            var held: Int64 = 0
            while let place = waiting, place.blob == blob {
                held += place.length
                waiting = try await stream.next()
            }
            if held != size, !archive.manifest.gone.contains(blob) { missing.append(blob) }
        }
        return missing
    }
}
