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

    /// Another directory with copies of the files in this one, each for its owner alone.
    public func copy() throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        guard let directory = unsafe opendir(path) else { throw TemporaryDirectoryError(code: errno) }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard unsafe entry.pointee.d_type == UInt8(DT_REG) else { continue }
            try Self.copyFile(path + "/" + name, to: copy.path + "/" + name)
        }
        return copy
    }

    private static func copyFile(_ source: String, to target: String) throws {
        let input = unsafe open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw TemporaryDirectoryError(code: errno) }
        defer { close(input) }
        let output = unsafe open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw TemporaryDirectoryError(code: errno) }
        defer { close(output) }
        while true {
            let count = sendfile(output, input, nil, 1 << 20)
            guard count >= 0 else { throw TemporaryDirectoryError(code: errno) }
            if count == 0 { return }
        }
    }

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
