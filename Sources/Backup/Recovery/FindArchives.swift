public import BlobStore
import Database
public import Vault

/// Looks through a place for archives that these keys open: for who has nothing else any more.
public struct FindArchives: Sendable {
    public struct Found: Sendable {
        public let id: BackupID
        /// Nil when it does not open; `refusal` says why.
        public let manifest: ArchiveManifest?
        public let refusal: ArchiveRefusal?
    }

    private let store: any ArchiveStore
    private let keys: ArchiveKeys
    private static let most = 100_000

    public init(in store: any ArchiveStore, keys: ArchiveKeys) {
        self.store = store
        self.keys = keys
    }

    /// Every archive of the place, by age.
    /// - Throws: what the store throws.
    public func callAsFunction() async throws -> [Found] {
        var ids: [BackupID] = []
        var after: ArchiveName?
        while ids.count < Self.most {
            let page = try await store.list(prefix: "", after: after, limit: 1_000)
            for entry in page {
                guard let folder = entry.name.text.split(separator: "/").first, let id = BackupID(folder),
                    ArchiveNames.number(of: entry.name, in: id) != nil, ids.last != id
                else { continue }
                ids.append(id)
            }
            guard page.count == 1_000, let last = page.last else { break }
            after = last.name
        }
        var found: [Found] = []
        for id in ids {
            do {
                let archive = try await SealedArchive.open(id, in: store, keys: keys)
                found.append(Found(id: id, manifest: archive.manifest, refusal: nil))
            } catch let refusal as ArchiveRefusal {
                found.append(Found(id: id, manifest: nil, refusal: refusal))
            }
        }
        return found.sorted { one, other in
            (one.manifest?.moment.milliseconds ?? 0, one.id.description)
                < (other.manifest?.moment.milliseconds ?? 0, other.id.description)
        }
    }
}
