public import Crypto
public import Database

/// The append-only journal: what happened, in an order that cannot be changed unnoticed.
///
/// An event is a row, written in the transaction of the act it tells of. A ``JournalSequencer`` adds the rows to a Merkle
/// tree shortly after; signed checkpoints of the tree, kept elsewhere, make every later change provable.
public struct Journal: Sendable {
    /// First line of every checkpoint and name of the signing key; see ``origin(ofVault:)``.
    public let origin: String
    /// How many numbers later an event may become visible than one with a higher number.
    ///
    /// 0 where numbers are given in the order of commits (SQLite's one writer); some ten thousand where transactions
    /// take a number and commit in parallel (PostgreSQL).
    public let reorderWindow: Int64
    /// How many numbers behind a higher one an event may stand in the tree.
    ///
    /// The largest ``reorderWindow`` of any engine the journal has been on: the tree keeps the order it was built in when
    /// the vault moves to an engine that gives numbers in order.
    public let displacement: Int64
    let signingKey: Ed25519SigningKey

    /// - Parameter signingKey: must stay the same for the life of the vault.
    public init(signingKey: Ed25519SigningKey, origin: String) {
        self.init(signingKey: signingKey, origin: origin, reorderWindow: 0)
    }

    /// - Parameters:
    ///   - reorderWindow: see ``reorderWindow``; 0 or more.
    ///   - displacement: see ``displacement``; the reorder window when it is less.
    public init(signingKey: Ed25519SigningKey, origin: String, reorderWindow: Int64, displacement: Int64 = 0) {
        self.signingKey = signingKey
        self.origin = origin
        self.reorderWindow = max(0, reorderWindow)
        self.displacement = max(0, reorderWindow, displacement)
    }

    /// The origin of a vault's journal: `cloudspace-vault/` and the vault's id as a UUID.
    public static func origin(ofVault id: UInt128) -> String {
        "cloudspace-vault/\(UUIDText.encode(id))"
    }

    /// The key by which anyone verifies this journal's checkpoints and exports.
    ///
    /// - Throws: `JournalError.malformedNote` when the origin cannot name a key.
    public func verifierKey() throws(JournalError) -> NoteVerifierKey {
        try NoteVerifierKey(name: origin, publicKey: signingKey.publicKey)
    }

    /// Records an event in the transaction of the act: both become durable, or neither.
    ///
    /// One INSERT and nothing else, since every write passes here.
    /// - Returns: the event's sequence.
    /// - Throws: `JournalError.invalidEvent`, `DatabaseError`.
    @discardableResult
    public func append(_ event: JournalEvent, in transaction: borrowing Transaction) throws -> Int64 {
        try event.append(in: transaction)
    }
}

extension JournalEvent {
    /// Records the event without the journal's keys, which only signing needs: what is told of a sealed vault.
    ///
    /// - Returns: the event's sequence.
    /// - Throws: `JournalError.invalidEvent`, `DatabaseError`.
    @discardableResult
    public func append(in transaction: borrowing Transaction) throws -> Int64 {
        try validate()
        return try transaction.insert(
            """
            INSERT INTO journal_events (
                time, actor_kind, outcome, actor_id, action, target_kind, target_id, space_id, address, request_id,
                sealed_details, details)
            VALUES (
                \(transaction.now), \(actorKind.rawValue), \(outcome.rawValue), \(actorID.sqlValue), \(action),
                \(targetKind.sqlValue), \(targetID.sqlValue), \(spaceID.sqlValue), \(address.sqlValue),
                \(requestID.sqlValue), \(sealedDetails.sqlValue), \(details.sqlValue))
            """, identity: "sequence")
    }
}
