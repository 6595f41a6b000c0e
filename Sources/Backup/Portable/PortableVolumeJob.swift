import Archive
import BlobStore
import Crypto
import Database
import Vault

/// Makes one volume of a portable archive and hands it to the store: a task opens contents and sends them through a pipe,
/// a thread of the ZIP writer encrypts and writes them.
struct PortableVolumeJob: Sendable {
    let core: VaultCore
    let order: BackupOrder
    let password: ZIPPassword
    let store: any ArchiveStore
    let progress: any WorkProgress
    let moment: Timestamp
    let volumeCount: Int

    /// Files destroyed between the snapshot and their turn.
    struct Gone: Sendable {
        var files = 0
        var bytes: Int64 = 0
    }

    struct Outcome: Sendable {
        let volume: ArchiveVolume
        let manifestHash: [UInt8]
        let gone: Gone
    }

    /// A content is no longer there: the volume is to be made without it.
    private struct Missing: Error {
        let node: NodeID
    }

    private static let slab = 1 << 20

    func make(_ number: Int, _ planned: ArraySlice<PortableEntry>, mostGone: Int) async throws -> Outcome {
        guard let name = ArchiveNames.volume(number, of: order.id) else {
            throw BlobStoreError.refused("an archive has at most 9,999 volumes; make them larger")
        }
        // The name begins as `ArchiveLeftovers` looks for it.
        let path = "\(store.scratch)/\(order.id)-\(number).zip"
        var entries = planned
        var gone = Gone()
        while true {
            let manifest = PortableManifest.json(
                of: entries, backup: order.id, vault: core.keyring.ring.vaultID, volume: number, of: volumeCount,
                moment: moment)
            do {
                let written = try await write(entries, manifest, number, to: path)
                let size = try await store.keep(path, as: name)
                return Outcome(
                    volume: ArchiveVolume(name: name.text, size: size, sha256: written.sha256 ?? []),
                    manifestHash: SHA256Hash.of(manifest), gone: gone)
            } catch let missing as Missing {
                let dropped = entries.filter { $0.node == missing.node }
                gone.files += dropped.count
                gone.bytes += dropped.reduce(0) { $0 + $1.size }
                guard gone.files <= mostGone else { throw ArchiveRefusal.tooMuchDestroyed }
                entries = entries.filter { $0.node != missing.node }[...]
            }
        }
    }

    private func write(
        _ entries: ArraySlice<PortableEntry>, _ manifest: [UInt8], _ number: Int, to path: String
    ) async throws -> ZIPVolume {
        let pipe = BoundedPipe(limit: 4 << 20)
        var sources = [
            ZIPSource(
                path: PortableManifest.path(ofVolume: number), bytes: manifest, modified: moment.seconds)
        ]
        for entry in entries {
            let modified = Timestamp(milliseconds: entry.modified).seconds
            if let content = entry.content {
                sources.append(
                    ZIPSource(path: entry.path, size: content.size, modified: modified, sharing: pipe))
            } else {
                sources.append(ZIPSource(folder: entry.path, modified: modified))
            }
        }
        let all = sources
        async let written = ZIPVolumeWriter().write(all, to: path, password: password, hashing: .sha256)
        do {
            try await feed(entries, pipe)
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
        return try await written
    }

    private func feed(_ entries: ArraySlice<PortableEntry>, _ pipe: BoundedPipe) async throws {
        for entry in entries {
            try progress.check()
            guard let content = entry.content else {
                progress.advance(entries: 1, bytes: 0)
                continue
            }
            let reader = try await reader(entry.node, content)
            guard reader.size == content.size else { throw VaultError.tampered(entry.node) }
            var done: Int64 = 0
            while done < content.size {
                let wanted = Int(min(Int64(Self.slab), content.size - done))
                let bytes = try await reader.read(at: done, count: wanted)
                guard bytes.count == wanted else { throw VaultError.tampered(entry.node) }
                try await pipe.send(bytes)
                done += Int64(wanted)
                progress.advance(entries: 0, bytes: Int64(wanted))
                try progress.check()
            }
            progress.advance(entries: 1, bytes: 0)
        }
    }

    private func reader(_ node: NodeID, _ content: ArchivedNode.Content) async throws -> ContentReader {
        do {
            return try await core.archivedContent(of: node, version: content.version)
        } catch VaultError.notFound, VaultError.versionExpired {
            throw Missing(node: node)
        } catch BlobStoreError.missing {
            // Destroyed in this moment, or lost: the row says which.
            let isGone = try await core.database.read { snapshot in try core.archivedNode(node, in: snapshot) == nil }
            throw isGone ? Missing(node: node) : VaultError.tampered(node)
        }
    }
}
