import BlobStore
import Crypto
import Database
import Vault

/// Brings the blobs of a vault from one store to another, sealed as they are, and compares what arrived.
struct BlobTransfer: Sendable {
    enum Mode: Sendable {
        /// Copies what is not there yet, then reads it back.
        case copy
        /// Both ends use the same store: looks whether every blob is there.
        case stay
        /// Copies nothing.
        case compare
    }

    /// What came of it.
    struct Tally: Sendable, Equatable {
        var copied = 0
        /// There already, with the same bytes.
        var alreadyThere = 0
        /// Bytes of all that are there now.
        var bytes: Int64 = 0
        /// Missing at the source, rightly: the key of their file was shredded.
        var shredded = 0
        /// The first few of what is wrong.
        var defects: [String] = []
        var defectCount = 0

        fileprivate mutating func add(_ outcome: Outcome) {
            switch outcome {
            case .copied(let size): (copied, bytes) = (copied + 1, bytes + size)
            case .alreadyThere(let size): (alreadyThere, bytes) = (alreadyThere + 1, bytes + size)
            case .shredded: shredded += 1
            case .defect(let words):
                defectCount += 1
                if defects.count < BlobTransfer.shown { defects.append(words) }
            }
        }
    }

    fileprivate enum Outcome: Sendable {
        case copied(Int64)
        case alreadyThere(Int64)
        case shredded
        case defect(String)
    }

    /// A row of `blobs` whose content is in the blob store.
    private struct Entry: Sendable {
        let key: BlobKey
        let file: String
        let size: Int64
        let isShredded: Bool
    }

    let mode: Mode
    let rows: any Database
    let source: any BlobStore
    let target: any BlobStore
    let control: MoveControl

    /// Blobs under way at a time.
    private static let width = 4
    /// Bytes of one blob in memory at a time.
    private static let piece = 1 << 20
    fileprivate static let shown = 10

    func run() async throws -> Tally {
        var tally = Tally()
        var last: BlobKey?
        while true {
            let page = try await entries(after: last)
            guard let end = page.last else { return tally }
            last = end.key
            for outcome in try await outcomes(of: page) { tally.add(outcome) }
        }
    }

    private func entries(after last: BlobKey?) async throws -> [Entry] {
        try await rows.read { snapshot in
            try snapshot.all(
                """
                SELECT b.id, b.node_id, b.sealed_size, CASE WHEN k.owner_id IS NULL THEN 1 ELSE 0 END
                FROM blobs b LEFT JOIN file_keys k ON k.owner_id = b.node_id
                WHERE b.inline_content IS NULL AND b.id > \(last?.value ?? 0) ORDER BY b.id LIMIT 500
                """
            ) { row in
                Entry(
                    key: BlobKey(row.uuid(0)), file: UUIDForm.text(row.uuid(1)), size: row.integer(2),
                    isShredded: row.bool(3))
            }
        }
    }

    private func outcomes(of page: [Entry]) async throws -> [Outcome] {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            var outcomes: [Outcome] = []
            var rest = page[...]
            for entry in rest.prefix(Self.width) { group.addTask { try await settle(entry) } }
            rest = rest.dropFirst(Self.width)
            while let outcome = try await group.next() {
                outcomes.append(outcome)
                if let entry = rest.popFirst() { group.addTask { try await settle(entry) } }
            }
            return outcomes
        }
    }
}

/// One blob.
extension BlobTransfer {
    private func settle(_ entry: Entry) async throws -> Outcome {
        try control.check()
        let reader: any BlobReader
        do {
            reader = try await source.reader(entry.key)
        } catch BlobStoreError.missing {
            return entry.isShredded ? .shredded : .defect(words(entry, "is missing at the source"))
        }
        guard reader.sealedSize == entry.size else {
            return .defect(words(entry, "has \(reader.sealedSize) bytes at the source instead of \(entry.size)"))
        }
        switch mode {
        case .stay:
            control.progress.advance(by: entry.size)
            return .alreadyThere(entry.size)
        case .compare:
            guard let there = try await existing(entry) else {
                return .defect(words(entry, "is missing at the target, or has another size"))
            }
            let sent = try await digest(of: reader, isCounted: true)
            let stored = try await digest(of: there, isCounted: false)
            return sent == stored ? .alreadyThere(entry.size) : .defect(words(entry, "has other bytes at the target"))
        case .copy:
            return try await copy(entry, from: reader)
        }
    }

    private func copy(_ entry: Entry, from reader: any BlobReader) async throws -> Outcome {
        if let there = try await existing(entry) {
            let sent = try await digest(of: reader, isCounted: true)
            let stored = try await digest(of: there, isCounted: false)
            if sent == stored { return .alreadyThere(entry.size) }
            control.progress.advance(by: -entry.size)
        }
        let sent = try await write(entry, from: reader)
        guard let there = try await existing(entry) else {
            return .defect(words(entry, "was written but is not at the target"))
        }
        let stored = try await digest(of: there, isCounted: false)
        return sent == stored ? .copied(entry.size) : .defect(words(entry, "has other bytes at the target"))
    }

    /// - Returns: SHA-256 of what was read.
    private func write(_ entry: Entry, from reader: any BlobReader) async throws -> [UInt8] {
        let writer = try await target.writer(entry.key)
        do {
            let hash = RunningHash()
            var position: Int64 = 0
            while position < entry.size {
                let bytes = try await nextPiece(of: reader, at: position)
                hash.add(bytes)
                try await writer.append(SealedChunk(alreadySealed: bytes))
                position += Int64(bytes.count)
                control.progress.advance(by: Int64(bytes.count))
            }
            _ = try await writer.finish()
            return hash.finish()
        } catch {
            await writer.cancel()
            throw error
        }
    }

    private func digest(of reader: any BlobReader, isCounted: Bool) async throws -> [UInt8] {
        let hash = RunningHash()
        var position: Int64 = 0
        while position < reader.sealedSize {
            let bytes = try await nextPiece(of: reader, at: position)
            hash.add(bytes)
            position += Int64(bytes.count)
            if isCounted { control.progress.advance(by: Int64(bytes.count)) }
        }
        return hash.finish()
    }

    private func nextPiece(of reader: any BlobReader, at position: Int64) async throws -> [UInt8] {
        try control.check()
        try Task.checkCancellation()
        let bytes = try await reader.read(at: position, count: Self.piece)
        guard !bytes.isEmpty else { throw BlobStoreError.tampered(reader.key) }
        return bytes
    }

    /// The blob at the target, if it has the right size there.
    private func existing(_ entry: Entry) async throws -> (any BlobReader)? {
        do {
            let reader = try await target.reader(entry.key)
            return reader.sealedSize == entry.size ? reader : nil
        } catch BlobStoreError.missing {
            return nil
        }
    }

    private func words(_ entry: Entry, _ what: String) -> String { "blob \(entry.key) of file \(entry.file) \(what)" }
}

/// A hash that one task feeds, held by reference: nothing of it lies in the task's frames.
private final class RunningHash {
    private var hasher = ContentHasher(md5: false)

    func add(_ bytes: [UInt8]) { hasher.update(bytes) }
    func finish() -> [UInt8] { hasher.finish().sha256 }
}
