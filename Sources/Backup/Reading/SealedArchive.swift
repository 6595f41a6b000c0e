public import BlobStore
import Crypto
import Database
public import Vault

/// A sealed archive, opened: what it says of itself, its rows, and every content that it and its chain hold.
///
/// Everything that is read is checked against the hashes that the manifest reaches. Memory does not depend on the archive's
/// size: a few directories of volumes, a few segments of the index.
public final class SealedArchive: Sendable {
    public let manifest: ArchiveManifest
    /// SHA-256 of the manifest's entry, by which increments name this archive.
    public let manifestHash: [UInt8]
    let wrappedKey: [UInt8]
    private let seals: [ArchiveSeal]
    let shelf: VolumeShelf
    private let index: IndexShelf

    private init(
        _ manifest: ArchiveManifest, hash: [UInt8], wrappedKey: [UInt8], seals: [ArchiveSeal], _ shelf: VolumeShelf,
        _ index: IndexShelf
    ) {
        self.manifest = manifest
        manifestHash = hash
        self.wrappedKey = wrappedKey
        self.seals = seals
        self.shelf = shelf
        self.index = index
    }

    /// Opens the archive of a backup.
    ///
    /// - Throws: ``ArchiveRefusal``: `.incomplete` when there is none, `.newerFormat`, `.foreignVault`, `.wrongKeys`,
    ///   `.alteredManifest`, `.anotherBackup`, `.damagedVolume`; what the store throws.
    public static func open(
        _ id: BackupID, in store: any ArchiveStore, keys: ArchiveKeys
    ) async throws -> SealedArchive {
        let last = try await lastVolume(of: id, in: store)
        let shelf = VolumeShelf(store)
        let volume = try await shelf.volume(last, of: id)
        guard volume.holds(ArchiveNames.manifest) else { throw ArchiveRefusal.incomplete(id) }
        let entry = try await volume.all(ArchiveNames.manifest, limit: ManifestCoding.mostBytes)
        let header = try ManifestCoding.Header(entry, volume: volume.name.text)
        guard header.vaultID == keys.vaultID else { throw ArchiveRefusal.foreignVault }
        guard header.archive == id else { throw ArchiveRefusal.anotherBackup(expected: id, found: header.archive) }
        let key = try keys.unwrap(header.wrappedKey, of: id)
        let manifest = try ManifestCoding.decode(entry, header, key: key, volume: volume.name.text)
        guard manifest.volumeCount == last else { throw ArchiveRefusal.incomplete(id) }
        var seals: [ArchiveSeal] = []
        for link in manifest.chain {
            let key = try keys.unwrap(link.wrappedKey, of: link.id)
            seals.append(ArchiveSeal(key: key, archive: link.id, vaultID: keys.vaultID))
        }
        let seal = ArchiveSeal(key: key, archive: id, vaultID: keys.vaultID)
        seals.append(seal)
        return SealedArchive(
            manifest, hash: SHA256Hash.of(entry), wrappedKey: header.wrappedKey, seals: seals, shelf,
            IndexShelf(manifest, seal, shelf))
    }

    private static func lastVolume(of id: BackupID, in store: any ArchiveStore) async throws -> Int {
        var last = 0
        var after: ArchiveName?
        while true {
            let page = try await store.list(prefix: ArchiveNames.prefix(of: id), after: after, limit: 500)
            for entry in page { last = max(last, ArchiveNames.number(of: entry.name, in: id) ?? 0) }
            guard page.count == 500, let end = page.last else { break }
            after = end.name
        }
        guard last > 0 else { throw ArchiveRefusal.incomplete(id) }
        return last
    }

    /// The archive of the chain that a record or segment means.
    func backup(at origin: Int) throws(ArchiveRefusal) -> BackupID {
        guard seals.indices.contains(origin) else { throw .alteredManifest("\(manifest.id)") }
        return seals[origin].archive
    }

    /// The segment of the index of that number, its records in order.
    func indexSegment(_ number: Int) async throws -> [BlobPlace] { try await index.segment(number) }

    /// The volume that holds a segment of the index.
    func indexVolume(of number: Int) async throws -> OpenedVolume { try await index.volume(of: number) }

