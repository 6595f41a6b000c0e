public import BlobStore
import Database
public import Vault

/// A restore drill: takes versions out of an archive by chance, decrypts their contents as a restore would, and holds them
/// against the hashes that the versions were given when they were made. Nothing is written anywhere.
public struct DrillArchive: Sendable {
    private let core: VaultCore

    public init(core: VaultCore) { self.core = core }

    /// - Parameter sample: how many versions; nil for all of them.
    /// - Throws: what the store throws for other reasons than the archive; what `progress` throws.
    public func run(
        _ id: BackupID, in store: any ArchiveStore, sample: Int? = 20, progress: any WorkProgress = NoProgress()
    ) async throws -> ArchiveReport {
        var report = ArchiveReport()
        do {
            let archive = try await SealedArchive.open(id, in: store, keys: ArchiveKeys(core.keyring.ring))
            if let sample {
                let chosen = try await choose(max(1, sample), from: archive, progress)
                progress.expect(entries: chosen.count, bytes: 0)
                try await prove(chosen, of: archive, progress, &report)
            } else {
                progress.expect(entries: Int(clamping: archive.manifest.counts.versions), bytes: 0)
                try await archive.forEachBatch(of: "versions") { rows in
                    try await prove(rows, of: archive, progress, &report)
                }
            }
        } catch let refusal as ArchiveRefusal {
            report.add(.refused(refusal))
        }
        return report
    }

    /// Each version with the same chance (reservoir sampling, Vitter 1985, algorithm R).
    private func choose(
        _ count: Int, from archive: SealedArchive, _ progress: any WorkProgress
    ) async throws -> [ArchivedRow] {
        var chosen: [ArchivedRow] = []
        var seen = 0
        try await archive.forEachBatch(of: "versions") { rows in
            try progress.check()
            for row in rows {
                seen += 1
                if chosen.count < count {
                    chosen.append(row)
                } else {
                    let place = Int.random(in: 0..<seen)
                    if place < count { chosen[place] = row }
                }
            }
        }
        return chosen
    }

    /// Versions of a page, with the rows of their blobs.
    private func prove(
        _ versions: [ArchivedRow], of archive: SealedArchive, _ progress: any WorkProgress,
        _ report: inout ArchiveReport
    ) async throws {
        var wanted: [BlobID: [ArchivedRow]] = [:]
        for version in versions {
            if let blob: BlobID = version.id("blob_id") { wanted[blob, default: []].append(version) }
        }
        let prover = ProveContent(core)
        try await archive.forEachBatch(of: "blobs") { rows in
            for row in rows {
                guard let blob: BlobID = row.id("id"), let claims = wanted.removeValue(forKey: blob) else { continue }
                for version in claims {
                    try progress.check()
                    try await prove(version, row, blob, of: archive, by: prover, &report)
                    progress.advance(entries: 1, bytes: row.integer("sealed_size") ?? 0)
                }
            }
        }
        // Those without a row of `blobs` were shredded or let go before the archive was made.
        report.shredded += wanted.values.reduce(0) { $0 + $1.count }
    }

    private func prove(
        _ version: ArchivedRow, _ row: ArchivedRow, _ blob: BlobID, of archive: SealedArchive, by prover: ProveContent,
        _ report: inout ArchiveReport
    ) async throws {
        guard let node: NodeID = version.id("node_id"), let id: VersionID = version.id("id"),
            let number = version.integer("number"), let size = version.integer("size"),
            let meta = version.bytes("sealed_meta"), let suite = row.integer("suite"),
            let key = row.bytes("wrapped_key"), let plainSize = row.integer("plain_size")
        else { return report.add(.refused(.alteredManifest("\(archive.manifest.id)"))) }
        guard let content = try await archive.blob(blob) else {
            if archive.manifest.gone.contains(blob) {
                report.shredded += 1
            } else {
                report.add(.contentNotHeld(blob))
            }
            return
        }
        let claim = ProveContent.Claim(
            node: node, version: id, number: Int(clamping: number), blob: blob, size: size, sealedMeta: meta,
            suite: suite, wrappedKey: key, plainSize: plainSize)
        switch try await prover(claim, ArchivedBlobReader(content)) {
        case .proven:
            report.proven += 1
            report.contents += 1
            report.bytes += content.size
        case .shredded: report.shredded += 1
        case .refuted: report.add(.versionRefuted(node, number: Int(clamping: number)))
        }
    }
}

/// A content of an archive as if it lay in the blob store.
final class ArchivedBlobReader: BlobReader {
    private let blob: ArchivedBlob

    init(_ blob: ArchivedBlob) { self.blob = blob }

    var key: BlobKey { BlobKey(blob.id.value) }
    var sealedSize: Int64 { blob.size }

    func readNow(at offset: Int64, into buffer: inout MutableRawSpan) throws -> Int? { nil }

    func read(at offset: Int64, count: Int) async throws -> [UInt8] { try await blob.read(at: offset, count: count) }
}
