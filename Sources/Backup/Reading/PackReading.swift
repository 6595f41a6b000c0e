import BlobStore
import Crypto
import Vault

/// Reads many small contents with few readings: what lies side by side in a pack is read at once.
extension SealedArchive {
    private static let most: Int64 = 4 << 20

    /// The contents of these places, each the whole of a small content, checked.
    /// - Throws: ``ArchiveRefusal``.
    func contents(at places: [BlobPlace]) async throws -> [BlobID: [UInt8]] {
        let ordered = places.sorted { one, other in
            (one.origin, one.volume, one.entry, one.entryOffset)
                < (other.origin, other.volume, other.entry, other.entryOffset)
        }
        var contents: [BlobID: [UInt8]] = [:]
        var start = 0
        while start < ordered.count {
            let first = ordered[start]
            var end = start + 1
            var reach = first.entryOffset + first.length
            while end < ordered.count, ordered[end].origin == first.origin, ordered[end].volume == first.volume,
                ordered[end].holder == first.holder, case .pack = first.holder, ordered[end].entryOffset >= reach,
                ordered[end].entryOffset + ordered[end].length - first.entryOffset <= Self.most
            {
                reach = ordered[end].entryOffset + ordered[end].length
                end += 1
            }
            let volume = try await shelf.volume(Int(first.volume), of: try backup(at: Int(first.origin)))
            let offset = try await volume.offset(of: first.entry) + first.entryOffset
            let bytes = try await volume.read(at: offset, count: Int(reach - first.entryOffset))
            for place in ordered[start..<end] {
                let from = Int(place.entryOffset - first.entryOffset)
                guard from + Int(place.length) <= bytes.count else {
                    throw ArchiveRefusal.alteredEntry(place.entry, volume: volume.name.text)
                }
                let content = Array(bytes[from..<from + Int(place.length)])
                guard SHA256Hash.of(content) == place.sha256 else {
                    throw ArchiveRefusal.alteredEntry(place.entry, volume: volume.name.text)
                }
                contents[place.blob] = content
            }
            start = end
        }
        return contents
    }
}