    /// The rows of one segment, opened.
    func openRows(_ segment: ArchiveManifest.RowSegment, of table: String) async throws -> [UInt8] {
        let backup = try backup(at: segment.origin)
        let volume = try await shelf.volume(segment.volume, of: backup)
        let name = ArchiveNames.rows(table, segment.number)
        let sealed = try await volume.all(name, limit: 256 << 20)
        guard SHA256Hash.of(sealed) == segment.sha256, let plain = seals[segment.origin].open(sealed, as: name),
            SHA256Hash.of(Array(table.utf8) + [0] + plain) == segment.plainHash
        else { throw ArchiveRefusal.alteredEntry(name, volume: volume.name.text) }
        return plain
    }

    /// Where a content lies, its parts in order; none when the chain does not hold it.
    func places(of blob: BlobID) async throws -> [BlobPlace] {
        if manifest.gone.contains(blob) { return [] }
        return try await index.places(of: blob)
    }
}

/// The segments of an archive's index that were read last.
actor IndexShelf {
    private let manifest: ArchiveManifest
    private let seal: ArchiveSeal
    private let shelf: VolumeShelf
    private var opened: [(number: Int, places: [BlobPlace])] = []
    private static let limit = 4

    init(_ manifest: ArchiveManifest, _ seal: ArchiveSeal, _ shelf: VolumeShelf) {
        self.manifest = manifest
        self.seal = seal
        self.shelf = shelf
    }

    /// From the last volume back: the index stands at the end.
    func volume(of number: Int) async throws -> OpenedVolume {
        let name = ArchiveNames.index(number)
        for place in stride(from: manifest.volumeCount, to: 0, by: -1) {
            let volume = try await shelf.volume(place, of: manifest.id)
            if volume.holds(name) { return volume }
            // The index has no gaps; only the last volume may hold nothing of it but the manifest.
            if place < manifest.volumeCount, !volume.holdsIndex { break }
        }
        guard let last = ArchiveNames.volume(manifest.volumeCount, of: manifest.id) else {
            throw ArchiveRefusal.incomplete(manifest.id)
        }
        throw ArchiveRefusal.missingEntry(name, volume: last.text)
    }

    func segment(_ number: Int) async throws -> [BlobPlace] {
        if let found = opened.first(where: { $0.number == number }) { return found.places }
        guard manifest.index.indices.contains(number) else { return [] }
        let expected = manifest.index[number]
        let volume = try await volume(of: number)
        let name = ArchiveNames.index(number)
        let sealed = try await volume.all(name, limit: 4 << 20)
        guard SHA256Hash.of(sealed) == expected.sha256, let plain = seal.open(sealed, as: name),
            plain.count == expected.records * BlobPlace.size
        else { throw ArchiveRefusal.alteredEntry(name, volume: volume.name.text) }
        var places: [BlobPlace] = []
        places.reserveCapacity(expected.records)
        for start in stride(from: 0, to: plain.count, by: BlobPlace.size) {
            guard let place = BlobPlace(plain, at: start) else {
                throw ArchiveRefusal.alteredEntry(name, volume: volume.name.text)
            }
            places.append(place)
        }
        opened.append((number, places))
        if opened.count > Self.limit { opened.removeFirst() }
        return places
    }

    func places(of blob: BlobID) async throws -> [BlobPlace] {
        var found: [BlobPlace] = []
        let wanted = blob.value
        var (low, high) = (0, manifest.index.count)
        while low < high {
            let middle = (low + high) / 2
            if manifest.index[middle].last.value < wanted { low = middle + 1 } else { high = middle }
        }
        // Parts of one content may stand on both sides of a segment's end.
        while low < manifest.index.count, manifest.index[low].first.value <= wanted {
            let places = try await segment(low)
            var (start, end) = (0, places.count)
            while start < end {
                let middle = (start + end) / 2
                if places[middle].blob.value < wanted { start = middle + 1 } else { end = middle }
            }
            while start < places.count, places[start].blob == blob {
                found.append(places[start])
                start += 1
            }
            low += 1
        }
        return found
    }
}

extension OpenedVolume {
    /// Whether there are segments of an index in it.
    fileprivate var holdsIndex: Bool { entryNames.contains { $0.hasPrefix("index/") } }
}

/// Reads an archive's index from its first record to its last.
struct IndexStream {
    private let archive: SealedArchive
    private var segment = 0
    private var places: [BlobPlace] = []
    private var position = 0

    init(_ archive: SealedArchive) { self.archive = archive }

    mutating func next() async throws -> BlobPlace? {
        while position == places.count {
            guard segment < archive.manifest.index.count else { return nil }
            places = try await archive.indexSegment(segment)
            position = 0
            segment += 1
        }
        defer { position += 1 }
        return places[position]
    }
}
