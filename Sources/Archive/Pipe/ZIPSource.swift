/// One entry of an archive to be written, and where its bytes come from.
public struct ZIPSource: Sendable {
    /// Fills the span, as far as it likes, and says how many bytes it wrote: 0 at the end. Called on the writer's own
    /// thread, which it may block.
    public typealias Pull = @Sendable (inout MutableRawSpan) throws -> Int

    public enum Content: Sendable {
        case folder
        /// Exactly `size` bytes come.
        case file(size: Int64)
    }

    /// Path inside the archive, "/" between folders, none at the end.
    public let path: String
    public let content: Content
    /// Seconds since 1970, UTC; nil writes none (1 January 1980, where the format's time begins).
    public let modified: Int64?
    let pull: Pull
    /// Frees whoever hangs in `pull`, from any thread.
    let abandon: @Sendable () -> Void

    /// - Parameter abandon: called when the archive is given up: a `pull` that waits has to throw then.
    public init(
        path: String, size: Int64, modified: Int64? = nil, abandon: @escaping @Sendable () -> Void = {},
        pull: @escaping Pull
    ) {
        self.path = path
        content = .file(size: size)
        self.modified = modified
        self.pull = pull
        self.abandon = abandon
    }

    public init(folder path: String, modified: Int64? = nil) {
        self.path = path
        content = .folder
        self.modified = modified
        pull = { _ in 0 }
        abandon = {}
    }

    /// The bytes of memory.
    public init(path: String, bytes: [UInt8], modified: Int64? = nil) {
        let reader = ArrayReader(bytes)
        self.init(path: path, size: Int64(bytes.count), modified: modified) { room in reader.read(into: &room) }
    }

    /// One of several entries that a task sends through one pipe, one after the other: exactly `size` bytes of it.
    package init(path: String, size: Int64, modified: Int64? = nil, sharing pipe: BoundedPipe) {
        let left = Monitor(size)
        self.init(path: path, size: size, modified: modified, abandon: { pipe.abandon() }) { room in
            let wanted = left.change { Int(min(Int64(room.byteCount), $0)) }
            guard wanted > 0 else { return 0 }
            var part = room._mutatingExtracting(0..<wanted)
            let count = try pipe.read(into: &part)
            left.change { $0 -= Int64(count) }
            return count
        }
    }

    /// What a task sends through a pipe.
    package init(path: String, size: Int64, modified: Int64? = nil, pipe: BoundedPipe) {
        self.init(path: path, size: size, modified: modified, abandon: { pipe.abandon() }) { room in
            try pipe.read(into: &room)
        }
    }
}

/// Bytes of memory, read once from beginning to end.
private final class ArrayReader: Sendable {
    private let bytes: [UInt8]
    private let position = Monitor(0)

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func read(into room: inout MutableRawSpan) -> Int {
        let wanted = room.byteCount
        let (start, count) = position.change { position in
            let start = position
            let count = min(wanted, bytes.count - start)
            position += count
            return (start, count)
        }
        room.copy(bytes, from: start, count: count)
        return count
    }
}
