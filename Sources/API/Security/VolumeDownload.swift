import Backup
import BlobStore
import Crypto
import Database
import HTTP
import Synchronization

/// Answers with a volume of an archive: whole or in ranges, with a strong tag, so that a download of gigabytes is resumed.
struct VolumeDownload: Sendable {
    let volume: ServedVolume

    func response(to request: Request) async throws -> Response {
        let record = volume.record
        let day = record.requestedAt.day
        let number = volume.count == 1 ? "" : "-" + String(volume.number)
        let name = "sauvegarde-\(record.kind.rawValue)-\(day)-\(record.id)\(number).zip"
        var headers: Headers = ["Content-Disposition": ContentDisposition.field(.attachment, fileName: name)]
        headers.append("Repr-Digest", "sha-256=:\(Base64.encode(volume.volume.sha256)):")
        headers.append("Cache-Control", "private, no-transform")
        let answer = ContentAnswer(
            size: volume.volume.size, contentType: "application/zip",
            validators: Validators(
                tag: EntityTag(Hex.encode(volume.volume.sha256)), lastModified: record.finishedAt?.seconds),
            headers: headers)
        let file = volume.file
        return try await answer.response(to: request) { first, length in
            VolumeBody(file, first: first, length: length)
        }
    }
}

/// A part of a kept file, brought into memory a window at a time.
private final class VolumeBody: BodySource {
    private struct Window {
        /// Counted from the start of the answer.
        var start: Int64 = 0
        var bytes: [UInt8] = []
    }

    private static let windowSize: Int64 = 1 << 20
    private let file: any ArchiveFile
    private let first: Int64
    private let length: Int64
    private let window = Mutex(Window())

    init(_ file: any ArchiveFile, first: Int64, length: Int64) {
        self.file = file
        self.first = first
        self.length = length
    }

    func read(at position: Int64, into buffer: inout MutableRawSpan) throws -> BodyRead {
        guard position < length else { return .end }
        return window.withLock { window in
            let from = position - window.start
            guard from >= 0, from < Int64(window.bytes.count) else { return .notReady }
            let count = min(buffer.byteCount, window.bytes.count - Int(from))
            copy(window.bytes, from: Int(from), count: count, into: &buffer)
            return .bytes(count)
        }
    }

    func prepare(at position: Int64) async throws {
        let wanted = Int(min(Self.windowSize, length - position))
        let bytes = try await file.read(at: first + position, count: wanted)
        // Cut short meanwhile: a broken answer, and no false end.
        guard !bytes.isEmpty else { throw BlobStoreError.unavailable("a volume of an archive was cut short") }
        window.withLock { $0 = Window(start: position, bytes: bytes) }
    }

    func finished(completed: Bool) {}
}
