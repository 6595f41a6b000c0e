import CZip
import Glibc

/// One entry's bytes, as libzip asks for them.
@safe final class EntrySource {
    private let source: ZIPSource
    private let announced: Int64
    private let run: WritingRun
    private var written: Int64 = 0
    private var failure = SourceFailure()

    init(_ source: ZIPSource, _ run: WritingRun) {
        self.source = source
        self.run = run
        announced = if case .file(let size) = source.content { size } else { 0 }
    }

    /// The source for libzip. It is asked on the writing thread only, while `self` lives: the run keeps it until the
    /// archive is closed.
    func make(_ error: UnsafeMutablePointer<zip_error_t>) -> OpaquePointer? {
        unsafe zip_source_function_create(
            { context, data, length, command in
                guard let context = unsafe context else { return -1 }
                let entry = unsafe Unmanaged<EntrySource>.fromOpaque(context).takeUnretainedValue()
                return unsafe entry.answer(command, data, length)
            }, Unmanaged.passUnretained(self).toOpaque(), error)
    }

    private func answer(
        _ command: zip_source_cmd_t, _ data: UnsafeMutableRawPointer?, _ length: zip_uint64_t
    ) -> zip_int64_t {
        switch command {
        case ZIP_SOURCE_SUPPORTS:
            return .supporting([
                ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
            ])
        case ZIP_SOURCE_OPEN, ZIP_SOURCE_CLOSE, ZIP_SOURCE_FREE: return 0
        case ZIP_SOURCE_STAT:
            return unsafe SourceStatus.tell(
                size: announced, modified: source.modified ?? WritingRun.earliest, data, length)
        case ZIP_SOURCE_ERROR: return unsafe failure.tell(data, length)
        case ZIP_SOURCE_READ:
            guard let data = unsafe data else { return -1 }
            do {
                return try zip_int64_t(unsafe read(UnsafeMutableRawBufferPointer(start: data, count: Int(length))))
            } catch {
                run.fail(error)
                failure = SourceFailure(code: ZIP_ER_READ, system: EIO)
                return -1
            }
        default:
            failure = SourceFailure(code: ZIP_ER_OPNOTSUPP)
            return -1
        }
    }

    private func read(_ room: UnsafeMutableRawBufferPointer) throws -> Int {
        guard !run.isCancelled else { throw ArchiveError.cancelled }
        guard room.count > 0 else { return 0 }
        var span = unsafe MutableRawSpan(_unsafeBytes: room)
        let count = try source.pull(&span)
        guard (0...room.count).contains(count) else { throw ArchiveError.io(EINVAL) }
        written += Int64(count)
        guard written <= announced, count > 0 || written == announced else {
            throw ArchiveError.wrongLength(announced: announced, written: written)
        }
        return count
    }
}
