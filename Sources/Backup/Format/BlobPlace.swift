import BlobStore
import Vault

/// Where a stored content, or a part of it, lies in the chain of archives: one record of the index, 88 bytes.
struct BlobPlace: Sendable, Equatable {
    /// How it lies in its volume.
    enum Holder: Sendable, Equatable {
        /// One of many in `packs/<n>`.
        case pack(UInt32)
        /// Whole, in `blobs/<id>`.
        case whole
        /// Cut by the end of a volume: `blobs/<id>.<n>`, counted from 0.
        case part(UInt32)
    }

    let blob: BlobID
    /// Which archive of the chain holds it, counted from the oldest; the archive itself comes last.
    let origin: UInt32
    let volume: UInt32
    let holder: Holder
    /// Where in its entry it begins.
    let entryOffset: Int64
    /// Which part of the content this is.
    let blobOffset: Int64
    let length: Int64
    /// SHA-256 of these bytes, as stored: sealed.
    let sha256: [UInt8]

    static let size = 88
    private static let none = UInt32.max

    var entry: String {
        switch holder {
        case .pack(let number): "packs/\(number)"
        case .whole: "blobs/\(BlobKey(blob.value))"
        case .part(let number): "blobs/\(BlobKey(blob.value)).\(number)"
        }
    }

    func append(to bytes: inout [UInt8]) {
        let pack: UInt32 = if case .pack(let number) = holder { number } else { Self.none }
        let part: UInt32 = if case .part(let number) = holder { number } else { Self.none }
        let id = blob.value
        Self.append(UInt64(truncatingIfNeeded: id >> 64), 8, to: &bytes)
        Self.append(UInt64(truncatingIfNeeded: id), 8, to: &bytes)
        for word in [origin, volume, pack, part] { Self.append(UInt64(word), 4, to: &bytes) }
        for word in [entryOffset, blobOffset, length] { Self.append(UInt64(bitPattern: word), 8, to: &bytes) }
        bytes += sha256
    }

    /// Reads the record that begins at `start`.
    /// - Returns: nil when it is cut off, or holds what no record holds.
    init?(_ bytes: [UInt8], at start: Int) {
        guard start >= 0, bytes.count - start >= Self.size else { return nil }
        var position = start
        func word(_ count: Int) -> UInt64 {
            defer { position += count }
            return bytes[position..<position + count].reduce(0) { $0 << 8 | UInt64($1) }
        }
        let high = word(8)
        let low = word(8)
        blob = BlobID(UInt128(high) << 64 | UInt128(low))
        origin = UInt32(truncatingIfNeeded: word(4))
        volume = UInt32(truncatingIfNeeded: word(4))
        let pack = UInt32(truncatingIfNeeded: word(4))
        let part = UInt32(truncatingIfNeeded: word(4))
        holder = pack != Self.none ? .pack(pack) : part != Self.none ? .part(part) : .whole
        entryOffset = Int64(bitPattern: word(8))
        blobOffset = Int64(bitPattern: word(8))
        length = Int64(bitPattern: word(8))
        sha256 = Array(bytes[position..<position + 32])
        // Far below where sums would overflow.
        let limit: Int64 = 1 << 56
        guard (0..<limit).contains(entryOffset), (0..<limit).contains(blobOffset), (0..<limit).contains(length),
            pack == Self.none || part == Self.none
        else { return nil }
    }

    init(
        blob: BlobID, origin: UInt32, volume: UInt32, holder: Holder, entryOffset: Int64, blobOffset: Int64,
        length: Int64, sha256: [UInt8]
    ) {
        self.blob = blob
        self.origin = origin
        self.volume = volume
        self.holder = holder
        self.entryOffset = entryOffset
        self.blobOffset = blobOffset
        self.length = length
        self.sha256 = sha256
    }

    private static func append(_ word: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for shift in stride(from: 8 * (count - 1), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
        }
    }
}
