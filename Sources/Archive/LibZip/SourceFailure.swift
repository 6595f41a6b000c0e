import CZip
import Glibc

/// What a source of ours answers libzip with when it is asked what went wrong: a code of libzip and one of the system.
struct SourceFailure {
    var code: Int32 = ZIP_ER_OK
    var system: Int32 = 0

    /// Answers ZIP_SOURCE_ERROR.
    func tell(_ data: UnsafeMutableRawPointer?, _ length: zip_uint64_t) -> zip_int64_t {
        guard let data = unsafe data, length >= 8 else { return -1 }
        unsafe data.storeBytes(of: code, as: Int32.self)
        unsafe data.storeBytes(of: system, toByteOffset: 4, as: Int32.self)
        return 8
    }
}

extension zip_int64_t {
    /// The answer to ZIP_SOURCE_SUPPORTS.
    static func supporting(_ commands: [zip_source_cmd_t]) -> zip_int64_t {
        commands.reduce(0) { $0 | 1 << zip_int64_t($1.rawValue) }
    }
}
