import Crypto
import Database

/// A verification under way: goes through the leaves once, from the first.
struct VerificationState: Sendable {
    /// Leaves read in one snapshot.
    static let batchSize: Int64 = 8192

    private(set) var report = VerificationReport()
    private let key: NoteVerifierKey
    private let reorderWindow: Int64
    private let displacement: Int64

    private var edge = TreeEdge()
    /// Leaves to verify.
    private var endSize: Int64 = 0
    /// Roots that were signed, by tree size, of the checkpoints not reached yet.
    private var signed: [Int64: [[UInt8]]] = [:]
    /// Sizes of those, largest first.
    private var signedSizes: [Int64] = []
    /// Events up to here were looked through for ones without a leaf.
    private var lastScanned = Int64.min
    private var blockFirstSequence: Int64?
    /// Whether an event of the block of 256 leaves is bad, so that the block's span cannot be recomputed.
    private var blockIsDoubtful = false
    private var firstSequenceSinceCheckpoint: Int64?
    private var treeIsBroken = false

    init(key: NoteVerifierKey, reorderWindow: Int64, displacement: Int64) {
        self.key = key
        self.reorderWindow = reorderWindow
        self.displacement = displacement
    }

    var isAtEnd: Bool { treeIsBroken || edge.range.size >= endSize }

    var progress: JournalVerification.Progress {
        JournalVerification.Progress(done: edge.range.size, total: endSize)
    }

    /// Fixes how far to go and opens the checkpoints.
    mutating func start(remembered: [String], in reading: borrowing some SQLReading & ~Copyable) throws {
        endSize = try StoredTree.size(in: reading)
        try reading.forEach("SELECT tree_size, root_hash, note FROM journal_checkpoints ORDER BY tree_size") { row in
            let size = row.integer(0)
            guard let checkpoint = try? Checkpoint(opening: row.text(2), key: key),
                checkpoint.head == TreeHead(size: size, rootHash: row.bytes(1))
            else {
                report.add(.badCheckpoint(size: size))
                return .more
            }
            signed[size, default: []].append(checkpoint.head.rootHash)
            return .more
        }
        for note in remembered {
            let checkpoint = try Checkpoint(opening: note, key: key)
            signed[checkpoint.head.size, default: []].append(checkpoint.head.rootHash)
        }
        signedSizes = signed.keys.sorted(by: >)
        compareCheckpoint()
    }

    /// Goes on with the next leaves.
    mutating func verifyBatch(in reading: borrowing some SQLReading & ~Copyable) throws {
        let start = edge.range.size
        let end = min(start + Self.batchSize, endSize)
        let eventsBefore = report.events
        var encoding = LeafEncoding()
        var hasher = SHA256Hasher()
        var nodes: [(subtree: Subtree, hash: [UInt8], firstSequence: Int64?)] = []
        var spans: [(block: Int64, span: Span)] = []
        var isInOrder = true
        try reading.forEach(
            """
            SELECT l.leaf_index, l.sequence, l.hash, \(JournalRow.columns)
            FROM journal_leaves l LEFT JOIN journal_events e ON e.sequence = l.sequence
            WHERE l.leaf_index >= \(start) AND l.leaf_index < \(end) ORDER BY l.leaf_index
            """
        ) { row in
            let index = edge.range.size
            guard row.integer(0) == index else { return .stop }
            let sequence = row.integer(1)
            let stored = row.bytes(2)
            if row.isNull(3) {
                report.add(.missingEvent(sequence: sequence, leafIndex: index))
                blockIsDoubtful = true
            } else {
                let isEncoded = encoding.encode(row, from: 3)
                if !isEncoded || hasher.leaf(encoding.bytes) != stored {
                    report.add(.changedEvent(sequence: sequence, leafIndex: index))
                    blockIsDoubtful = true
                }
                report.events += 1
            }
            if sequence <= edge.lastSequence { isInOrder = false }
            if sequence <= edge.lastSequence - displacement {
                report.add(.misplacedLeaf(sequence: sequence, leafIndex: index))
            }
            firstSequenceSinceCheckpoint = firstSequenceSinceCheckpoint ?? sequence
            blockFirstSequence = blockFirstSequence ?? sequence

            // What does not fit is told above; the tree is judged by the leaves as they are stored.
            let first = blockFirstSequence
            let time = row.optionalInteger(4) ?? 0
            let span = edge.append(stored, sequence: sequence, time: time, hasher: &hasher) { subtree, hash in
                guard subtree.height % StoredTree.stride == 0 else { return }
                nodes.append((subtree, hash, subtree.height == StoredTree.stride ? first : nil))
            }
            if let span {
                if !blockIsDoubtful { spans.append((index >> Int64(StoredTree.stride), span)) }
                blockFirstSequence = nil
                blockIsDoubtful = false
            }
            compareCheckpoint()
            return .more
        }
        try compare(nodes, in: reading)
        try compare(spans, in: reading)
        try findInserted(expecting: isInOrder ? report.events - eventsBefore : nil, in: reading)
        if edge.range.size < end {
            report.add(.missingLeaf(leafIndex: edge.range.size))
            treeIsBroken = true
        }
    }

