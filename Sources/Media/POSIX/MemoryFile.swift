import Glibc

/// Plaintext for another program, in memory: a file without a name and without a place on a disk.
public final class MemoryFile: Sendable {
    let descriptor: Int32

    /// - Returns: nil when the system gives none.
    public init?() {
        let descriptor = LinuxCalls.makeMemoryFile()
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Adds bytes at the end.
    /// - Returns: false when there is no memory for them.
    public func append(_ bytes: [UInt8]) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                unsafe write(descriptor, all.baseAddress?.advanced(by: written), all.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    /// From here on nobody changes it, not even who holds it: what is looked at is what was written.
    func seal() -> Bool {
        fcntl(descriptor, 1_033 /* F_ADD_SEALS */, 0x1 | 0x2 | 0x4 | 0x8) == 0
    }
}
