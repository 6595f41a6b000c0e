/// Work that one node at a time does for all.
public enum LeaseName: String, Sendable, CaseIterable {
    /// Adding events to the journal's tree.
    case sequencer
    /// Signing the journal.
    case checkpoints
    /// Collecting what expired.
    case housekeeping
    /// Sending what is to leave the machine.
    case deliveries
    /// Telling who is online no more.
    case presence
    /// Erasing accounts.
    case erasure
    /// Wrapping keys under a new master key.
    case rotation
    /// Making, verifying, drilling and pruning backups, and bringing them back.
    case backups
}

/// The right of this node to do one kind of work for now.
public struct Lease: Sendable, Hashable {
    public let name: LeaseName
    /// One higher each time the lease is taken: what a transaction can check, so that a holder who slept through the end
    /// of its lease changes nothing (`Leases.confirm`). From 1.
    public let term: Int64
}

/// The lease went to another node, or ran out, while its work was under way. Nothing of the transaction was kept.
public struct LeaseLost: Error, Equatable, CustomStringConvertible {
    public let name: LeaseName

    public var description: String { "the lease \(name.rawValue) is no longer this node's" }
}
