/// What a comparison of the journal with checkpoints kept elsewhere found.
public struct WitnessReport: Sendable, Equatable {
    public enum Finding: Sendable, Hashable {
        /// What is kept is no checkpoint of this journal, or not signed by its key: somebody changed what is kept, or it
        /// belongs to another vault. `index` counts from 0.
        case notOurs(index: Int)
        /// The journal has fewer events than were signed: it was cut, or an older copy was put back.
        case truncated(checkpointSize: Int64, leaves: Int64)
        /// The tree is no continuation of the one that was signed: events before this size were changed.
        case contradicted(checkpointSize: Int64)
        /// The stored tree cannot be read there.
        case damaged(checkpointSize: Int64)
    }

    /// Checkpoints that were compared.
    public internal(set) var compared = 0
    /// Size of the tree they were compared with.
    public internal(set) var treeSize: Int64 = 0
    /// The largest size that is remembered and holds; nil when none does.
    public internal(set) var latestGood: Int64?
    /// The first ``largestFindings``.
    public private(set) var findings: [Finding] = []
    public private(set) var findingCount = 0

    public static let largestFindings = 20

    public init() {}

    /// Whether the journal continues everything that is remembered.
    public var isConsistent: Bool { findingCount == 0 }

    mutating func add(_ finding: Finding) {
        findingCount += 1
        if findings.count < Self.largestFindings { findings.append(finding) }
    }
}

extension WitnessReport.Finding: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notOurs(let index): "remembered checkpoint \(index + 1) is not signed by this vault"
        case .truncated(let size, let leaves): "\(size) events were signed, \(leaves) are left"
        case .contradicted(let size): "the journal contradicts a remembered checkpoint of \(size) events"
        case .damaged(let size): "the tree cannot be read at the remembered checkpoint of \(size) events"
        }
    }
}
