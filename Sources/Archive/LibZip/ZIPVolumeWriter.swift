import Crypto
import Glibc

/// What was written.
public struct ZIPVolume: Sendable, Equatable {
    /// Bytes.
    public let size: Int64
    /// 32 bytes; nil when nobody asked for it.
    public let sha256: [UInt8]?
}

/// Whether the hash of the finished file is wanted.
public enum VolumeHashing: Sendable {
    case none
    /// By a second thread behind the writing one: final parts of the file are read back while they are in memory.
    case sha256
}

/// Writes archives (ZIP, APPNOTE 6.3, ZIP64 where sizes or numbers ask for it) by libzip, entries stored as they come.
///
/// libzip goes back in the file to write an entry's checksum into its head, so the target is a file. Memory does not depend
/// on the size of contents; each entry takes about one KiB until the volume is done.
public struct ZIPVolumeWriter: Sendable {
    public init() {}

    /// Writes a volume to a new file, for its owner only, durable on return.
    ///
    /// Everything runs on threads of its own. When it fails, or the task is cancelled, the sources are abandoned and the file goes.
    ///
    /// - Parameters:
    ///   - entries: one or more, in the order in which they are written and pulled.
    ///   - path: of a file that does not exist; its directory's name for it is the caller's to sync.
    ///   - password: encrypts every entry's content, not its name: WinZip AES-256.
    /// - Throws: what a source threw; `ArchiveError.full`, `.io`, `.duplicateName`, `.wrongLength`, `.cancelled`, ….
    ///   The file is gone then.
    public func write(
        _ entries: [ZIPSource], to path: String, password: ZIPPassword? = nil, hashing: VolumeHashing = .none
    ) async throws -> ZIPVolume {
        let run = WritingRun(entries, password)
        return try await withTaskCancellationHandler {
            do {
                return try await OwnThread.run {
                    switch hashing {
                    case .none: try Self.write(run, to: path, nil)
                    case .sha256: try Self.write(run, to: path, TrailingHash())
                    }
                }
            } catch {
                // A full disk, say: a maker that waits for room would wait for ever.
                run.abandon()
                throw error
            }
        } onCancel: {
            run.cancel()
        }
    }

    private static func write(_ run: WritingRun, to path: String, _ hash: TrailingHash?) throws -> ZIPVolume {
        let file = try VolumeFile(creating: path) { hash?.settle($0) }
        defer { hash?.finish() }
        do {
            let follower = WorkerPool(threads: 1, queueLimit: 0, standing: .background)
            if let hash {
                guard follower.submit({ hash.follow(file) }) else { throw ArchiveError.outOfMemory }
            }
            try run.write(to: file)
            hash?.finish()
            let sha256 = try hash?.result()
            return ZIPVolume(size: file.size, sha256: sha256)
        } catch {
            file.remove()
            throw error
        }
    }
}
