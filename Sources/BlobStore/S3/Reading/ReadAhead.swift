/// What a reader has in memory of its object, and what is on its way: at most two windows.
struct ReadAhead: Sendable {
    struct Pending: Sendable {
        let range: Range<Int64>
        /// Over when the window is in memory, or will not be.
        let task: Task<Void, Never>
    }

    private struct Window: Sendable {
        let offset: Int64
        let bytes: [UInt8]
        var end: Int64 { offset + Int64(bytes.count) }
    }

    /// In order, each beginning where the one before it ends.
    private var windows: [Window]
    private(set) var pending: Pending?
    /// Where the last reading ended that had to ask.
    private var reached: Int64

    init(start: [UInt8]) {
        windows = start.isEmpty ? [] : [Window(offset: 0, bytes: start)]
        reached = Int64(start.count)
    }

    /// Writes what is in memory from `offset` on; returns how many bytes.
    func copy(from offset: Int64, into buffer: inout MutableRawSpan) -> Int {
        var written = 0
        for window in windows where written < buffer.byteCount {
            let start = offset + Int64(written)
            guard start >= window.offset, start < window.end else { continue }
            let from = Int(start - window.offset)
            let count = min(buffer.byteCount - written, window.bytes.count - from)
            buffer.copy(window.bytes.span.extracting(from..<from + count), at: written)
            written += count
        }
        return written
    }

    /// The bytes in memory from the beginning of `range` on, as far as they go.
    func beginning(of range: Range<Int64>) -> [UInt8] {
        if let window = windows.first(where: { $0.offset..<$0.end == range }) { return window.bytes }
        let room = windows.last.map { min(range.upperBound, $0.end) - range.lowerBound } ?? 0
        guard room > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(room))
        let count = bytes.withMutableBytes { copy(from: range.lowerBound, into: &$0) }
        return count == bytes.count ? bytes : Array(bytes[..<count])
    }

    /// What to load now that the bytes before `position` were read from memory: the next window, once the reading is
    /// past the middle of the last.
    func following(_ position: Int64, size: Int64, window: Int) -> Range<Int64>? {
        guard pending == nil, let last = windows.last, position > last.offset + Int64(last.bytes.count / 2),
            last.end < size
        else { return nil }
        return last.end..<min(size, last.end + Int64(window))
    }

    /// Notes that `range` is asked for from the service.
    /// - Returns: what to load along with it: the next window, when the reading goes on where the last one ended.
    mutating func asked(for range: Range<Int64>, size: Int64, window: Int) -> Range<Int64>? {
        let goesOn = range.lowerBound == reached || windows.contains { ($0.offset...$0.end).contains(range.lowerBound) }
        reached = range.upperBound
        guard goesOn, pending == nil, range.upperBound < size else { return nil }
        return range.upperBound..<min(size, range.upperBound + Int64(window))
    }

    /// Notes that `range` is on its way; of what is in memory, the last window stays.
    mutating func load(_ range: Range<Int64>, _ task: Task<Void, Never>) {
        windows = windows.suffix(1)
        pending = Pending(range: range, task: task)
    }

    /// Takes what came, nil when nothing did.
    mutating func loaded(_ range: Range<Int64>, _ bytes: [UInt8]?) {
        pending = nil
        guard let bytes else { return }
        if windows.last?.end != range.lowerBound { windows = [] }
        windows.append(Window(offset: range.lowerBound, bytes: bytes))
    }
}
