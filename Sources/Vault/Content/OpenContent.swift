public import BlobStore
import Crypto
import Database
import Journal

/// Content that may be read: what it is, and a reader of its plain bytes at any offset.
public struct OpenedContent: Sendable {
    public let node: Node
    public let version: Version
    public let reader: ContentReader
}

/// What the reader wants the content for; each is journalled on its own.
public enum ReadPurpose: Sendable, Hashable { case download, view }

/// Opens a version's content for reading. The read is in the journal before the first byte can be served.
public struct OpenContent: Sendable {
    let core: VaultCore

    /// - Parameter number: the version wanted; `nil` is the current one.
    /// - Throws: `VaultError.notFound(.version)` for a number the file never had; `.tampered` when the stored bytes are
    ///   not what was sealed (journalled, too).
    public func callAsFunction(
        _ node: NodeID, version number: Int? = nil, for purpose: ReadPurpose = .download, as principal: Principal
    ) async throws -> OpenedContent {
        let found = try await core.database.read { snapshot in
            let access = try core.grants.require(Read.self, on: node, for: principal, in: snapshot)
            return try core.locate(access.record, key: access.key, version: number, in: snapshot)
        }
        try await core.reads.record([found], purpose: purpose, by: principal)
        return try await open(found, as: principal)
    }

    /// Opens content that was found, and journalled, before.
    func open(_ found: LocatedContent, as principal: Principal) async throws -> OpenedContent {
        do {
            let reader = try await core.opener.open(found.blob, dataKey: found.dataKey)
            return OpenedContent(node: found.node, version: found.version, reader: reader)
        } catch let error as BlobStoreError {
            throw await integrity(error, found.node, by: principal)
        } catch CryptoError.openFailed {
            throw await integrity(.tampered(found.blob.key), found.node, by: principal)
        }
    }

    /// Journals that stored bytes were not what was sealed. Called when a stream breaks in the middle, too.
    public func reportTampering(of node: Node, by principal: Principal) async {
        try? await core.database.write { transaction in
            try core.audit.record(
                .integrityFailed, on: .node(node.id, kind: node.kind, space: node.space), by: principal,
                outcome: .failed,
                in: transaction)
        }
    }

    private func integrity(_ error: BlobStoreError, _ node: Node, by principal: Principal) async -> any Error {
        switch error {
        case .tampered, .missing:
            await reportTampering(of: node, by: principal)
            return VaultError.tampered(node.id)
        default:
            return error
        }
    }
}

/// A version's content as its rows describe it, the keys unwrapped: all that reading needs.
struct LocatedContent: Sendable {
    let node: Node
    let version: Version
    let blob: BlobRecord
    /// The node's own key.
    let key: SealingKey
    let dataKey: SealingKey
}

extension VaultCore {
    /// Finds the content of a version of a file that the caller was allowed to read.
    /// - Parameter number: `nil` is the current version.
    func locate(
        _ record: NodeRecord, key: SealingKey, version number: Int? = nil,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> LocatedContent {
        let node = record.id
        guard record.kind == .file, let head = record.head else { throw VaultError.invalid(field: "id", .notAFile) }
        guard let version = try versions.version(number ?? head.number, of: node, key: key, in: reading) else {
            throw VaultError.notFound(.version)
        }
        // The current version never expires, so that reading it needs no look.
        if version.number != head.number { try versions.requireUnexpired(version.number, of: node, in: reading) }
        guard let blob = try BlobRecord.read(version.blob, in: reading), blob.node == node,
            blob.plainSize == version.size
        else { throw VaultError.tampered(node) }
        let dataKey: SealingKey
        do {
            dataKey = try key.unwrap(blob.wrappedKey, context: BlobRecord.keyContext(node: node, blob: blob.id))
        } catch { throw VaultError.tampered(node) }
        let meta = try NodeMeta.opened(record.sealedMeta, under: key, node: node)
        return LocatedContent(node: record.opened(meta), version: version, blob: blob, key: key, dataKey: dataKey)
    }
}

/// Makes readers of sealed blobs.
struct ContentOpener: Sendable {
    let blobs: any BlobStore

    func open(_ blob: BlobRecord, dataKey: SealingKey) async throws -> ContentReader {
        let context = BlobRecord.streamContext(node: blob.node, blob: blob.id)
        if let inline = blob.inline {
            return try ContentReader(
                inline: inline, blob: blob.key, key: dataKey, suite: blob.suite, context: context)
        }
        let reader = try await blobs.reader(blob.key)
        guard reader.sealedSize == blob.sealedSize else { throw BlobStoreError.tampered(blob.key) }
        return try await ContentReader(reader: reader, key: dataKey, suite: blob.suite, context: context)
    }

    /// Content that no row points at yet.
    func open(_ content: SealedContent) async throws -> ContentReader {
        let context = BlobRecord.streamContext(node: content.node, blob: content.blob)
        let key = BlobKey(content.blob.value)
        if let inline = content.inline {
            return try ContentReader(
                inline: inline, blob: key, key: content.dataKey, suite: content.suite, context: context)
        }
        return try await ContentReader(
            reader: try await blobs.reader(key), key: content.dataKey, suite: content.suite, context: context)
    }
}

/// A stored blob read from the start, as content on its way in again.
actor ContentReaderStream: PlainStream {
    nonisolated let contentLength: Int64?
    private let reader: ContentReader
    private var position: Int64 = 0

    init(_ reader: ContentReader) {
        self.reader = reader
        contentLength = reader.size
    }

    func next() async throws -> [UInt8]? {
        guard position < reader.size else { return nil }
        let bytes = try await reader.read(at: position, count: Int(min(256 * 1_024, reader.size - position)))
        position += Int64(bytes.count)
        return bytes.isEmpty ? nil : bytes
    }
}
