/// Lines out of bytes that come as they come.
struct LineReader: Sendable {
    /// Lines given so far.
    private(set) var number = 0
    private var bytes: [UInt8] = []
    private var position = 0

    /// Bytes of the line that is not complete.
    var pending: Int { bytes.count - position }

    mutating func add(_ more: [UInt8]) {
        bytes.removeFirst(position)
        position = 0
        bytes += more
    }

    /// The next complete line, without its newline.
    mutating func next() -> [UInt8]? {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { position = end + 1 }
        number += 1
        return Array(bytes[position..<end])
    }

    /// What stands behind the last newline; nil when that is nothing.
    mutating func rest() -> [UInt8]? {
        guard pending > 0 else { return nil }
        defer { position = bytes.count }
        number += 1
        return Array(bytes[position...])
    }
}
