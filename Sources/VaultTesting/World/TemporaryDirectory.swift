import Glibc

/// A fresh directory that goes with its owner.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        var random = SystemRandomNumberGenerator()
        path = "/tmp/cloudspace-test-" + String(random.next(), radix: 36)
        guard unsafe mkdir(path, 0o700) == 0 else { throw TemporaryDirectoryError(code: errno) }
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        if let directory = unsafe opendir(path) {
            while let entry = unsafe readdir(directory) {
                let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name == "." || name == ".." { continue }
                if unsafe entry.pointee.d_type == UInt8(DT_DIR) {
                    remove(path + "/" + name)
                } else {
                    unsafe unlink(path + "/" + name)
                }
            }
            unsafe closedir(directory)
        }
        unsafe rmdir(path)
    }
}

public struct TemporaryDirectoryError: Error { public let code: Int32 }
