/// An archive that rests somewhere and is read at any place. Reading blocks: it belongs on a thread of one's own.
public protocol ZIPInput: Sendable {
    /// Bytes.
    var size: Int64 { get }

    /// Fills `room` with the bytes from `offset` on, and says how many: fewer than there is room for only at the end.
    func read(at offset: Int64, into room: inout MutableRawSpan) throws -> Int
}

/// An archive in memory.
public struct MemoryInput: ZIPInput {
    private let bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public var size: Int64 { Int64(bytes.count) }

    public func read(at offset: Int64, into room: inout MutableRawSpan) -> Int {
        guard offset >= 0, offset < size else { return 0 }
        let count = min(room.byteCount, bytes.count - Int(offset))
        room.copy(bytes, from: Int(offset), count: count)
        return count
    }
}

/// What tasks read, for a thread that blocks: each reading is a task of its own, and the thread waits for it.
public final class BridgedInput: ZIPInput {
    public typealias Read = @Sendable (_ offset: Int64, _ count: Int) async throws -> [UInt8]

    private struct State {
        var turn = 0
        var result: (turn: Int, bytes: Result<[UInt8], any Error>)?
        var task: Task<Void, Never>?
        var isCancelled = false
    }

    public let size: Int64
    private let source: Read
    private let state = Monitor(State())

    /// - Parameter read: gives `count` bytes from `offset` on, fewer only at the end.
    public init(size: Int64, read: @escaping Read) {
        self.size = size
        source = read
    }

    /// Ends a reading under way and refuses all that follow; from any thread.
    public func cancel() {
        state.change { state in
            state.isCancelled = true
            state.task?.cancel()
        }
    }

    public func read(at offset: Int64, into room: inout MutableRawSpan) throws -> Int {
        let count = Int(min(Int64(room.byteCount), max(0, size - max(0, offset))))
        guard count > 0, offset >= 0 else { return 0 }
        let turn = state.change { state in
            state.turn += 1
            return state.turn
        }
        let task = Task { [source, state] in
            let bytes: Result<[UInt8], any Error>
            do {
                bytes = .success(try await source(offset, count))
            } catch {
                bytes = .failure(error)
            }
            state.change { $0.result = (turn, bytes) }
        }
        state.change { state in
            state.task = task
            if state.isCancelled { task.cancel() }
        }
        let result = state.wait { state -> Result<[UInt8], any Error>? in
            if state.isCancelled { return .failure(ArchiveError.cancelled) }
            guard let (made, bytes) = state.result, made == turn else { return nil }
            state.result = nil
            state.task = nil
            return bytes
        }
        let bytes = try result.get()
        guard bytes.count <= count else { throw ArchiveError.io(0) }
        room.copy(bytes, from: 0, count: bytes.count)
        return bytes.count
    }
}
