import Glibc

/// Certificates and keys, which the library wants as C strings.
enum PEMFile {
    /// The file's bytes and a NUL; at most 256 KiB.
    static func read(_ path: String) throws(ServerError) -> [CChar] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = reason(errno)
            throw .certificate("cannot read \(path): \(reason)")
        }
        defer { close(descriptor) }
        var text = [CChar](repeating: 0, count: 256 << 10)
        var used = 0
        while used < text.count - 1 {
            let count = unsafe text.withUnsafeMutableBytes { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                return unsafe Glibc.read(descriptor, base + used, buffer.count - 1 - used)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .certificate("cannot read \(path)") }
            if count == 0 { return text }
            used += count
        }
        throw .certificate("\(path) is too large for a certificate or key")
    }

    private static func reason(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }

    /// Overwrites a key once the library has its own copy.
    static func wipe(_ text: inout [CChar]) {
        unsafe text.withUnsafeMutableBytes { buffer in
            if let base = buffer.baseAddress { unsafe explicit_bzero(base, buffer.count) }
        }
    }
}
