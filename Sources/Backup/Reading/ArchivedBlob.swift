import BlobStore
import Crypto
public import Vault

/// A stored content as an archive's chain holds it: ciphertext, as it was in the blob store.
public struct ArchivedBlob: Sendable {
    public let id: BlobID
    /// Bytes, sealed.
    public let size: Int64
    private let archive: SealedArchive
    private let places: [BlobPlace]

    private static let slab = 1 << 20

    /// - Returns: nil when the places are not those of a whole content.
    init?(_ id: BlobID, _ places: [BlobPlace], in archive: SealedArchive) {
        var end: Int64 = 0
        for place in places {
            guard place.blob == id, place.blobOffset == end else { return nil }
            end += place.length
        }
        guard !places.isEmpty else { return nil }
        self.id = id
        self.archive = archive
        self.places = places
        size = end
    }

    /// Gives the content to `body`, piece by piece. What `body` made of them counts only when this returns: the hash is
    /// known at the end.
    /// - Throws: `ArchiveRefusal.alteredEntry`, `.missingEntry`, `.missingVolume`; what `body` throws.
    public func forEachPiece(_ body: ([UInt8]) async throws -> Void) async throws {
        for place in places {
            let volume = try await archive.shelf.volume(
                Int(place.volume), of: try archive.backup(at: Int(place.origin)))
            let start = try await volume.offset(of: place.entry) + place.entryOffset
            guard let entry = volume.size(of: place.entry), place.entryOffset + place.length <= entry else {
                throw ArchiveRefusal.alteredEntry(place.entry, volume: volume.name.text)
            }
            let hash = RunningHash()
            var done: Int64 = 0
            while done < place.length {
                let wanted = Int(min(Int64(Self.slab), place.length - done))
                let bytes = try await volume.read(at: start + done, count: wanted)
                guard bytes.count == wanted else {
                    throw ArchiveRefusal.alteredEntry(place.entry, volume: volume.name.text)
                }
                hash.add(bytes)
                done += Int64(wanted)
                try await body(bytes)
            }
            guard hash.finish() == place.sha256 else {
                throw ArchiveRefusal.alteredEntry(place.entry, volume: volume.name.text)
            }
        }
    }

    /// Bytes from `offset` on, fewer only at the end. They are not held against the hash of their entry, which is known
    /// of the whole alone: what decrypts them notices any change.
    public func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        let end = min(size, max(0, offset) + Int64(max(0, count)))
        for place in places where place.blobOffset < end && place.blobOffset + place.length > offset {
            let volume = try await archive.shelf.volume(
                Int(place.volume), of: try archive.backup(at: Int(place.origin)))
            let from = max(offset, place.blobOffset)
            let wanted = Int(min(end, place.blobOffset + place.length) - from)
            let start = try await volume.offset(of: place.entry) + place.entryOffset
            let part = try await volume.read(at: start + from - place.blobOffset, count: wanted)
            guard part.count == wanted else {
                throw ArchiveRefusal.alteredEntry(place.entry, volume: volume.name.text)
            }
            bytes = bytes.isEmpty ? part : bytes + part
        }
        return bytes
    }

    /// The whole content, checked.
    /// - Parameter limit: bytes that the caller is ready to hold.
    /// - Throws: as ``forEachPiece(_:)``; `ArchiveRefusal.alteredManifest` beyond the limit.
    public func all(limit: Int) async throws -> [UInt8] {
        guard size <= Int64(limit) else { throw ArchiveRefusal.alteredManifest("\(archive.manifest.id)") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(size))
        try await forEachPiece { bytes += $0 }
        return bytes
    }
}

extension SealedArchive {
    /// A content of the chain; nil when it holds none of that id, or it was destroyed while the archive was made.
    public func blob(_ id: BlobID) async throws -> ArchivedBlob? {
        ArchivedBlob(id, try await places(of: id), in: self)
    }
}
