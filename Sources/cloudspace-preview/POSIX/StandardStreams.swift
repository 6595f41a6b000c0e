import Glibc

/// The content: a file in memory that the caller made.
enum StandardInput {
    /// Bytes; nil when standard input is no regular file.
    static var size: Int? {
        var status = stat()
        guard unsafe fstat(0, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(exactly: status.st_size)
    }

    /// Lends the content.
    /// - Returns: nil when it cannot be mapped.
    static func read<Result>(_ size: Int, _ body: (RawSpan) -> Result) -> Result? {
        let address = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, 0, 0)
        guard let start = unsafe address, unsafe start != MAP_FAILED else { return nil }
        return unsafe body(UnsafeRawBufferPointer(start: start, count: size).bytes)
    }
}

/// The pipe to the caller.
enum StandardOutput {
    /// - Returns: false when the caller is gone.
    static func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                unsafe Glibc.write(1, all.baseAddress?.advanced(by: sent), all.count - sent)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
