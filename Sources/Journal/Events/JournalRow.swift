public import Database

/// A recorded event.
public struct JournalRow: Sendable, Hashable {
    /// The event's number; grows with time, from 1.
    public let sequence: Int64
    /// When its transaction ran.
    public let time: Timestamp
    public let event: JournalEvent
    /// Its place in the tree, from 0; nil in the second or so before it has one.
    public let leafIndex: Int64?

    public init(sequence: Int64, time: Timestamp, event: JournalEvent, leafIndex: Int64?) {
        self.sequence = sequence
        self.time = time
        self.event = event
        self.leafIndex = leafIndex
    }

    /// `SHA-256(0x00 ‖ canonical bytes)`: what an inclusion proof starts from.
    public var leafHash: [UInt8] {
        var leaf = LeafEncoding()
        leaf.encode(self)
        return TreeHasher.leaf(leaf.bytes)
    }
}

extension JournalRow {
    /// The columns of `journal_events`, in the order in which ``init(_:leafIndex:)`` and ``LeafEncoding`` read them.
    static let columns: SQL = """
        e.sequence, e.time, e.actor_kind, e.outcome, e.actor_id, e.action, e.target_kind, e.target_id, e.space_id,
        e.address, e.request_id, e.sealed_details, e.details
        """

    /// Reads ``columns`` from the first column on, and the leaf index after them.
    ///
    /// - Throws: `JournalError.damagedEvent` for numbers that the journal never writes.
    init(_ row: borrowing Row) throws(JournalError) {
        let sequence = row.integer(0)
        guard let actorKind = ActorKind(rawValue: row.int(2)), let outcome = Outcome(rawValue: row.int(3)) else {
            throw .damagedEvent(sequence: sequence)
        }
        self.init(
            sequence: sequence, time: row.timestamp(1),
            event: JournalEvent(
                actorKind: actorKind, actorID: row.optionalUUID(4), action: row.text(5),
                targetKind: row.optionalText(6), targetID: row.optionalUUID(7), spaceID: row.optionalUUID(8),
                address: row.optionalText(9), requestID: row.optionalText(10), outcome: outcome,
                sealedDetails: row.optionalBytes(11), details: row.optionalBytes(12)),
            leafIndex: row.optionalInteger(13))
    }
}
