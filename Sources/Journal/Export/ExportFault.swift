/// Why an export was refused. `scripts/verify_journal.py` names the same line and reason.
public struct ExportFault: Error, Equatable, Sendable {
    public enum Reason: String, Sendable, CaseIterable {
        /// The line is not what the format has at this place, in its canonical spelling.
        case malformed
        /// The key is not the expected one, or not named after the origin.
        case key
        /// The checkpoint is not signed by the key or not of this journal.
        case checkpoint
        /// The event is not where it must be: numbers do not grow, or a leaf is missing or repeated.
        case order
        /// In a document's proof: the event is none that made a version of the document.
        case subject
        /// The event is not in the checkpoint's tree as its line says.
        case inclusion
        /// The events do not give the checkpoint's tree: one was changed, or some are missing.
        case root
        /// The tree contradicts a checkpoint that was kept elsewhere.
        case contradiction
        /// Lines were taken out or added: the count is wrong.
        case count
        /// The signature under the last line is missing or wrong.
        case signature
        /// The lines are not those that were signed.
        case digest
        /// There is something after the last line.
        case trailing
        /// The last line is missing.
        case unfinished
    }

    /// From 1.
    public let line: Int
    public let reason: Reason
}

extension ExportFault: CustomStringConvertible {
    public var description: String { "line \(line): \(reason.rawValue)" }
}

/// What a good export proved.
public struct ExportReport: Equatable, Sendable {
    public enum Form: String, Sendable {
        /// Every event of the tree.
        case full
        /// Events that matched a filter, each with its proof.
        case selection
    }

    public let origin: String
    /// The key that signed, as ``NoteVerifierKey/text``. It says whose word it is only to those who know it from elsewhere.
    public let publicKey: String
    public let head: TreeHead
    public let form: Form
    public let eventCount: Int64
    /// Checkpoints kept elsewhere that the tree was compared with.
    public let comparedCheckpoints: Int
}
