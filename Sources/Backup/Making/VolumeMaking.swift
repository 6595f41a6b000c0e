import Archive
import BlobStore
import Crypto
import Vault

/// Writes one volume: a task fetches and hashes its contents, a thread of the ZIP writer takes them through a pipe.
struct VolumeMaking: Sendable {
    let plan: VolumePlan
    let entries: [VolumePlan.Entry]
    /// Which archive of the chain this one is.
    let origin: UInt32
    let dump: RowDump.Result
    let seal: ArchiveSeal
    let segments: ScratchFile
    let source: ContentSource
    let progress: any WorkProgress
    let threads: ScratchThread
    let moment: Int64
    let notice: [UInt8]
    /// Sizes of the entries that come last, and their bytes when their turn comes.
    let closing: [Closing]

    /// An entry whose bytes depend on everything before it.
    struct Closing: Sendable {
        let name: String
        let size: Int64
        let bytes: @Sendable (_ places: [BlobPlace]) async throws -> [UInt8]
    }

    struct Finished: Sendable {
        let places: [BlobPlace]
        let size: Int64
        let sha256: [UInt8]
    }

    /// - Parameter path: of a file that does not exist; it is gone again when this throws.
    func write(to path: String) async throws -> Finished {
        let pipe = BoundedPipe(limit: 4 << 20)
        async let written = ZIPVolumeWriter().write(sources(pipe), to: path, hashing: .sha256)
        let places: [BlobPlace]
        do {
            places = try await feed(pipe)
            pipe.finish()
        } catch {
            pipe.fail(error)
            do {
                _ = try await written
            } catch let other {
                // Who writes says why nobody takes bytes any more.
                if case ArchiveError.cancelled = error { throw other }
            }
            throw error
        }
        let volume = try await written
        return Finished(places: places, size: volume.size, sha256: volume.sha256 ?? [])
    }

    private func sources(_ pipe: BoundedPipe) -> [ZIPSource] {
        var sources = [ZIPSource(path: ArchiveNames.notice, bytes: notice, modified: moment)]
        for entry in entries {
            let (name, size) = nameAndSize(entry)
            sources.append(Self.source(name, size, pipe, moment))
        }
        for entry in closing { sources.append(Self.source(entry.name, entry.size, pipe, moment)) }
        return sources
    }

    private func nameAndSize(_ entry: VolumePlan.Entry) -> (String, Int64) {
        switch entry {
        case .rows(let place):
            guard case .scratch(_, let size) = dump.segments[place].place else { return ("", 0) }
            return (rowName(place), Int64(size))
        case .pack(let number, let range):
            return ("packs/\(number)", plan.pieces[range].reduce(0) { $0 + $1.length })
        case .single(let place):
            let piece = plan.pieces[place]
            return (self.place(piece, .init(piece), at: 0, []).entry, piece.length)
        }
    }

    private func rowName(_ place: Int) -> String {
        let segment = dump.segments[place]
        return ArchiveNames.rows(dump.tables[segment.table].name, segment.number)
    }

    private func place(
        _ piece: Piece, _ holder: BlobPlace.Holder, at entryOffset: Int64, _ hash: [UInt8]
    ) -> BlobPlace {
        BlobPlace(
            blob: piece.item.blob, origin: origin, volume: UInt32(plan.number), holder: holder,
            entryOffset: entryOffset, blobOffset: piece.offset, length: piece.length, sha256: hash)
    }

    /// Each entry takes exactly its bytes out of the one pipe.
    private static func source(_ name: String, _ size: Int64, _ pipe: BoundedPipe, _ moment: Int64) -> ZIPSource {
        let left = Remaining(size)
        return ZIPSource(path: name, size: size, modified: moment, abandon: { pipe.abandon() }) { room in
            let wanted = Int(min(Int64(room.byteCount), left.count))
            guard wanted > 0 else { return 0 }
            var part = room._mutatingExtracting(0..<wanted)
            let count = try pipe.read(into: &part)
            left.take(Int64(count))
            return count
        }
    }
}

/// What the task does.
extension VolumeMaking {
    private func feed(_ pipe: BoundedPipe) async throws -> [BlobPlace] {
        var places: [BlobPlace] = []
        places.reserveCapacity(plan.pieces.count)
        for entry in entries {
            try progress.check()
            switch entry {
            case .rows(let place): try await feedRows(place, pipe)
            case .pack(let number, let range): try await feedPack(number, range, pipe, &places)
            case .single(let place): try await feedSingle(plan.pieces[place], pipe, &places)
            }
        }
        for entry in closing {
            let bytes = try await entry.bytes(places)
            guard Int64(bytes.count) == entry.size else {
                throw ArchiveError.wrongLength(announced: entry.size, written: Int64(bytes.count))
            }
            try await pipe.send(bytes)
        }
        return places
    }

    private func feedRows(_ place: Int, _ pipe: BoundedPipe) async throws {
        guard case .scratch(let offset, let size) = dump.segments[place].place else { return }
        let bytes = try await threads.run { [segments] in try segments.read(at: offset, count: size) }
        guard SHA256Hash.of(bytes) == dump.segments[place].sha256 else { throw BlobStoreError.io(5) }
        try await pipe.send(bytes)
    }

    private func feedPack(
        _ number: UInt32, _ range: Range<Int>, _ pipe: BoundedPipe, _ places: inout [BlobPlace]
    ) async throws {
        let pieces = plan.pieces[range]
        let contents = try await source.all(pieces.map(\.item))
        var offset: Int64 = 0
        for (piece, bytes) in zip(pieces, contents) {
            places.append(place(piece, .pack(number), at: offset, SHA256Hash.of(bytes)))
            offset += piece.length
            try await pipe.send(bytes)
        }
        progress.advance(entries: pieces.count, bytes: offset)
    }

    private func feedSingle(_ piece: Piece, _ pipe: BoundedPipe, _ places: inout [BlobPlace]) async throws {
        let reader = try await source.reader(piece.item)
        let hash = RunningHash()
        var done: Int64 = 0
        while done < piece.length {
            try progress.check()
            let wanted = Int(min(Int64(ContentSource.slab), piece.length - done))
            let bytes = try await reader.read(at: piece.offset + done, count: wanted)
            guard bytes.count == wanted else { throw ArchiveRefusal.missingContent(piece.item.blob) }
            hash.add(bytes)
            try await pipe.send(bytes)
            done += Int64(wanted)
            progress.advance(entries: 0, bytes: Int64(wanted))
        }
        places.append(place(piece, .init(piece), at: 0, hash.finish()))
        if piece.offset + piece.length == piece.item.size { progress.advance(entries: 1, bytes: 0) }
    }
}

extension BlobPlace.Holder {
    fileprivate init(_ piece: Piece) { self = piece.part.map(BlobPlace.Holder.part) ?? .whole }
}

/// How much of an entry is still to come; used by the writing thread alone.
private final class Remaining: @unchecked Sendable {
    // Sendable: libzip asks for an entry's bytes from one thread, one after the other.
    private(set) var count: Int64

    init(_ count: Int64) { self.count = count }

    func take(_ taken: Int64) { count -= taken }
}

/// A hash that one task feeds, held by reference: nothing of it lies in the task's frames.
final class RunningHash {
    private var hasher = ContentHasher(md5: false)

    func add(_ bytes: [UInt8]) { hasher.update(bytes) }
    func finish() -> [UInt8] { hasher.finish().sha256 }
}
