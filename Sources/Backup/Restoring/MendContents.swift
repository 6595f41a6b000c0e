import BlobStore
import Crypto
import Database
import Vault

/// Copies contents back out of an archive that the blob store lacks, or that are damaged there: under their own key, as
/// they were, and only what its version's hash has proven. What a policy or a shredding let go has no row and stays gone.
struct MendContents {
    let core: VaultCore
    let archive: SealedArchive

    struct Found: Sendable {
        var mended = 0
        var lost = 0
    }

    private struct Claimed: Sendable {
        let claim: ProveContent.Claim
        let sealedSize: Int64
    }

    /// Versions looked at in one reading.
    private static let page = 200

    /// - Parameter nodes: those whose versions are looked at; what was current at the moment, of each one.
    func callAsFunction(_ nodes: [(node: NodeID, version: Int)], isDryRun: Bool) async throws -> Found {
        var found = Found()
        for start in stride(from: 0, to: nodes.count, by: Self.page) {
            try Task.checkCancellation()
            let part = Array(nodes[start..<min(nodes.count, start + Self.page)])
            let claims = try await core.database.read { snapshot in
                try part.compactMap { try Self.claim($0.node, $0.version, in: snapshot) }
            }
            for claim in claims { try await mend(claim, isDryRun, &found) }
        }
        return found
    }

    private static func claim(
        _ node: NodeID, _ number: Int, in snapshot: borrowing Snapshot
    ) throws -> Claimed? {
        try snapshot.first(
            """
            SELECT v.id, v.blob_id, v.size, v.sealed_meta, b.suite, b.wrapped_key, b.plain_size, b.sealed_size
            FROM versions v JOIN blobs b ON b.id = v.blob_id
            WHERE v.node_id = \(node) AND v.number = \(number) AND b.inline_content IS NULL
            """
        ) { row in
            Claimed(
                claim: ProveContent.Claim(
                    node: node, version: VersionID(row.uuid(0)), number: number, blob: BlobID(row.uuid(1)),
                    size: row.integer(2), sealedMeta: row.bytes(3), suite: row.integer(4), wrappedKey: row.bytes(5),
                    plainSize: row.integer(6)), sealedSize: row.integer(7))
        }
    }

    private func mend(_ claimed: Claimed, _ isDryRun: Bool, _ found: inout Found) async throws {
        let prover = ProveContent(core)
        let key = BlobKey(claimed.claim.blob.value)
        do {
            let reader = try await core.blobs.reader(key)
            if reader.sealedSize == claimed.sealedSize, try await prover(claimed.claim, reader) != .refuted { return }
        } catch let error as BlobStoreError {
            switch error {
            case .missing, .tampered: break
            default: throw error
            }
        }
        guard let content = try await archive.blob(claimed.claim.blob), content.size == claimed.sealedSize,
            try await prover(claimed.claim, ArchivedBlobReader(content)) == .proven
        else {
            found.lost += 1
            return
        }
        if !isDryRun { try await copy(content, to: key) }
        found.mended += 1
    }

    private func copy(_ content: ArchivedBlob, to key: BlobKey) async throws {
        try? await core.blobs.delete(key)
        let writer = try await core.blobs.writer(key)
        do {
            try await content.forEachPiece { try await writer.append(SealedChunk(alreadySealed: $0)) }
            _ = try await writer.finish()
        } catch {
            await writer.cancel()
            throw error
        }
    }
}
