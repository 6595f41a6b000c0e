import CZip
import Glibc

/// The file of a volume, as libzip writes to it.
@safe final class VolumeTarget {
    private let file: VolumeFile
    private let run: WritingRun
    /// Before anything is written libzip asks what is there: nothing.
    private var failure = SourceFailure()

    init(_ file: VolumeFile, _ run: WritingRun) {
        self.file = file
        self.run = run
    }

    /// The source for libzip. It is asked on the writing thread only, while `self` lives.
    func make(_ error: UnsafeMutablePointer<zip_error_t>) -> OpaquePointer? {
        unsafe zip_source_function_create(
            { context, data, length, command in
                guard let context = unsafe context else { return -1 }
                let target = unsafe Unmanaged<VolumeTarget>.fromOpaque(context).takeUnretainedValue()
                do {
                    return try unsafe target.answer(command, data, length)
                } catch {
                    target.run.fail(error)
                    target.failure = SourceFailure(code: ZIP_ER_WRITE, system: EIO)
                    return -1
                }
            }, Unmanaged.passUnretained(self).toOpaque(), error)
    }

    private func answer(
        _ command: zip_source_cmd_t, _ data: UnsafeMutableRawPointer?, _ length: zip_uint64_t
    ) throws(ArchiveError) -> zip_int64_t {
        switch command {
        case ZIP_SOURCE_SUPPORTS:
            return .supporting([
                ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
                ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_BEGIN_WRITE, ZIP_SOURCE_COMMIT_WRITE,
                ZIP_SOURCE_ROLLBACK_WRITE, ZIP_SOURCE_WRITE, ZIP_SOURCE_SEEK_WRITE, ZIP_SOURCE_TELL_WRITE,
                ZIP_SOURCE_SUPPORTS, ZIP_SOURCE_REMOVE,
            ])
        case ZIP_SOURCE_WRITE:
            guard !run.isCancelled else { throw .cancelled }
            guard let data = unsafe data else { return length == 0 ? 0 : -1 }
            try unsafe file.write(UnsafeRawBufferPointer(start: data, count: Int(length)))
            return zip_int64_t(length)
        case ZIP_SOURCE_TELL_WRITE: return file.position
        case ZIP_SOURCE_SEEK_WRITE:
            guard let data = unsafe data, length >= MemoryLayout<zip_source_args_seek_t>.size else { return -1 }
            let wanted = unsafe data.load(as: zip_source_args_seek_t.self)
            let base: Int64
            switch wanted.whence {
            case SEEK_SET: base = 0
            case SEEK_CUR: base = file.position
            default: base = file.size
            }
            let (place, isOver) = base.addingReportingOverflow(wanted.offset)
            guard !isOver else { throw .io(EINVAL) }
            try file.seek(to: place)
            return 0
        case ZIP_SOURCE_COMMIT_WRITE:
            try file.finish()
            return 0
        case ZIP_SOURCE_BEGIN_WRITE, ZIP_SOURCE_ROLLBACK_WRITE, ZIP_SOURCE_REMOVE, ZIP_SOURCE_CLOSE, ZIP_SOURCE_FREE:
            return 0
        case ZIP_SOURCE_ERROR: return unsafe failure.tell(data, length)
        case ZIP_SOURCE_STAT:
            failure = SourceFailure(code: ZIP_ER_READ, system: ENOENT)
            return -1
        default:
            failure = SourceFailure(code: ZIP_ER_OPNOTSUPP)
            return -1
        }
    }
}
