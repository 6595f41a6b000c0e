import Crypto
import Vault

/// What comes last in an archive: the index, and the manifest from which everything is reached. Sizes are known before
/// contents are.
struct ArchiveEnd: Sendable {
    /// The manifest, given the index's segments, what was destroyed in the last volume, and how many records the index has.
    typealias ManifestMaker =
        @Sendable (
            _ index: [ArchiveManifest.IndexSegment], _ gone: [BlobID], _ records: Int64
        ) -> ArchiveManifest

    let manifest: ManifestMaker
    let assembly: IndexAssembly
    let seal: ArchiveSeal
    let wrappedKey: [UInt8]
    let reusedRecords: Int64
    /// Bytes left in the volume.
    let room: Int64
    /// Nothing else is in the volume: the manifest goes into it whatever its size.
    let isAlone: Bool

    /// The entries that fit into the volume.
    func closing(_ plan: VolumePlan, _ gone: [BlobID]) -> [VolumeMaking.Closing] {
        let first = assembly.segments.count
        // With the first segment the index is closed, and nothing of this volume's contents is still to come.
        let pending = first == 0 ? Int64(plan.pieces.count) : 0
        let records = reusedRecords + assembly.ownCount + pending
        let sizes = IndexAssembly.sealedSizes(records: records)
        var closing: [VolumeMaking.Closing] = []
        var left = room
        var next = first
        while next < sizes.count, sizes[next] + VolumePlanner.entryCost <= left {
            closing.append(segment(next, sizes[next], isFirst: closing.isEmpty && first == 0))
            left -= sizes[next] + VolumePlanner.entryCost
            next += 1
        }
        guard next == sizes.count else { return closing }
        let size = ManifestCoding.size(of: manifest(blank(sizes), gone, records))
        guard size + VolumePlanner.entryCost <= left || isAlone && closing.isEmpty else { return closing }
        closing.append(manifestEntry(size, gone, records, isFirst: closing.isEmpty && first == 0))
        return closing
    }

    private func segment(_ number: Int, _ size: Int64, isFirst: Bool) -> VolumeMaking.Closing {
        let assembly = assembly
        return VolumeMaking.Closing(name: ArchiveNames.index(number), size: size) { places in
            if isFirst { try await assembly.append(places) }
            return try await assembly.nextSegment(number)
        }
    }

    private func manifestEntry(
        _ size: Int64, _ gone: [BlobID], _ records: Int64, isFirst: Bool
    ) -> VolumeMaking.Closing {
        let (assembly, seal, wrappedKey, manifest) = (assembly, seal, wrappedKey, manifest)
        return VolumeMaking.Closing(name: ArchiveNames.manifest, size: size) { places in
            if isFirst { try await assembly.append(places) }
            let entry = ManifestCoding.encode(
                manifest(assembly.segments, gone, records), seal, wrappedKey: wrappedKey)
            assembly.note(manifestHash: SHA256Hash.of(entry))
            return entry
        }
    }

    /// Segments of the right number; what they say has one size.
    private func blank(_ sizes: [Int64]) -> [ArchiveManifest.IndexSegment] {
        sizes.map { _ in
            ArchiveManifest.IndexSegment(
                records: 0, first: BlobID(0), last: BlobID(0), sha256: [UInt8](repeating: 0, count: 32))
        }
    }
}
