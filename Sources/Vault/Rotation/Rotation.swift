public import Database

public enum RotationEntity {}
public typealias RotationID = ID<RotationEntity>

/// A change of the master key: the new generation is made, handed to every node, and then every key is wrapped anew.
public struct Rotation: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        /// Asked for; the new generation is not stored yet.
        case requested
        /// Stored here, not yet by every living node; nothing is wrapped under it.
        case distributing
        /// It wraps what is new, and what is old is wrapped under it batch by batch.
        case rewrapping
        /// No row of an older generation is left.
        case completed
        /// Given up before anything was changed.
        case failed

        public var isFinished: Bool { self == .completed || self == .failed }
    }

    /// What keeps it from going on.
    public enum Obstacle: String, Sendable, CaseIterable {
        /// The key provider did not store the ring with the new generation.
        case ringNotSaved = "ring_not_saved"
        /// Living nodes that do not have the new generation; the detail names them.
        case waitingForNodes = "waiting_for_nodes"
        /// A row of a kind that this program does not know; the detail is the kind.
        case unknownKind = "unknown_kind"
        /// A stored key that does not open; the detail is its owner.
        case unreadableKey = "unreadable_key"
    }

    public struct Problem: Sendable, Equatable {
        public let obstacle: Obstacle
        /// Names, ids or words of the provider; never key material.
        public let detail: String
    }

    public let id: RotationID
    public let from: Int
    public let to: Int
    public let state: State
    /// Keys a second; `nil` for as fast as leaves people's writes in peace.
    public let rate: Int?
    /// Why, in the words of who asked.
    public let reason: String?
    /// Keys to wrap anew, counted when it began.
    public let total: Int
    public let done: Int
    public let problem: Problem?
    public let requestedBy: AccountID?
    public let requestedAt: Timestamp
    /// When wrapping anew began.
    public let startedAt: Timestamp?
    public let pausedAt: Timestamp?
    public let finishedAt: Timestamp?

    public var isPaused: Bool { pausedAt != nil && !state.isFinished }

    /// When it should be done, by how it went so far; `nil` when that cannot be told.
    public func estimatedEnd(at now: Timestamp) -> Timestamp? {
        guard state == .rewrapping, !isPaused, let startedAt, done > 0, total > done else { return nil }
        let elapsed = now.milliseconds - startedAt.milliseconds
        guard elapsed > 0 else { return nil }
        let left = Double(elapsed) / Double(done) * Double(total - done)
        return Timestamp(milliseconds: now.milliseconds + Int64(min(left, 1e15)))
    }

    static let maximumRate = 1_000_000
    static let maximumReason = 500
}

/// One generation of the master key, as the database knows it.
public struct KeyGeneration: Sendable, Equatable {
    public enum State: String, Sendable {
        /// There, and not used yet.
        case staged
        /// Wraps what is new.
        case active
        /// Followed by another; may still be needed to open.
        case superseded
        /// No row needs it, and none can be stored under it again.
        case retired
        /// Forgotten for good.
        case destroyed
    }

    public let number: Int
    public let state: State
    /// Keys that rest wrapped under it.
    public let keys: Int
    /// `nil` for a generation from before the first rotation.
    public let createdAt: Timestamp?
    public let activatedAt: Timestamp?
    public let retiredAt: Timestamp?
    public let destroyedAt: Timestamp?
}

/// What one may know of the vault's keys: everything but the keys.
public struct KeyStatus: Sendable, Equatable {
    /// "file", "passphrase", …
    public let provider: String?
    /// What is wrong with the stored ring, in sentences.
    public let problems: [String]
    /// Oldest first.
    public let generations: [KeyGeneration]
    /// The rotation under way, or else the last one.
    public let rotation: Rotation?

    public var active: Int? { generations.last { $0.state == .active }?.number }
}
