import Crypto
import Database

/// The lowest and highest number and time in a run of leaves. Times need not grow with the numbers: clocks are set back.
struct Span: Sendable, Equatable {
    private(set) var firstSequence = Int64.max
    private(set) var lastSequence = Int64.min
    private(set) var firstTime = Int64.max
    private(set) var lastTime = Int64.min

    mutating func add(sequence: Int64, time: Int64) {
        firstSequence = min(firstSequence, sequence)
        lastSequence = max(lastSequence, sequence)
        firstTime = min(firstTime, time)
        lastTime = max(lastTime, time)
    }
}

/// All that is needed to add leaves: the compact range, the span of the block of 256 leaves that is not full yet, and the
/// highest number sequenced so far.
struct TreeEdge: Sendable, Equatable {
    private(set) var range = CompactRange()
    private(set) var block = Span()
    /// 0 when nothing is sequenced.
    private(set) var lastSequence: Int64 = 0

    /// The edge of the empty tree.
    init() {}

    /// Takes up the stored tree again; reads a few hundred rows.
    init(in reading: borrowing some SQLReading & ~Copyable) throws {
        let size = try StoredTree.size(in: reading)
        var tree = StoredTree()
        range = try tree.compactRange(size: size, in: reading)
        lastSequence = try reading.number("SELECT max(sequence) FROM journal_leaves") ?? 0
        let blockStart = (size >> Int64(StoredTree.stride)) << Int64(StoredTree.stride)
        try reading.forEach(
            """
            SELECT l.sequence, e.time FROM journal_leaves l JOIN journal_events e ON e.sequence = l.sequence
            WHERE l.leaf_index >= \(blockStart)
            """
        ) { row in
            block.add(sequence: row.integer(0), time: row.integer(1))
            return .more
        }
    }

    /// Adds the next leaf.
    ///
    /// - Parameters:
    ///   - hasher: as in ``CompactRange/append(_:hasher:completed:)``.
    ///   - completed: likewise.
    /// - Returns: the span of the block of 256 leaves, when this leaf completes it.
    mutating func append(
        _ hash: [UInt8], sequence: Int64, time: Int64, hasher: inout SHA256Hasher,
        completed: (Subtree, [UInt8]) throws -> Void
    ) rethrows -> Span? {
        try range.append(hash, hasher: &hasher, completed: completed)
        block.add(sequence: sequence, time: time)
        lastSequence = max(lastSequence, sequence)
        guard range.size & (1 << Int64(StoredTree.stride) - 1) == 0 else { return nil }
        defer { block = Span() }
        return block
    }
}
