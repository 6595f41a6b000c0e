import BlobStore
import Crypto
import Vault

/// Merges what an archive holds itself and what its chain holds into one index in the order of blob ids, a segment at a
/// time. Both come in that order already. Its calls block on scratch.
struct IndexBuilder {
    private var own: RecordReader
    private var reused: RecordReader
    private var nextOwn: BlobPlace?
    private var nextReused: BlobPlace?
    private var isStarted = false

    init(own: ScratchFile, reused: ScratchFile) {
        self.own = RecordReader(own, recordSize: BlobPlace.size)
        self.reused = RecordReader(reused, recordSize: BlobPlace.size)
    }

    struct Segment: Sendable {
        let plain: [UInt8]
        let records: Int
        let first: BlobID
        let last: BlobID
    }

    /// The next segment; nil behind the last record.
    mutating func next() throws -> Segment? {
        if !isStarted {
            nextOwn = try Self.read(&own)
            nextReused = try Self.read(&reused)
            isStarted = true
        }
        var plain: [UInt8] = []
        plain.reserveCapacity(ArchiveFormat.indexSegment * BlobPlace.size)
        var records = 0
        var first: BlobID?
        var last: BlobID?
        while records < ArchiveFormat.indexSegment, let place = try take() {
            place.append(to: &plain)
            first = first ?? place.blob
            last = place.blob
            records += 1
        }
        guard let first, let last else { return nil }
        return Segment(plain: plain, records: records, first: first, last: last)
    }

    private mutating func take() throws -> BlobPlace? {
        switch (nextOwn, nextReused) {
        case (nil, nil): return nil
        case (let own?, let other?) where own.blob.value > other.blob.value: return try takeReused(other)
        case (let own?, _):
            nextOwn = try Self.read(&self.own)
            return own
        case (nil, let other?): return try takeReused(other)
        }
    }

    private mutating func takeReused(_ place: BlobPlace) throws -> BlobPlace {
        nextReused = try Self.read(&reused)
        return place
    }

    private static func read(_ reader: inout RecordReader) throws -> BlobPlace? {
        guard let (page, start) = try reader.next() else { return nil }
        guard let place = BlobPlace(page, at: start) else { throw BlobStoreError.io(5) }
        return place
    }
}
