import BlobStore
import Database

/// Looks at the place of archives: whether it answers, whether it has room, whether it is somewhere else than the keys.
struct ArchiveChecks {
    let place: BackupPlace
    let keys: String
    let database: any Database

    func run(_ findings: inout Findings) async throws {
        guard separation(&findings) else { return }
        if case .directory(let path) = place.kind, FileSystem.status(of: path) == nil {
            return findings.add(
                .note(
                    "archives", "\(path) is not there yet", advice: "`cloudspace serve` makes it, its parent must exist"
                ))
        }
        do {
            let store = try place.openStore()
            let room = try await store.statistics()
            _ = try await store.list(prefix: "", after: nil, limit: 1)
            try await missing(in: store, &findings)
            guard let free = room.freeBytes else {
                return findings.add(.fine("archives", "\(place.description) answers"))
            }
            let needed = try await sealedBytes()
            guard free > needed else {
                return findings.add(
                    .note(
                        "archives",
                        "\(free >> 20) MiB are free in \(place.description), a full backup needs about \(needed >> 20) MiB",
                        advice:
                            "make room, prune (`cloudspace backup prune`), or give another --\(Settings.backupStore.name)"
                    ))
            }
            findings.add(.fine("archives", "\(place.description) answers; \(free >> 20) MiB are free"))
        } catch let error as BlobStoreError {
            findings.add(
                .problem(
                    "archives", "archives cannot be kept in \(place.description): \(error.description)",
                    advice: "mend it, or give another --\(Settings.backupStore.name)"))
        }
    }

    /// - Returns: false when there is no use in looking on.
    private func separation(_ findings: inout Findings) -> Bool {
        guard case .directory(let path) = place.kind else { return true }
        let archives = FileSystem.resolved(path)
        let keys = FileSystem.resolved(self.keys)
        guard archives == keys || archives.hasPrefix(keys + "/") || keys.hasPrefix(archives + "/") else { return true }
        findings.add(
            .problem(
                "archives", "archives lie where the keys are: whoever takes one has both",
                advice: "give another --\(Settings.backupStore.name)"))
        return false
    }

    private func sealedBytes() async throws -> Int64 {
        try await database.read { snapshot in
            try snapshot.first(
                "SELECT CAST(COALESCE(SUM(sealed_size), 0) AS BIGINT) FROM blobs", { $0.integer(0) })
        } ?? 0
    }

    /// Backups whose last volume, which has the manifest, is not where it was kept.
    private func missing(in store: any ArchiveStore, _ findings: inout Findings) async throws {
        let names = try await database.read { snapshot in
            try snapshot.all(
                """
                SELECT v.name FROM backup_volumes v JOIN backups b ON b.id = v.backup_id
                WHERE b.state = 'completed' ORDER BY v.backup_id DESC, v.number LIMIT 1000
                """
            ) { $0.text(0) }
        }
        var gone: [String] = []
        for text in names {
            guard let name = ArchiveName(text) else { continue }
            do { _ = try await store.reader(name) } catch is ArchiveStoreError { gone.append(text) }
        }
        guard let first = gone.first else { return }
        findings.add(
            .problem(
                "archives", "\(gone.count) volumes of finished backups are gone, among them \(first)",
                advice: "put them back, or delete those backups and make a full one"))
    }
}
