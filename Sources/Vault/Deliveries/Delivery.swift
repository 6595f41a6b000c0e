public import Database

public enum DeliveryEntity {}
public typealias DeliveryID = ID<DeliveryEntity>

/// Where something is sent to. All of them are the operator's settings; no request can name one.
public enum DeliveryTarget: String, Sendable, CaseIterable {
    case checkpointWebhook = "checkpoint_webhook"
    case checkpointMail = "checkpoint_mail"
    case exportDirectory = "export_directory"
    case exportWebhook = "export_webhook"

    /// Whether it takes checkpoints as they are made.
    var takesCheckpoints: Bool {
        switch self {
        case .checkpointWebhook, .checkpointMail: true
        case .exportDirectory, .exportWebhook: false
        }
    }
}

/// Something that is to leave the machine, or has.
public struct Delivery: Sendable {
    public enum State: Int64, Sendable, CaseIterable {
        case waiting = 0
        case delivered = 1
        /// Given up; an administrator may have it tried again.
        case failed = 2

        /// As the API and the command line spell it.
        public var word: String {
            switch self {
            case .waiting: "waiting"
            case .delivered: "delivered"
            case .failed: "failed"
            }
        }
    }

    /// The same for every attempt: what a receiver tells a repetition by.
    public let id: DeliveryID
    public let target: DeliveryTarget
    /// What is sent, once for each target: a checkpoint's tree size, or a schedule and its period.
    public let reference: String
    /// Leaves of the checkpoint that is sent, or that an export belongs to; 0 before an export was made.
    public let treeSize: Int64
    public let schedule: JournalScheduleID?
    /// The beginning of the period that an export is for.
    public let periodStart: Timestamp?
    public let state: State
    public let attempts: Int
    public let createdAt: Timestamp
    /// When it is tried next, while it waits.
    public let nextAt: Timestamp
    /// When it is given up.
    public let deadline: Timestamp
    public let attemptedAt: Timestamp?
    public let endedAt: Timestamp?
    /// Why the latest attempt failed: one of ``DeliveryFailure``'s codes.
    public let failure: String?
    /// The receiver's status with it.
    public let failureStatus: Int?
    public let receipt: DeliveryReceipt?

    static let columns: SQL = """
        id, target, reference, tree_size, schedule_id, period_start, state, attempts, created_at, next_at, deadline_at,
        attempted_at, ended_at, failure, failure_status, file_name, item_count, sha256
        """

    /// - Returns: nil for a target of a newer version.
    init?(_ row: borrowing Row) {
        guard let target = DeliveryTarget(rawValue: row.text(1)), let state = State(rawValue: row.integer(6)) else {
            return nil
        }
        id = row.id(0)
        self.target = target
        reference = row.text(2)
        treeSize = row.integer(3)
        schedule = row.optionalID(4)
        periodStart = row.optionalTimestamp(5)
        self.state = state
        attempts = row.int(7)
        createdAt = row.timestamp(8)
        nextAt = row.timestamp(9)
        deadline = row.timestamp(10)
        attemptedAt = row.optionalTimestamp(11)
        endedAt = row.optionalTimestamp(12)
        failure = row.optionalText(13)
        failureStatus = row.optionalInt(14)
        receipt = row.optionalInteger(16).map { count in
            DeliveryReceipt(fileName: row.optionalText(15), itemCount: count, sha256: row.optionalBytes(17) ?? [])
        }
    }
}

/// What is known of an export that arrived.
public struct DeliveryReceipt: Sendable, Equatable {
    /// In the directory of exports; nil where there is no file.
    public let fileName: String?
    /// Events in it.
    public let itemCount: Int64
    /// Of all its bytes.
    public let sha256: [UInt8]

    public init(fileName: String?, itemCount: Int64, sha256: [UInt8]) {
        self.fileName = fileName
        self.itemCount = itemCount
        self.sha256 = sha256
    }
}
