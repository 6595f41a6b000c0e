public import BlobStore
import Crypto
public import Database
import Journal
public import Vault

/// Makes the key bundle: the key ring and every key below it, sealed to the recovery key (docs/formats/key-bundle.md).
///
/// Only the newest is kept, so that what was shredded is in no bundle any more: an archive and the newest bundle open what
/// the vault itself would open, and nothing else.
public struct KeyBundleMaker: Sendable {
    private let core: VaultCore
    private let rows: any Database

    /// - Parameter rows: the vault's database by a handle of its own, as for archives.
    public init(core: VaultCore, rows: any Database) {
        self.core = core
        self.rows = rows
    }

    /// Makes a bundle and, once it is durable, removes all older ones of this vault.
    ///
    /// - Throws: `KeyBundleRefusal.noRecoveryKey`; `BlobStoreError`, `DatabaseError`.
    @discardableResult
    public func run(into store: any ArchiveStore) async throws -> KeyBundleInfo {
        guard let record = try await core.database.read({ try RecoveryKeyRecord.read(in: $0) }) else {
            throw KeyBundleRefusal.noRecoveryKey
        }
        let vaultID = ArchiveKeys(core.keyring.ring).vaultID
        let key = SealingKey.random()
        let moment = core.clock.now()
        let header = KeyBundleHeader(
            vaultID: vaultID, moment: moment, recipient: record.key, sealedKey: try record.key.seal(key))
        let prefix = Hex.encode(vaultID)
        guard
            let name = ArchiveName("\(prefix)/\(Self.padded(moment.milliseconds))-\(Hex.encode(Random.bytes(4))).keys")
        else { throw BlobStoreError.io(22) }
        let path = "\(store.scratch)/\(prefix)-\(Hex.encode(Random.bytes(8))).keys"
        do {
            let written = try await write(header, key, to: path)
            let size = try await store.keep(path, as: name)
            let info = KeyBundleInfo(
                name: name.text, recipient: record.key, lastSequence: written.lastSequence, keys: written.keys,
                newestKey: written.newestKey, size: size, sha256: written.sha256, madeAt: moment)
            try await core.database.write { [core] transaction in
                try info.write(in: transaction)
                try core.audit.record(
                    .keyBundleMade, on: .system, by: .localOperator,
                    plain: Array("{\"keys\":\(info.keys),\"fingerprint\":\"\(record.key.fingerprint)\"}".utf8),
                    in: transaction)
            }
            try await removeOlder(than: name, prefix, in: store)
            return info
        } catch {
            ScratchDirectory.remove(beginningWith: "\(prefix)-", in: store.scratch)
            throw error
        }
    }

    /// Whether there should be another bundle: the newest holds a key that was destroyed since, is sealed to an earlier
    /// recovery key, or is older than the newest archive. Never while no recovery key is set.
    public func isDue() async throws -> Bool {
        try await rows.read { snapshot in
            guard let record = try RecoveryKeyRecord.read(in: snapshot) else { return false }
            guard let bundle = try KeyBundleInfo.read(in: snapshot), bundle.recipient == record.key else { return true }
            let isOlder = try snapshot.exists(
                """
                SELECT 1 FROM backups
                WHERE kind = 'systeme' AND form = 'scellee' AND state = 'completed' AND finished_at >= \(bundle.madeAt)
                LIMIT 1
                """)
            if isOlder { return true }
            let left = try snapshot.first(
                "SELECT COUNT(*) FROM file_keys WHERE created_at <= \(bundle.newestKey)"
            ) { $0.integer(0) }
            return (left ?? 0) < bundle.keys
        }
    }

    private struct Written: Sendable {
        var keys: Int64 = 0
        var newestKey = Timestamp(milliseconds: 0)
        var lastSequence: Int64 = 0
        var sha256: [UInt8] = []
    }

    /// Writes the file on the database's own thread, a row in memory at a time.
    private func write(_ header: KeyBundleHeader, _ key: SealingKey, to path: String) async throws -> Written {
        let ring = core.keyring.ring
        let threads = ScratchThread()
        let file = try await threads.run { try KeptFile(creating: path) }
        let dialect = rows.dialect
        return try await rows.read { snapshot in
            try TableDump.lift(dialect: dialect, in: snapshot)
            try file.startOver()
            let sealer = try StreamSealer(key: key, suite: .aes256GCM, context: header.context)
            var written = Written()
            try file.append(header.bytes)
            written.lastSequence =
                try snapshot.first("SELECT COALESCE(MAX(sequence), 0) FROM journal_events") { $0.integer(0) } ?? 0
            var buffer: [UInt8] = []
            try snapshot.forEach(
                """
                SELECT owner_id, owner_kind, space_id, generation, wrapped, created_at, wrapped_at
                FROM file_keys ORDER BY owner_id
                """
            ) { row in
                let record = KeyBundleRecord.key([
                    .bytes(row.bytes(0)), .integer(row.integer(1)), .bytes(row.bytes(2)), .integer(row.integer(3)),
                    .bytes(row.bytes(4)), .integer(row.integer(5)), .integer(row.integer(6)),
                ])
                buffer += record.encoding
                written.keys += 1
                written.newestKey = max(written.newestKey, row.timestamp(5))
                if buffer.count >= 1 << 20 {
                    try file.append(sealer.seal(buffer).bytes)
                    buffer = []
                }
                return .more
            }
            // After the rows: a generation that came meanwhile is in the copy, one that a row needs is not gone.
            let end = KeyBundleRecord.end(
                ring: ring.sealedCopy(under: key.derived("cloudspace key bundle ring")), keys: written.keys,
                lastSequence: written.lastSequence)
            buffer += end.encoding
            try file.append(sealer.seal(buffer).bytes)
            try file.append(sealer.finish().bytes)
            written.sha256 = try file.finish()
            return written
        }
    }

    private func removeOlder(than name: ArchiveName, _ prefix: String, in store: any ArchiveStore) async throws {
        for entry in try await store.list(prefix: "\(prefix)/", after: nil, limit: 1_000) where entry.name != name {
            try await store.delete(entry.name)
        }
    }

    private static func padded(_ value: Int64) -> String {
        let digits = String(max(0, value))
        return String(repeating: "0", count: max(0, 15 - digits.utf8.count)) + digits
    }
}
