public import Database
public import Journal
import Synchronization

/// What is known of the agreement of the journal with checkpoints kept elsewhere.
public struct WitnessStatus: Sendable, Equatable {
    public enum State: Int64, Sendable {
        /// Nothing is kept, or nothing was compared yet.
        case unknown = 0
        case consistent = 1
        /// What is kept elsewhere cannot be read.
        case unreadable = 2
        case contradicted = 3
    }

    public var state = State.unknown
    /// When it was compared.
    public var checkedAt: Timestamp?
    public var report: WitnessReport?
}

/// Compares the journal with checkpoints kept elsewhere, and tells everybody when it is not their continuation.
public final class JournalWitness: Sendable {
    private struct Memory {
        var status = WitnessStatus()
        /// The newest checkpoint that this process has seen signed: an older copy of the database that is put in place
        /// under a running server does not have it.
        var latest: Checkpoint?
        /// Findings that were told already.
        var told: Set<WitnessReport.Finding> = []
    }

    private let database: any Database
    private let journal: Journal
    private let audit: Audit
    private let notices: NotificationLedger
    private let clock: any WallClock
    private let memory = Mutex(Memory())

    init(
        database: any Database, journal: Journal, audit: Audit, notices: NotificationLedger, clock: any WallClock
    ) {
        self.database = database
        self.journal = journal
        self.audit = audit
        self.notices = notices
        self.clock = clock
    }

    public var status: WitnessStatus { memory.withLock { $0.status } }

    /// Remembers what was signed, for the comparisons to come.
    public func remember(_ checkpoint: Checkpoint) {
        memory.withLock { memory in
            if let latest = memory.latest, latest.head.size >= checkpoint.head.size { return }
            memory.latest = checkpoint
        }
    }

    /// What is kept elsewhere cannot be read.
    public func noteUnreadable() {
        let now = clock.now()
        memory.withLock { memory in
            guard memory.status.state != .contradicted else { return }
            memory.status = WitnessStatus(state: .unreadable, checkedAt: now, report: memory.status.report)
        }
    }

    /// Compares with `notes` and with what this process remembers. What is found for the first time is journalled, and the
    /// administrators are told.
    /// - Throws: `DatabaseError`, `CancellationError`.
    @discardableResult
    public func compare(with notes: [String]) async throws -> WitnessReport {
        let latest = memory.withLock { $0.latest?.note }
        let report = try await journal.compare(database, withRemembered: notes + (latest.map { [$0] } ?? []))
        let now = clock.now()
        let fresh = memory.withLock { memory in
            // What was found once stays so: a journal that was cut grows past the size again.
            let isContradicted = !report.isConsistent || memory.status.state == .contradicted
            memory.status = WitnessStatus(
                state: isContradicted ? .contradicted : report.compared == 0 ? .unknown : .consistent, checkedAt: now,
                report: report.isConsistent && isContradicted ? memory.status.report : report)
            return report.findings.filter { memory.told.insert($0).inserted }
        }
        if !fresh.isEmpty { try await tell(fresh) }
        return report
    }

    private func tell(_ findings: [WitnessReport.Finding]) async throws {
        let words = findings.map { "\"\($0)\"" }.joined(separator: ",")
        try await database.write { [audit, notices] transaction in
            try audit.record(
                .witnessContradicted, on: .journal, actor: .system, actorID: nil, origin: .local, outcome: .failed,
                plain: Array("{\"findings\":[\(words)]}".utf8), in: transaction)
            try notices.tellAdministrators(.journalContradicted, in: transaction)
        }
    }
}
