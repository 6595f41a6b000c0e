import BlobStore
import Crypto
import Database
import Vault

/// Compares the rows of `blobs` with the blob store, and opens every blob when asked to.
struct BlobChecks {
    enum Depth: Sendable { case sizes, contents }

    let database: any Database
    let ring: KeyRing
    let blobs: any BlobStore
    let depth: Depth

    /// A blob younger than this without a row may belong to an upload under way.
    private static let orphanMilliseconds: Int64 = 24 * 3_600 * 1_000
    fileprivate static let shown = 10

    private struct Tally {
        var blobs = 0
        var bytes: Int64 = 0
        var opened = 0
        /// The first few; millions may be bad when a disk is.
        var defects: [String] = []
        var defectCount = 0

        mutating func add(_ defect: String) {
            defectCount += 1
            if defects.count < BlobChecks.shown { defects.append(defect) }
        }
    }

    func run(_ findings: inout Findings) async throws {
        var tally = Tally()
        @OptionalWords128 var cursor: UInt128?
        let progress = Progress()
        repeat {
            let page = try await StoredBlob.page(after: cursor, limit: 500, in: database)
            cursor = page.last?.id
            for blob in page { try await check(blob, &tally) }
            if !page.isEmpty { progress.show("checked \(tally.blobs) blobs …") }
        } while cursor != nil
        progress.clear()
        report(tally, &findings)
        try await orphans(&findings)
    }

    private func check(_ blob: StoredBlob, _ tally: inout Tally) async throws {
        tally.blobs += 1
        tally.bytes += blob.sealedSize
        do {
            try await checkSize(blob)
            guard depth == .contents, blob.fileKey != nil else { return }
            try await blob.verify(ring: ring, store: blobs)
            tally.opened += 1
        } catch let defect as StoredBlob.Defect {
            tally.add("blob \(UUIDForm.text(blob.id)) of file \(UUIDForm.text(blob.node)) \(defect.words)")
        }
    }

    private func checkSize(_ blob: StoredBlob) async throws {
        if let inline = blob.inlineSize {
            guard inline == blob.sealedSize else {
                throw StoredBlob.Defect.wrongSize(inline, expected: blob.sealedSize)
            }
            return
        }
        // The content of a purged file is gone for good; its row may outlive it until the collector has passed.
        let reader: any BlobReader
        do {
            reader = try await blobs.reader(BlobKey(blob.id))
        } catch BlobStoreError.missing {
            if blob.fileKey == nil { return }
            throw StoredBlob.Defect.missing
        }
        guard reader.sealedSize == blob.sealedSize else {
            throw StoredBlob.Defect.wrongSize(reader.sealedSize, expected: blob.sealedSize)
        }
    }

    private func report(_ tally: Tally, _ findings: inout Findings) {
        for defect in tally.defects {
            findings.add(
                .problem("blobs", defect, advice: "restore this file from a backup; other files are not affected"))
        }
        if tally.defectCount > Self.shown {
            findings.add(.note("blobs", "and \(tally.defectCount - Self.shown) more damaged blobs"))
        }
        guard tally.defectCount == 0 else { return }
        let size = "\(tally.blobs) blobs, \(tally.bytes >> 20) MiB"
        switch depth {
        case .sizes: findings.add(.fine("blobs", "\(size): all there, with the right size (--deep opens them too)"))
        case .contents: findings.add(.fine("blobs", "\(size): all there; \(tally.opened) opened and verified"))
        }
    }

    private func orphans(_ findings: inout Findings) async throws {
        let cutoff = SystemClock().now().milliseconds - Self.orphanMilliseconds
        var cursor: BlobKey?
        var count = 0
        var bytes: Int64 = 0
        while true {
            let entries = try await blobs.list(after: cursor, limit: 1_000)
            guard let last = entries.last else { break }
            cursor = last.key
            let unknown = try await database.read { snapshot in
                try entries.filter { entry in
                    try snapshot.first("SELECT 1 FROM blobs WHERE id = \(entry.key.value)", { $0.int(0) }) == nil
                }
            }
            for entry in unknown where entry.modified <= cutoff && entry.key != BlobStoreMark.key {
                count += 1
                bytes += entry.size
            }
        }
        if count > 0 {
            findings.add(
                .note(
                    "blobs", "\(count) orphaned blobs, \(bytes >> 20) MiB, that no document points at",
                    advice: "nothing: the running server collects them within the hour"))
        }
    }
}
