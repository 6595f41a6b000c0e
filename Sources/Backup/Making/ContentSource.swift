import BlobStore
import Crypto
import Database
import Vault

/// Contents that were destroyed since the moment that the archive shows.
struct DestroyedMeanwhile: Error {
    let blobs: [BlobID]
}

/// Fetches stored contents as they are.
struct ContentSource: Sendable {
    let blobs: any BlobStore
    let rows: any Database

    /// Bytes of one content in memory at a time.
    static let slab = 1 << 20

    /// A reader of a content in the blob store.
    /// - Throws: ``DestroyedMeanwhile``; `ArchiveRefusal.missingContent`.
    func reader(_ item: ContentItem) async throws -> any BlobReader {
        do {
            let reader = try await blobs.reader(BlobKey(item.blob.value))
            guard reader.sealedSize == item.size else { throw ArchiveRefusal.missingContent(item.blob) }
            return reader
        } catch BlobStoreError.missing {
            throw try await explanation(of: [item.blob])
        }
    }

    /// The contents of a pack, in order.
    func all(_ items: [ContentItem]) async throws -> [[UInt8]] {
        let inline = items.filter(\.isInline).map(\.blob)
        var found: [BlobID: [UInt8]] = [:]
        for start in stride(from: 0, to: inline.count, by: Self.most) {
            let ids = Array(inline[start..<min(start + Self.most, inline.count)])
            for (id, bytes) in try await inlineContents(ids) { found[id] = bytes }
        }
        var contents: [[UInt8]] = []
        contents.reserveCapacity(items.count)
        var destroyed: [BlobID] = []
        for item in items {
            if item.isInline {
                guard let bytes = found[item.blob] else {
                    destroyed.append(item.blob)
                    continue
                }
                guard Int64(bytes.count) == item.size else { throw ArchiveRefusal.missingContent(item.blob) }
                contents.append(bytes)
            } else {
                contents.append(try await whole(item))
            }
        }
        guard destroyed.isEmpty else { throw try await explanation(of: destroyed) }
        return contents
    }

    private static let most = 256

    private func whole(_ item: ContentItem) async throws -> [UInt8] {
        let reader = try await reader(item)
        let bytes = try await reader.read(at: 0, count: Int(item.size))
        guard Int64(bytes.count) == item.size else { throw ArchiveRefusal.missingContent(item.blob) }
        return bytes
    }

    private func inlineContents(_ ids: [BlobID]) async throws -> [(BlobID, [UInt8])] {
        try await rows.read { snapshot in
            let list = SQL(ids.map { "\($0)" as SQL }, separatedBy: ", ")
            return try snapshot.all(
                "SELECT id, inline_content FROM blobs WHERE id IN (\(list)) AND inline_content IS NOT NULL"
            ) { (BlobID($0.uuid(0)), $0.bytes(1)) }
        }
    }

    /// Those whose rows are gone.
    func destroyed(among ids: [BlobID]) async throws -> [BlobID] {
        var destroyed: [BlobID] = []
        for start in stride(from: 0, to: ids.count, by: Self.most) {
            let some = Array(ids[start..<min(start + Self.most, ids.count)])
            let there = try await rows.read { snapshot in
                let list = SQL(some.map { "\($0)" as SQL }, separatedBy: ", ")
                return try snapshot.all("SELECT id FROM blobs WHERE id IN (\(list))") { BlobID($0.uuid(0)) }
            }
            let kept = Set(there)
            destroyed += some.filter { !kept.contains($0) }
        }
        return destroyed
    }

    /// Why contents are missing: their rows went with them, or the store has lost one.
    private func explanation(of ids: [BlobID]) async throws -> any Error {
        let kept = try await rows.read { snapshot in
            try ids.first { id in try snapshot.exists("SELECT 1 FROM blobs WHERE id = \(id)") }
        }
        if let kept { return ArchiveRefusal.missingContent(kept) }
        return DestroyedMeanwhile(blobs: ids)
    }
}
