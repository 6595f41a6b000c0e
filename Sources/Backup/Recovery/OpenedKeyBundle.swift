public import BlobStore
public import Crypto
public import Database
import Vault

/// A key bundle, opened with the recovery key's secret half.
public struct OpenedKeyBundle: Sendable {
    /// 16 bytes.
    public let vaultID: [UInt8]
    public let madeAt: Timestamp
    public let ring: KeyRing
    public let keys: Int64
    /// An archive that reaches further is newer than the bundle.
    public let lastSequence: Int64
    private let stream: BundleStream

    /// Reads the whole bundle once: what does not open to its end does not count.
    ///
    /// - Throws: ``KeyBundleRefusal``; what the file throws.
    public static func open(
        _ file: any ArchiveFile, with secret: RecoverySecretKey
    ) async throws -> OpenedKeyBundle {
        let header = try KeyBundleHeader(try await file.read(at: 0, count: KeyBundleHeader.size))
        guard header.recipient == secret.publicKey else {
            throw KeyBundleRefusal.otherRecoveryKey(
                needed: header.recipient.fingerprint, given: secret.publicKey.fingerprint)
        }
        let key: SealingKey
        do { key = try secret.open(header.sealedKey) } catch { throw KeyBundleRefusal.altered }
        let stream = BundleStream(file: file, key: key, context: header.context)
        var keys: Int64 = 0
        var end: (ring: [UInt8], keys: Int64, lastSequence: Int64)?
        try await stream.forEachRecord { record in
            guard end == nil else { throw KeyBundleRefusal.altered }
            switch record {
            case .key: keys += 1
            case .end(let ring, let keys, let sequence): end = (ring, keys, sequence)
            }
        }
        guard let end, end.keys == keys,
            let ring = try? KeyRing.opened(copy: end.ring, under: key.derived("cloudspace key bundle ring")),
            ArchiveKeys(ring).vaultID == header.vaultID
        else { throw KeyBundleRefusal.altered }
        return OpenedKeyBundle(
            vaultID: header.vaultID, madeAt: header.moment, ring: ring, keys: keys, lastSequence: end.lastSequence,
            stream: stream)
    }

    /// The columns of ``forEachPage(_:)``'s rows.
    package static let columns = [
        "owner_id", "owner_kind", "space_id", "generation", "wrapped", "created_at", "wrapped_at",
    ]

    /// Gives the rows of `file_keys` to `body`, some hundred at a time.
    package func forEachPage(_ body: ([[SQLValue]]) async throws -> Void) async throws {
        var page: [[SQLValue]] = []
        try await stream.forEachRecord { record in
            guard case .key(let values) = record else { return }
            page.append(values)
            if page.count >= 500 {
                try await body(page)
                page = []
            }
        }
        if !page.isEmpty { try await body(page) }
    }
}

/// The sealed part of a bundle, read a MiB at a time.
private struct BundleStream: Sendable {
    let file: any ArchiveFile
    let key: SealingKey
    let context: [UInt8]

    private static let chunks: Int64 = 64

    func forEachRecord(_ body: (KeyBundleRecord) async throws -> Void) async throws {
        let start = Int64(KeyBundleHeader.size)
        let head = try await file.read(at: start, count: StreamFormat.headerSize)
        let opener: StreamOpener
        do {
            opener = try StreamOpener(
                key: key, suite: .aes256GCM, context: context, header: head, sealedSize: file.size - start)
        } catch { throw KeyBundleRefusal.altered }
        var rest: [UInt8] = []
        var chunk: Int64 = 0
        while chunk < opener.chunkCount {
            let count = min(Self.chunks, opener.chunkCount - chunk)
            let offset = start + Int64(StreamFormat.headerSize) + chunk * Int64(StreamFormat.sealedChunkSize)
            let sealed = try await file.read(at: offset, count: Int(count) * StreamFormat.sealedChunkSize)
            do {
                rest += try opener.open(sealed, firstChunk: chunk)
            } catch { throw KeyBundleRefusal.altered }
            chunk += count
            var position = 0
            while rest.count - position >= 4 {
                let size = rest[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
                guard size <= KeyBundleRecord.mostBytes else { throw KeyBundleRefusal.altered }
                guard rest.count - position - 4 >= size else { break }
                guard let record = KeyBundleRecord(Array(rest[position + 4..<position + 4 + size])) else {
                    throw KeyBundleRefusal.altered
                }
                position += 4 + size
                try await body(record)
            }
            rest.removeFirst(position)
        }
        guard rest.isEmpty else { throw KeyBundleRefusal.altered }
    }
}
