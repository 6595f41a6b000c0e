/// What a verification of the whole journal found.
public struct VerificationReport: Sendable, Equatable {
    /// Something that is not as the journal wrote it.
    public enum Finding: Sendable, Hashable {
        /// The event's row does not have the hash that its leaf has: one of the two was changed.
        case changedEvent(sequence: Int64, leafIndex: Int64)
        /// The leaf's event is gone.
        case missingEvent(sequence: Int64, leafIndex: Int64)
        /// The event never got a leaf although later ones did: it was put in afterwards.
        case insertedEvent(sequence: Int64)
        /// Leaves are not in the order of their events' numbers.
        case misplacedLeaf(sequence: Int64, leafIndex: Int64)
        /// The tree has a hole: this leaf is gone. Nothing behind it can be verified against the tree.
        case missingLeaf(leafIndex: Int64)
        /// A stored node is not the hash of its leaves, or is gone. `firstSequence` is the first event under it.
        case changedNode(height: Int, index: Int64, firstSequence: Int64?)
        /// A stored node stands for leaves that do not exist.
        case surplusNode(height: Int, index: Int64)
        /// A row of the index by time is wrong, so filters by time may hide events.
        case changedSpan(block: Int64)
        /// The checkpoint cannot be opened with the journal's key, or its row says something else than its note.
        case badCheckpoint(size: Int64)
        /// The tree had another root when this was signed; the first event that may differ is named.
        case contradictedCheckpoint(size: Int64, firstSequence: Int64?)
        /// The journal has fewer events than were signed.
        case truncated(checkpointSize: Int64, leaves: Int64)
    }

    /// Events compared with their leaves.
    public internal(set) var events: Int64 = 0
    /// Events that have no leaf yet, rightly.
    public internal(set) var pending: Int64 = 0
    /// Checkpoints compared with the tree.
    public internal(set) var checkpoints = 0
    /// The tree as recomputed.
    public internal(set) var head = TreeHead(size: 0, rootHash: TreeHasher.emptyRoot)
    /// The first ``largestFindings`` findings.
    public private(set) var findings: [Finding] = []
    /// All of them.
    public private(set) var findingCount = 0
    /// The lowest event number that a finding names; events from it on cannot be trusted.
    public private(set) var firstBadSequence: Int64?

    public static let largestFindings = 100

    /// Whether everything is as the journal wrote it.
    public var isSound: Bool { findingCount == 0 }

    mutating func add(_ finding: Finding) {
        findingCount += 1
        if findings.count < Self.largestFindings { findings.append(finding) }
        if let sequence = finding.sequence { firstBadSequence = min(firstBadSequence ?? .max, sequence) }
    }
}

extension VerificationReport.Finding {
    /// The event it names.
    public var sequence: Int64? {
        switch self {
        case .changedEvent(let sequence, _), .missingEvent(let sequence, _), .insertedEvent(let sequence),
            .misplacedLeaf(let sequence, _):
            sequence
        case .changedNode(_, _, let sequence), .contradictedCheckpoint(_, let sequence): sequence
        case .missingLeaf, .surplusNode, .changedSpan, .badCheckpoint, .truncated: nil
        }
    }
}

extension VerificationReport.Finding: CustomStringConvertible {
    public var description: String {
        switch self {
        case .changedEvent(let sequence, let leaf): "event \(sequence) was changed (leaf \(leaf))"
        case .missingEvent(let sequence, let leaf): "event \(sequence) is missing (leaf \(leaf))"
        case .insertedEvent(let sequence): "event \(sequence) was inserted"
        case .misplacedLeaf(let sequence, let leaf): "event \(sequence) is out of order (leaf \(leaf))"
        case .missingLeaf(let leaf): "leaf \(leaf) is missing"
        case .changedNode(let height, let index, let sequence):
            "tree node \(index) of height \(height) is wrong" + (sequence.map { ", from event \($0) on" } ?? "")
        case .surplusNode(let height, let index): "tree node \(index) of height \(height) should not exist"
        case .changedSpan(let block): "the index by time is wrong for leaves from \(block * 256) on"
        case .badCheckpoint(let size): "the checkpoint of \(size) events is not ours"
        case .contradictedCheckpoint(let size, let sequence):
            "the journal contradicts its checkpoint of \(size) events"
                + (sequence.map { ", from event \($0) on" } ?? "")
        case .truncated(let size, let leaves): "\(size) events were signed, \(leaves) are left"
        }
    }
}
