import Glibc

/// Standard output and standard error, written at once: what is printed has been printed.
enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Whether a person is probably reading along.
    var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Writes a line in one piece, so that lines of several threads do not mix.
    func print(_ line: String) { write(Array((line + "\n").utf8)) }

    /// Writes `bytes`; gives up quietly when nobody reads any more.
    func write(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let rest = bytes[start...]
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return
            }
            start += count
        }
    }
}

/// Standard input.
enum StandardInput {
    static var isTerminal: Bool { isatty(0) == 1 }

    /// The first line; on a terminal after a prompt and without showing what is typed.
    static func secretLine(prompt: String, limit: Int) -> String? {
        guard isTerminal else { return firstLine(limit: limit) }
        var shown = termios()
        guard unsafe tcgetattr(0, &shown) == 0 else { return firstLine(limit: limit) }
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        unsafe tcsetattr(0, TCSAFLUSH, &hidden)
        defer {
            unsafe tcsetattr(0, TCSAFLUSH, &shown)
            StandardStream.error.print("")
        }
        StandardStream.error.write(Array(prompt.utf8))
        return firstLine(limit: limit)
    }

    /// Everything up to the first line break or the end.
    /// - Returns: nil when there is nothing, more than `limit` bytes, or no UTF-8.
    static func firstLine(limit: Int) -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while unsafe read(0, &byte, 1) == 1, byte != UInt8(ascii: "\n") {
            line.append(byte)
            if line.count > limit { return nil }
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line.isEmpty ? nil : String(validating: line, as: UTF8.self)
    }
}