    /// Looks at what lies behind the last leaf.
    mutating func finish(in reading: borrowing some SQLReading & ~Copyable) throws {
        report.head = TreeHead(size: edge.range.size, rootHash: edge.range.rootHash)
        if !treeIsBroken {
            for size in signedSizes.reversed() {
                report.add(.truncated(checkpointSize: size, leaves: edge.range.size))
            }
        }
        let size = try StoredTree.size(in: reading)
        try reading.forEach(
            """
            SELECT height, node_index FROM journal_nodes
            WHERE NOT (
                height IN (8, 16, 24, 32, 40, 48, 56) AND node_index >= 0
                AND node_index < (\(size) >> CAST(height AS INTEGER)))
            ORDER BY height, node_index LIMIT 100
            """
        ) { row in
            report.add(.surplusNode(height: row.int(0), index: row.integer(1)))
            return .more
        }
        try reading.forEach(
            """
            SELECT block FROM journal_spans WHERE block < 0 OR block >= \(size >> Int64(StoredTree.stride))
            ORDER BY block LIMIT 100
            """
        ) { row in
            report.add(.changedSpan(block: row.integer(0)))
            return .more
        }
        report.pending =
            try reading.number(
                """
                SELECT count(*) FROM journal_events e WHERE e.sequence > \(edge.lastSequence - reorderWindow)
                AND NOT EXISTS (SELECT 1 FROM journal_leaves l WHERE l.sequence = e.sequence)
                """) ?? 0
    }
}

extension VerificationState {
    /// Compares the root of the tree so far with what was signed at this size.
    private mutating func compareCheckpoint() {
        guard let size = signedSizes.last, size == edge.range.size else { return }
        let root = edge.range.rootHash
        for signedRoot in signed[size] ?? [] {
            report.checkpoints += 1
            if signedRoot != root {
                report.add(.contradictedCheckpoint(size: size, firstSequence: firstSequenceSinceCheckpoint))
            }
        }
        if signed[size]?.contains(root) == true { firstSequenceSinceCheckpoint = nil }
        signedSizes.removeLast()
    }

    private mutating func compare(
        _ nodes: [(subtree: Subtree, hash: [UInt8], firstSequence: Int64?)],
        in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        for node in nodes {
            let stored = try reading.first(
                """
                SELECT hash FROM journal_nodes
                WHERE height = \(node.subtree.height) AND node_index = \(node.subtree.index)
                """
            ) { $0.bytes(0) }
            guard stored != node.hash else { continue }
            report.add(
                .changedNode(
                    height: node.subtree.height, index: node.subtree.index, firstSequence: node.firstSequence))
        }
    }

    private mutating func compare(
        _ spans: [(block: Int64, span: Span)], in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        for (block, span) in spans {
            let isStored = try reading.exists(
                """
                SELECT 1 FROM journal_spans
                WHERE block = \(block) AND first_sequence = \(span.firstSequence)
                    AND last_sequence = \(span.lastSequence) AND first_time = \(span.firstTime)
                    AND last_time = \(span.lastTime)
                """)
            if !isStored { report.add(.changedSpan(block: block)) }
        }
    }

    /// Looks for events without a leaf among those that must have one by now.
    ///
    /// - Parameter known: how many events with a leaf the batch had, when their numbers were in order: these are all that
    ///   the range may hold then, which is quick to count.
    private mutating func findInserted(
        expecting known: Int64?, in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        let end = edge.lastSequence - reorderWindow
        guard end > lastScanned else { return }
        defer { lastScanned = end }
        let range: SQL = "e.sequence > \(lastScanned) AND e.sequence <= \(end)"
        if reorderWindow == 0, let known,
            try reading.number("SELECT count(*) FROM journal_events e WHERE \(range)") == known
        {
            return
        }
        try reading.forEach(
            """
            SELECT e.sequence FROM journal_events e
            WHERE \(range) AND NOT EXISTS (SELECT 1 FROM journal_leaves l WHERE l.sequence = e.sequence)
            ORDER BY e.sequence LIMIT 1000
            """
        ) { row in
            report.add(.insertedEvent(sequence: row.integer(0)))
            return .more
        }
    }
}
