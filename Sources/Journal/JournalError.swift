/// What can go wrong with the journal itself; the store's own failures come as `DatabaseError`.
public enum JournalError: Error, Equatable, Sendable {
    /// The event cannot be recorded: the field is empty, too long or not of the form it must have.
    case invalidEvent(field: String)
    /// The text is not a note, a verifier key or a checkpoint of the C2SP specifications.
    case malformedNote
    /// No signature by the expected key, or one that does not verify.
    case badSignature
    /// The leaf, tree size or range asked for is not inside the tree.
    case outsideTree
    /// No event has this number.
    case unknownEvent(sequence: Int64)
    /// The event exists and has no place in the tree yet; the sequencer is at most a second behind.
    case notSequenced(sequence: Int64)
    /// A stored row cannot be what the journal wrote; `JournalVerifier` tells what else is wrong.
    case damagedEvent(sequence: Int64)
    /// The stored tree lacks a node that it must have, or one has the wrong form.
    case damagedTree(height: Int, index: Int64)
    /// The stored tree does not extend the checkpoint of this size, so nothing more will be signed.
    case inconsistentTree(checkpointSize: Int64)
}

extension JournalError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidEvent(let field): "journal event: \(field) is not acceptable"
        case .malformedNote: "not a signed note"
        case .badSignature: "the signature is missing or wrong"
        case .outsideTree: "not inside the journal's tree"
        case .unknownEvent(let sequence): "the journal has no event \(sequence)"
        case .notSequenced(let sequence): "event \(sequence) is not in the journal's tree yet"
        case .damagedEvent(let sequence): "journal event \(sequence) is damaged"
        case .damagedTree(let height, let index): "the journal's tree is damaged at height \(height), index \(index)"
        case .inconsistentTree(let size): "the journal no longer agrees with its checkpoint of \(size) events"
        }
    }
}
