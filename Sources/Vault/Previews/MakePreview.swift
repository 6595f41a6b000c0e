import BlobStore
import Crypto
import Database
import Media
import PreviewWire

/// Makes the preview of one version and stores it, sealed under the file's key like everything of the file. Nobody's act:
/// the journal is not told; it is told when somebody looks at the picture.
struct MakePreview: Sendable {
    let core: VaultCore
    let program: PreviewProgram

    /// Bytes handed over at a time.
    private static let piece: Int64 = 1 << 20

    private struct Source: Sendable {
        let type: PreviewType
        let blob: BlobRecord
        let dataKey: SealingKey
    }

    func callAsFunction(_ order: PreviewOrder) async -> PreviewQueue.Result {
        do {
            let source = try await core.database.read { snapshot in try find(order, in: snapshot) }
            guard let source else { return .needless }
            let content = try await plaintext(of: source)
            switch await program.make(source.type == .pdf ? .pdf : .image, of: content) {
            case .failed: return .failed
            case .refused:
                try await remember(order)
                return .refused
            case .made(let picture):
                try await store(picture, of: order)
                return .made
            }
        } catch {
            // A part was away, the file was purged meanwhile, or its bytes do not open: whoever opens it is told which.
            return .failed
        }
    }

    private func find(_ order: PreviewOrder, in snapshot: borrowing Snapshot) throws -> Source? {
        guard try PreviewRows.state(of: order.version, in: snapshot) == nil,
            let record = try NodeQueries.record(order.node, in: snapshot), record.state != .purged
        else { return nil }
        let key = try record.key(core.keyring)
        guard let version = try core.versions.version(order.number, of: order.node, key: key, in: snapshot),
            version.id == order.version, let type = PreviewType(mediaType: version.meta.mediaType),
            let blob = try BlobRecord.read(version.blob, in: snapshot)
        else { return nil }
        let dataKey = try key.unwrap(
            blob.wrappedKey, context: BlobRecord.keyContext(node: order.node, blob: blob.id))
        return Source(type: type, blob: blob, dataKey: dataKey)
    }

    /// The content in memory that the confined program reads; never in a file with a name.
    private func plaintext(of source: Source) async throws -> MemoryFile {
        guard let file = MemoryFile() else { throw VaultError.unavailable }
        let reader = try await core.opener.open(source.blob, dataKey: source.dataKey)
        var position: Int64 = 0
        while position < reader.size {
            let bytes = try await reader.read(at: position, count: Int(min(Self.piece, reader.size - position)))
            guard !bytes.isEmpty, file.append(bytes) else { throw VaultError.unavailable }
            position += Int64(bytes.count)
        }
        return file
    }

    private func remember(_ order: PreviewOrder) async throws {
        try await core.database.write { transaction in
            guard try isStillWanted(order, in: transaction) != nil else { return }
            try PreviewRows.insert(order, nil, in: transaction)
        }
    }

    private func store(_ picture: PreviewPicture, of order: PreviewOrder) async throws {
        let sealed = try await core.sealer.seal(.bytes(picture.jpeg), for: order.node)
        do {
            let isTaken = try await core.database.write { transaction -> Bool in
                guard let record = try isStillWanted(order, in: transaction) else { return false }
                try sealed.record(under: try record.key(core.keyring)).insert(in: transaction)
                try PreviewRows.insert(order, (sealed.blob, picture.width, picture.height), in: transaction)
                return true
            }
            if !isTaken { await core.sealer.discard(sealed) }
        } catch {
            await core.sealer.discard(sealed)
            throw error
        }
    }

    /// - Returns: the file, unless it was purged or another node made the preview meanwhile.
    private func isStillWanted(
        _ order: PreviewOrder, in transaction: borrowing Transaction
    ) throws -> NodeRecord? {
        guard try PreviewRows.state(of: order.version, in: transaction) == nil,
            let record = try NodeQueries.record(order.node, in: transaction), record.state != .purged
        else { return nil }
        return record
    }
}
