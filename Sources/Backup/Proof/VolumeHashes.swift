import BlobStore
import Crypto
import Vault

/// Holds the volumes of an archive against the sizes and hashes that were written down when it was made. What can be said of
/// a portable archive without its password.
struct VolumeHashes: Sendable {
    let store: any ArchiveStore
    private static let part = 1 << 20

    func verify(_ volumes: [ArchiveVolume], _ progress: any WorkProgress) async throws -> ProofReport {
        progress.expect(entries: volumes.count, bytes: volumes.reduce(0) { $0 + $1.size })
        var findings: [ProofReport.Finding] = []
        var bytes: Int64 = 0
        for volume in volumes {
            if let code = try await fault(of: volume, progress) {
                findings.append(ProofReport.Finding(code: code, subject: volume.name))
            } else {
                bytes += volume.size
            }
            progress.advance(entries: 1, bytes: 0)
        }
        return ProofReport(findings: findings, entries: Int64(volumes.count), bytes: bytes)
    }

    /// What is wrong with a volume, in a word for programs; nil when nothing is.
    private func fault(of volume: ArchiveVolume, _ progress: any WorkProgress) async throws -> String? {
        guard let name = ArchiveName(volume.name) else { return "volume_missing" }
        let file: any ArchiveFile
        do { file = try await store.reader(name) } catch is ArchiveStoreError { return "volume_missing" }
        guard file.size == volume.size else { return "volume_size" }
        var hasher = ContentHasher(md5: false)
        var offset: Int64 = 0
        while offset < file.size {
            try progress.check()
            let bytes = try await file.read(at: offset, count: Int(min(Int64(Self.part), file.size - offset)))
            guard !bytes.isEmpty else { return "volume_size" }
            hasher.update(bytes)
            offset += Int64(bytes.count)
            progress.advance(entries: 0, bytes: Int64(bytes.count))
        }
        return hasher.finish().sha256 == volume.sha256 ? nil : "volume_altered"
    }
}
