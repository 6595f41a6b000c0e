import BlobStore
import Crypto
import Media

/// Content sealed for one node, durable (in the store) or small enough to travel into the transaction; no row points at
/// it yet.
struct SealedContent: Sendable {
    let node: NodeID
    let blob: BlobID
    let suite: StreamSuite
    let dataKey: SealingKey
    let plainSize: Int64
    let sealedSize: Int64
    let inline: [UInt8]?
    let digest: ContentDigest
    /// The first bytes of the content, by which its type is held against its name; at most some 64 KiB.
    let head: [UInt8]

    func record(under fileKey: SealingKey) -> BlobRecord {
        BlobRecord(
            id: blob, node: node, suite: suite,
            wrappedKey: fileKey.wrap(dataKey, context: BlobRecord.keyContext(node: node, blob: blob)),
            plainSize: plainSize,
            sealedSize: sealedSize, inline: inline)
    }
}

/// Seals content and makes it durable: hash, encrypt, write, `fdatasync` (design, section 6, step 1).
struct ContentSealer: Sendable {
    let blobs: any BlobStore
    let ids: IDGenerator
    let suite: StreamSuite
    /// Largest single upload in bytes.
    let maximumSize: Int64
    let reserve: StorageReserve
    /// Bytes of a stream after which the disk is looked at again.
    private static let lookEvery: Int64 = 32 << 20

    init(blobs: any BlobStore, ids: IDGenerator, suite: StreamSuite, maximumSize: Int64) {
        self.blobs = blobs
        self.ids = ids
        self.suite = suite
        self.maximumSize = maximumSize
        reserve = StorageReserve(blobs: blobs)
    }

    /// - Parameter inlineLimit: sealed bytes up to which content stays in memory; past it, it goes to the store.
    func seal(
        _ content: PlainContent, for node: NodeID, md5: Bool = false, inlineLimit: Int64 = BlobRecord.inlineLimit
    ) async throws -> SealedContent {
        switch content {
        case .bytes(let bytes): try await seal(bytes: bytes, for: node, md5: md5, inlineLimit: inlineLimit)
        case .stream(let stream): try await seal(stream: stream, for: node, md5: md5, inlineLimit: inlineLimit)
        }
    }

    private func seal(
        bytes: [UInt8], for node: NodeID, md5: Bool, inlineLimit: Int64
    ) async throws -> SealedContent {
        guard Int64(bytes.count) <= maximumSize else { throw VaultError.uploadTooLarge(limit: maximumSize) }
        try await reserve.require(Int64(bytes.count))
        let blob: BlobID = ids.next()
        let key = SealingKey.random()
        var hasher = ContentHasher(md5: md5)
        hasher.update(bytes)
        let sealed = StreamSealer.sealAll(
            bytes, key: key, suite: suite, context: BlobRecord.streamContext(node: node, blob: blob))
        let sealedSize = Int64(sealed.bytes.count)
        var inline: [UInt8]?
        if sealedSize <= inlineLimit {
            inline = sealed.bytes
        } else {
            let writer = try await blobs.writer(BlobKey(blob.value))
            do {
                try await writer.append(sealed)
                _ = try await writer.finish()
            } catch {
                await writer.cancel()
                throw error
            }
        }
        return SealedContent(
            node: node, blob: blob, suite: suite, dataKey: key, plainSize: Int64(bytes.count), sealedSize: sealedSize,
            inline: inline, digest: hasher.finish(), head: Self.head(of: bytes))
    }

    /// Small contents are shared, not copied.
    private static func head(of bytes: [UInt8]) -> [UInt8] {
        bytes.count <= ContentLook.headLimit ? bytes : Array(bytes.prefix(ContentLook.headLimit))
    }

    private func seal(
        stream: any PlainStream, for node: NodeID, md5: Bool, inlineLimit: Int64
    ) async throws -> SealedContent {
        // A short stream of unknown length ends up inline like any small content.
        var head: [UInt8] = []
        var ended = false
        while head.count < Int(BlobRecord.inlineLimit) {
            guard let slab = try await stream.next() else {
                ended = true
                break
            }
            if head.isEmpty { head = slab } else { head += slab }
        }
        if ended { return try await seal(bytes: head, for: node, md5: md5, inlineLimit: inlineLimit) }
        try await reserve.require(stream.contentLength ?? StorageReserve.large)

        let blob: BlobID = ids.next()
        let key = SealingKey.random()
        let sealer = try StreamSealer(
            key: key, suite: suite, context: BlobRecord.streamContext(node: node, blob: blob))
        let lane = DigestLane(md5: md5)
        let writer = try await blobs.writer(BlobKey(blob.value))
        do {
            let shown = Self.head(of: head)
            var slab: [UInt8]? = head
            head = []
            var total: Int64 = 0
            var nextLook = Self.lookEvery
            while let bytes = slab {
                total += Int64(bytes.count)
                guard total <= maximumSize else { throw VaultError.uploadTooLarge(limit: maximumSize) }
                if total >= nextLook {
                    try await reserve.require(StorageReserve.large)
                    nextLook = total + Self.lookEvery
                }
                // Hashing is the slowest step: it runs beside sealing and writing the same slab.
                async let hashed: Void = lane.update(bytes)
                try await writer.append(sealer.seal(bytes))
                await hashed
                slab = try await stream.next()
            }
            try await writer.append(sealer.finish())
            let sealedSize = try await writer.finish()
            return SealedContent(
                node: node, blob: blob, suite: suite, dataKey: key, plainSize: total, sealedSize: sealedSize,
                inline: nil,
                digest: await lane.finish(), head: shown)
        } catch {
            await writer.cancel()
            throw error
        }
    }

    /// Removes what was written for content that no transaction took.
    func discard(_ content: SealedContent) async {
        guard content.inline == nil else { return }
        // A failure leaves an orphan for the collector.
        try? await blobs.delete(BlobKey(content.blob.value))
    }
}

/// Hashes slabs in order, off the path that seals and writes them.
private actor DigestLane {
    private var hasher: ContentHasher

    init(md5: Bool) { hasher = ContentHasher(md5: md5) }

    func update(_ bytes: [UInt8]) { hasher.update(bytes) }
    func finish() -> ContentDigest { hasher.finish() }
}
