import Glibc

/// Small files that tests lay down where programs look for them.
public enum ScratchFile {
    public static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TemporaryDirectoryError(code: errno) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            guard count > 0 else { throw TemporaryDirectoryError(code: errno) }
            written += count
        }
    }

    public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}
