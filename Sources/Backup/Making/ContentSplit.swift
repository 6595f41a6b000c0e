import BlobStore
import Vault

/// Tells what a chain holds already from what an increment has to hold itself, by one pass over both lists: they have one
/// order.
struct ContentSplit: Sendable {
    let base: SealedArchive
    let contents: ScratchFile
    /// Takes what is to be copied.
    let own: ScratchFile
    /// Takes the places of what the chain holds.
    let reused: ScratchFile
    let threads: ScratchThread

    struct Result: Sendable {
        var ownBlobs: Int64 = 0
        var ownBytes: Int64 = 0
        var reusedRecords: Int64 = 0
    }

    func run() async throws -> Result {
        var result = Result()
        var places = IndexStream(base)
        var waiting = try await places.next()
        var record: Int64 = 0
        let gone = Set(base.manifest.gone)
        while true {
            try Task.checkCancellation()
            let start = record
            let items = try await threads.run { [contents] in try Self.items(contents, from: start) }
            guard !items.isEmpty else { return result }
            record += Int64(items.count)
            var copied: [UInt8] = []
            var kept: [UInt8] = []
            let (ownBlobs, reusedRecords) = (result.ownBlobs, result.reusedRecords)
            for item in items {
                while let place = waiting, place.blob.value < item.blob.value { waiting = try await places.next() }
                var parts: [BlobPlace] = []
                while let place = waiting, place.blob == item.blob {
                    parts.append(place)
                    waiting = try await places.next()
                }
                if !parts.isEmpty, !gone.contains(item.blob), parts.reduce(0, { $0 + $1.length }) == item.size {
                    for place in parts { place.append(to: &kept) }
                    result.reusedRecords += Int64(parts.count)
                } else {
                    item.append(to: &copied)
                    result.ownBlobs += 1
                    result.ownBytes += item.size
                }
            }
            let (ownBytes, keptBytes) = (copied, kept)
            try await threads.run { [own, reused] in
                try own.write(ownBytes, at: ownBlobs * Int64(ContentItem.size))
                try reused.write(keptBytes, at: reusedRecords * Int64(BlobPlace.size))
            }
        }
    }

    /// What there is to copy when there is no chain: everything.
    static func total(of contents: ScratchFile, _ threads: ScratchThread) async throws -> Result {
        try await threads.run {
            var result = Result()
            var reader = RecordReader(contents, recordSize: ContentItem.size)
            while let (page, start) = try reader.next() {
                guard let item = ContentItem(page, at: start) else { throw BlobStoreError.io(5) }
                result.ownBlobs += 1
                result.ownBytes += item.size
            }
            return result
        }
    }

    private static func items(_ contents: ScratchFile, from record: Int64) throws -> [ContentItem] {
        var reader = RecordReader(contents, recordSize: ContentItem.size, from: record)
        var items: [ContentItem] = []
        while items.count < 4_096, let (page, start) = try reader.next() {
            guard let item = ContentItem(page, at: start) else { throw BlobStoreError.io(5) }
            items.append(item)
        }
        return items
    }
}
