import CZip
import Glibc

/// What libzip is told of a source's bytes before it reads them.
enum SourceStatus {
    /// - Parameters:
    ///   - size: bytes.
    ///   - modified: seconds since 1970; nil where it does not matter.
    ///   - data: room for a `zip_stat_t`, of `length` bytes.
    /// - Returns: bytes written; -1 when there is no room.
    static func tell(
        size: Int64, modified: Int64? = nil, _ data: UnsafeMutableRawPointer?, _ length: zip_uint64_t
    ) -> zip_int64_t {
        let needed = unsafe MemoryLayout<zip_stat_t>.size
        guard let data = unsafe data, length >= needed else { return -1 }
        var status = unsafe zip_stat_t()
        unsafe zip_stat_init(&status)
        unsafe status.size = zip_uint64_t(max(0, size))
        unsafe status.valid = zip_uint64_t(ZIP_STAT_SIZE)
        if let modified {
            unsafe status.mtime = time_t(modified)
            unsafe status.valid |= zip_uint64_t(ZIP_STAT_MTIME)
        }
        unsafe data.storeBytes(of: status, as: zip_stat_t.self)
        return zip_int64_t(needed)
    }
}
