public import Database
public import Journal
public import Vault

/// Where proofs and exports of the journal come from.
public protocol JournalDesk: Sendable {
    /// Sequences everything recorded so far and signs the tree.
    func checkpoint() async throws -> Checkpoint
    /// The key that checkpoints are verified with, as a C2SP verifier key line.
    func verifierKey() throws -> String
    /// Events that have a place in the tree.
    func treeSize() async throws -> Int64
    /// Proof that an event is in the tree of `size` leaves (`nil`: as far as it is sequenced now).
    func inclusion(of event: JournalPosition, size: Int64?) async throws -> JournalInclusion
    /// Proof that the tree of `to` leaves (`nil`: the present one) extends that of `from` leaves.
    func consistency(from: Int64, to: Int64?) async throws -> JournalConsistency
    /// The whole journal as NDJSON with its proofs, in pieces of bounded size.
    func export() async throws -> any JournalPieces
}

/// Which event a proof is wanted for.
public enum JournalPosition: Sendable, Equatable {
    case sequence(Int64)
    case leaf(Int64)
}

public struct JournalInclusion: Sendable {
    public let proof: InclusionProof
    public let root: TreeHead

    public init(proof: InclusionProof, root: TreeHead) {
        self.proof = proof
        self.root = root
    }
}

public struct JournalConsistency: Sendable {
    public let proof: ConsistencyProof
    public let from: TreeHead
    public let to: TreeHead

    public init(proof: ConsistencyProof, from: TreeHead, to: TreeHead) {
        self.proof = proof
        self.from = from
        self.to = to
    }
}

/// An export on its way out, taken by one task in order.
public protocol JournalPieces: Sendable {
    /// The next piece, `nil` at the end.
    func next() async throws -> [UInt8]?
}
