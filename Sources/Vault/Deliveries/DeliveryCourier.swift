public import Database
public import Journal

/// Carries things to where the operator wants them: the program's connection to mail servers, other servers and
/// directories.
public protocol DeliveryCourier: Sendable {
    /// One attempt.
    /// - Returns: what is known of an export that arrived.
    /// - Throws: `DeliveryFailure`; `CancellationError`; whatever the database throws while an export is read.
    func carry(_ consignment: Consignment, to target: DeliveryTarget) async throws -> DeliveryReceipt?
}

/// What is carried, and as what.
public struct Consignment: Sendable {
    public enum Content: Sendable {
        case checkpoint(Checkpoint, verifierKey: String)
        case export(JournalExportOrder)
        /// Nothing but a sign that the way is open.
        case probe
    }

    /// The same for every attempt.
    public let id: DeliveryID
    /// Of this attempt.
    public let moment: Timestamp
    public let content: Content

    public init(id: DeliveryID, moment: Timestamp, content: Content) {
        self.id = id
        self.moment = moment
        self.content = content
    }
}

/// Why an attempt failed.
public struct DeliveryFailure: Error, Equatable, Sendable {
    /// A stable word for lists, metrics and the journal.
    public enum Code: String, Sendable, CaseIterable {
        /// No connection, or it broke.
        case unreachable
        case timedOut = "timed_out"
        /// No secure connection.
        case tls
        /// The receiver said no.
        case refused
        /// The receiver points elsewhere, which is not followed.
        case redirected
        /// The directory or its disk.
        case notWritten = "not_written"
        /// Larger than this target takes.
        case tooLarge = "too_large"
        /// The settings no longer have this target.
        case notConfigured = "not_configured"
        /// The schedule was deleted meanwhile: nothing is to be sent any more.
        case scheduleGone = "schedule_gone"
        /// Too many wait.
        case queueFull = "queue_full"
        /// The journal cannot be read as it was signed.
        case journalDamaged = "journal_damaged"
    }

    public let code: Code
    /// The receiver's status, of HTTP or SMTP.
    public let status: Int?
    /// In seconds, when the receiver says when to come back.
    public let retryAfter: Int64?
    /// For the operator's log: without secrets.
    public let words: String

    public init(_ code: Code, status: Int? = nil, retryAfter: Int64? = nil, words: String = "") {
        self.code = code
        self.status = status
        self.retryAfter = retryAfter
        self.words = words
    }
}
