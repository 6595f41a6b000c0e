package import BlobStore
import Crypto
import Database

/// Opens content that comes from somewhere else than the store, and holds it against what its version says of it: the
/// proof that a backup can be restored.
package struct ProveContent: Sendable {
    private let core: VaultCore

    package init(_ core: VaultCore) { self.core = core }

    /// A version and its blob, as rows of an archive have them.
    package struct Claim: Sendable {
        package let node: NodeID
        package let version: VersionID
        package let number: Int
        package let blob: BlobID
        package let size: Int64
        package let sealedMeta: [UInt8]
        package let suite: Int64
        package let wrappedKey: [UInt8]
        package let plainSize: Int64

        package init(
            node: NodeID, version: VersionID, number: Int, blob: BlobID, size: Int64, sealedMeta: [UInt8], suite: Int64,
            wrappedKey: [UInt8], plainSize: Int64
        ) {
            self.node = node
            self.version = version
            self.number = number
            self.blob = blob
            self.size = size
            self.sealedMeta = sealedMeta
            self.suite = suite
            self.wrappedKey = wrappedKey
            self.plainSize = plainSize
        }
    }

    package enum Verdict: Sendable, Equatable {
        /// It opens, and has the hash and the size that its version was given.
        case proven
        /// Its key was destroyed since: rightly nobody opens it.
        case shredded
        /// It does not open, or is something else.
        case refuted
    }

    /// Decrypts the whole content in memory, a piece at a time; nothing of it is written anywhere.
    /// - Throws: what the reader throws for other reasons than the bytes; `DatabaseError`.
    package func callAsFunction(_ claim: Claim, _ reader: any BlobReader) async throws -> Verdict {
        let key: SealingKey
        do {
            key = try await core.database.read { [core] in try core.keyring.nodeKey(claim.node, in: $0) }
        } catch VaultError.notFound {
            return .shredded
        }
        do {
            let place = VersionPlace(
                id: claim.version, node: claim.node, number: claim.number, blob: claim.blob)
            let meta = try VersionMeta.opened(claim.sealedMeta, under: key, for: place)
            guard let suite = UInt8(exactly: claim.suite).flatMap(StreamSuite.init), claim.plainSize == claim.size
            else { return .refuted }
            let dataKey = try key.unwrap(
                claim.wrappedKey, context: BlobRecord.keyContext(node: claim.node, blob: claim.blob))
            let content = try await ContentReader(
                reader: reader, key: dataKey, suite: suite,
                context: BlobRecord.streamContext(node: claim.node, blob: claim.blob))
            guard content.size == claim.size else { return .refuted }
            let hash = ProofHash()
            var position: Int64 = 0
            while position < content.size {
                try Task.checkCancellation()
                let bytes = try await content.read(at: position, count: Int(min(1 << 20, content.size - position)))
                guard !bytes.isEmpty else { return .refuted }
                hash.add(bytes)
                position += Int64(bytes.count)
            }
            return hash.finish() == meta.sha256 ? .proven : .refuted
        } catch is VaultError {
            return .refuted
        } catch is CryptoError {
            return .refuted
        } catch BlobStoreError.tampered {
            return .refuted
        }
    }
}

/// Held by reference: nothing of the hash lies in a task's frames.
private final class ProofHash {
    private var hasher = ContentHasher(md5: false)

    func add(_ bytes: [UInt8]) { hasher.update(bytes) }
    func finish() -> [UInt8] { hasher.finish().sha256 }
}
