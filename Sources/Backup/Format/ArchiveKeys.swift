public import Crypto
import Vault

/// Opens the keys of a vault's archives. Each archive has a random key of its own, wrapped under one that no rotation of the
/// master key changes and that comes back with the key bundle.
public struct ArchiveKeys: Sendable {
    /// 16 bytes.
    let vaultID: [UInt8]
    private let wrapping: SealingKey

    public init(_ ring: KeyRing) {
        vaultID = (0..<16).map { UInt8(truncatingIfNeeded: ring.vaultID >> UInt128(120 - 8 * $0)) }
        wrapping = ring.stableKey("cloudspace backup archives")
    }

    func wrap(_ key: SealingKey, of archive: BackupID) -> [UInt8] { wrapping.wrap(key, context: context(archive)) }

    /// - Throws: `ArchiveRefusal.wrongKeys`.
    func unwrap(_ wrapped: [UInt8], of archive: BackupID) throws(ArchiveRefusal) -> SealingKey {
        do { return try wrapping.unwrap(wrapped, context: context(archive)) } catch { throw .wrongKeys }
    }

    private func context(_ archive: BackupID) -> SealContext {
        SealContext("cloudspace archive key", vaultID.reduce(0) { $0 << 8 | UInt128($1) }, archive.value)
    }
}

/// What an archive's own key seals: rows, index and manifest, each a stream bound to its archive and its entry's name.
struct ArchiveSeal: Sendable {
    let key: SealingKey
    let archive: BackupID
    let vaultID: [UInt8]

    /// The bytes of entry `name`.
    func seal(_ plain: [UInt8], as name: String) -> [UInt8] {
        StreamSealer.sealAll(plain, key: key, suite: .aes256GCM, context: context(name)).bytes
    }

    /// - Returns: nil when it was sealed as something else, or altered.
    func open(_ sealed: [UInt8], as name: String) -> [UInt8]? {
        try? StreamOpener.openAll(sealed, key: key, suite: .aes256GCM, context: context(name))
    }

    static func sealedSize(plain: Int) -> Int64 { StreamFormat.sealedSize(plain: Int64(plain)) }

    /// format ‖ vault ‖ archive ‖ name of the entry.
    private func context(_ name: String) -> [UInt8] {
        let id = archive.value
        return [UInt8(ArchiveFormat.number)] + vaultID
            + (0..<16).map { UInt8(truncatingIfNeeded: id >> UInt128(120 - 8 * $0)) } + Array(name.utf8)
    }
}

enum ArchiveFormat {
    /// Written, and the newest that is read.
    static let number = 1
    /// Bytes of plain rows in one segment; the row that passes it still belongs to it.
    static let rowSegment = 2 << 20
    /// Records in one segment of the index: one MiB.
    static let indexSegment = (1 << 20) / BlobPlace.size
    /// Contents from here on are entries of their own.
    static let wholeFrom: Int64 = 256 << 10
    static let packLimit: Int64 = 4 << 20
}
