public import Database

/// What becomes of one old version, and why.
public struct ExpiryDecision: Sendable, Equatable {
    public enum Verdict: Sendable, Equatable {
        /// The policy lets it go, and so does every other that speaks of it.
        case expires(RetentionPolicyID)
        case current
        /// Among so many newest.
        case newest(Int, RetentionPolicyID)
        case younger(until: Timestamp, RetentionPolicyID)
        /// Its own minimum duration, or that of another policy, is not over.
        case retention(until: Timestamp, RetentionPolicyID)
        case hold(HoldID)
    }

    public let node: NodeID
    public let number: Int
    public let createdAt: Timestamp
    /// Bytes.
    public let size: Int64
    public let verdict: Verdict

    public var expires: Bool {
        guard case .expires = verdict else { return false }
        return true
    }
}

/// A place in the walk through old versions: behind this version of this file.
public struct ExpiryCursor: Sendable, Equatable {
    public let node: NodeID
    public let number: Int

    public init(node: NodeID, number: Int) {
        self.node = node
        self.number = number
    }

    static let start = ExpiryCursor(node: NodeID(0), number: 0)
}

/// All that a version's fate depends on, for one file.
struct ExpiryRules {
    let head: Int
    let holds: [HoldID]
    /// Policies on the file and above it, nearest first.
    let places: [Keeping.Place]
    let now: Int64

    /// Whether anything would let versions go: no rule on a folder above says so otherwise.
    var letsGo: Bool { places.contains { !$0.isCarried && $0.expiry != nil } }

    /// The strictest wins: a version goes when no hold and no minimum duration keeps it, and every policy that lets
    /// versions go lets this one go.
    func verdict(on number: Int, createdAt: Int64) -> ExpiryDecision.Verdict? {
        if number == head { return .current }
        if let hold = holds.first { return .hold(hold) }
        var longest: (until: Int64, policy: RetentionPolicyID)?
        for place in places where createdAt <= place.coversBefore {
            let until = createdAt + place.duration
            if until > now, until > longest?.until ?? .min { longest = (until, place.policy) }
        }
        if let longest { return .retention(until: Timestamp(milliseconds: longest.until), longest.policy) }
        var letting: RetentionPolicyID?
        for place in places where !place.isCarried {
            guard let rule = place.expiry else { continue }
            if let count = rule.keepVersions, number > head - count { return .newest(count, place.policy) }
            if let age = rule.keepFor, createdAt + age > now {
                return .younger(until: Timestamp(milliseconds: createdAt + age), place.policy)
            }
            letting = letting ?? place.policy
        }
        return letting.map { .expires($0) }
    }
}
