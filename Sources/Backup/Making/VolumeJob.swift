import BlobStore
import Crypto
import Database
import Vault

/// Makes volumes of one archive from their plans and hands them to the store.
struct VolumeJob: Sendable {
    let backup: BackupID
    let origin: UInt32
    let dump: RowDump.Result
    let seal: ArchiveSeal
    let segments: ScratchFile
    let source: ContentSource
    let progress: any WorkProgress
    let threads: ScratchThread
    let store: any ArchiveStore

    struct Outcome: Sendable {
        let number: Int
        let places: [BlobPlace]
        /// Whether index or manifest are in it: then its places are in the index.
        let hasEnd: Bool
        let volume: ArchiveVolume
        /// Contents of the plan that were destroyed meanwhile.
        let gone: [BlobID]
    }

    /// The entries behind rows and contents, given what is left of the plan and what was destroyed.
    typealias Closing = @Sendable (_ plan: VolumePlan, _ gone: [BlobID]) -> [VolumeMaking.Closing]

    static let mostGone = 10_000

    /// Writes the volume; anew without them when contents were destroyed meanwhile.
    func make(_ planned: VolumePlan, _ closing: Closing) async throws -> Outcome {
        guard let name = ArchiveNames.volume(planned.number, of: backup) else {
            throw BlobStoreError.refused("an archive has at most 9,999 volumes; make them larger")
        }
        let path = "\(store.scratch)/\(backup)-\(planned.number).zip"
        var plan = planned
        var gone: [BlobID] = []
        while true {
            let end = closing(plan, gone)
            let making = VolumeMaking(
                plan: plan, entries: plan.entries(firstPack: 0), origin: origin, dump: dump, seal: seal,
                segments: segments, source: source, progress: progress, threads: threads,
                moment: dump.moment.milliseconds / 1_000, notice: notice(plan.number), closing: end)
            do {
                let finished = try await making.write(to: path)
                let size = try await store.keep(path, as: name)
                return Outcome(
                    number: plan.number, places: finished.places, hasEnd: !end.isEmpty,
                    volume: ArchiveVolume(name: name.text, size: size, sha256: finished.sha256), gone: gone)
            } catch let destroyed as DestroyedMeanwhile {
                // Whatever else of the plan is gone by now is found in the same go.
                let more = try await source.destroyed(among: plan.pieces.map(\.item.blob))
                let all = Set(more).union(destroyed.blobs)
                gone += all.sorted { $0.value < $1.value }
                guard gone.count <= Self.mostGone else { throw ArchiveRefusal.tooMuchDestroyed }
                plan.pieces.removeAll { all.contains($0.item.blob) }
            }
        }
    }

    /// What a person reads who finds a volume and wonders.
    private func notice(_ number: Int) -> [UInt8] {
        let vault = Hex.encode(seal.vaultID)
        return Array(
            """
            Sauvegarde scellée de CloudSpace Vault. Tout est chiffré : sans les clés du coffre, ou son trousseau de clés et la clé
            de secours, ce fichier ne dit rien. Restaurer : cloudspace restore --help
            Sealed backup of CloudSpace Vault. Everything is encrypted: without the keys of the vault, or its key bundle and the
            recovery key, this file tells nothing. To restore: cloudspace restore --help

            format   \(ArchiveFormat.number) (docs/formats/sealed-archive.md)
            vault    \(vault)
            backup   \(backup)
            volume   \(number)
            moment   \(dump.moment.milliseconds) ms since 1970, UTC

            """.utf8)
    }
}

/// The volumes that are done, in whatever order they end, and what they hold in the order of their numbers.
struct SettledVolumes: Sendable {
    let assembly: IndexAssembly
    private var volumes: [Int: ArchiveVolume] = [:]
    private var waiting: [Int: [BlobPlace]] = [:]
    private var next = 1
    private var rowVolumes: [Int: Int] = [:]
    private(set) var gone: [BlobID] = []

    init(_ assembly: IndexAssembly) { self.assembly = assembly }

    mutating func place(rows: [Int], in volume: Int) {
        for row in rows { rowVolumes[row] = volume }
    }

    mutating func settle(_ outcome: VolumeJob.Outcome) async throws {
        volumes[outcome.number] = outcome.volume
        gone += outcome.gone
        guard gone.count <= VolumeJob.mostGone else { throw ArchiveRefusal.tooMuchDestroyed }
        waiting[outcome.number] = outcome.hasEnd ? [] : outcome.places
        while let places = waiting.removeValue(forKey: next) {
            try await assembly.append(places)
            next += 1
        }
    }

    var inOrder: [ArchiveVolume] { volumes.sorted { $0.key < $1.key }.map(\.value) }

    /// The dump's tables, now that it is known where their rows are.
    func tables(_ dump: RowDump.Result) -> [ArchiveManifest.Table] {
        var segments = [[ArchiveManifest.RowSegment]](repeating: [], count: dump.tables.count)
        for (place, segment) in dump.segments.enumerated() {
            switch segment.place {
            case .earlier(let earlier): segments[segment.table].append(earlier)
            case .scratch:
                segments[segment.table].append(
                    ArchiveManifest.RowSegment(
                        origin: dump.origin, volume: rowVolumes[place] ?? 0, number: segment.number,
                        rows: segment.rows, sha256: segment.sha256, plainHash: segment.plainHash))
            }
        }
        return zip(dump.tables, segments).map { table, segments in
            ArchiveManifest.Table(name: table.name, columns: table.columns, rows: table.rows, segments: segments)
        }
    }
}
