import Database
import Synchronization
public import Vault

/// Live views of backups.
final class Followers: Sendable {
    static let most = 100

    private struct State {
        var open = 0
        var isStopped = false
    }

    private let state = Mutex(State())

    var isStopped: Bool { state.withLock { $0.isStopped } }

    func enter() throws(VaultError) {
        let entered = state.withLock { state in
            guard !state.isStopped, state.open < Self.most else { return false }
            state.open += 1
            return true
        }
        guard entered else { throw .tooManyStreams(.ofServer) }
    }

    func leave() { state.withLock { $0.open -= 1 } }
    func stop() { state.withLock { $0.isStopped = true } }
}

/// One backup as it goes on. Whatever node makes it: its row is looked at.
public final class BackupFeed: Sendable {
    public enum Event: Sendable {
        case changed(BackupDetails)
        /// Nothing happened for a while.
        case heartbeat
        case ended
    }

    private struct State {
        var last: BackupRecord?
        var checkStates: [BackupCheckID: BackupCheck.State] = [:]
        var quiet = 0
        var isOver = false
        var isClosed = false
    }

    private let backups: Backups
    private let id: BackupID
    private let principal: Principal
    private let state = Mutex(State())

    private static let lookEvery: Duration = .milliseconds(500)
    private static let looksBeforeHeartbeat = 30

    fileprivate init(_ backups: Backups, _ id: BackupID, _ principal: Principal) {
        self.backups = backups
        self.id = id
        self.principal = principal
    }

    deinit { close() }

    /// Waits for the next event. For one task at a time; ends after the event that says the backup is over, and when the
    /// session or the server is.
    public func next() async throws -> Event {
        while true {
            let (isFirst, isOver) = state.withLock { ($0.last == nil, $0.isOver) }
            if isOver || backups.followers.isStopped { return .ended }
            if !isFirst {
                do { try await Task.sleep(for: Self.lookEvery) } catch { return .ended }
            }
            guard let details = try await look() else { return .ended }
            if note(details) { return .changed(details) }
            if state.withLock({ Self.isHeartbeatDue(&$0) }) { return .heartbeat }
        }
    }

    private static func isHeartbeatDue(_ state: inout State) -> Bool {
        state.quiet += 1
        guard state.quiet >= looksBeforeHeartbeat else { return false }
        state.quiet = 0
        return true
    }

    /// Nil when the session ended, or the backup is gone.
    private func look() async throws -> BackupDetails? {
        let (backups, id, principal) = (backups, id, principal)
        return try await backups.core.database.read { snapshot in
            guard try Sessions.isAlive(principal, in: snapshot) else { return BackupDetails?.none }
            do { return try backups.details(id, in: snapshot) } catch VaultError.notFound { return nil }
        }
    }

    /// - Returns: whether it is other than the last.
    private func note(_ details: BackupDetails) -> Bool {
        state.withLock { state in
            let record = details.record
            let checks = Dictionary(
                details.checks.map { ($0.id, $0.state) }, uniquingKeysWith: { first, _ in first })
            let isUnderWay = details.checks.contains { !$0.state.isFinished }
            state.isOver = record.state.isFinished && record.state != .deleting && !isUnderWay
            let isSame =
                state.last.map { last in
                    last.state == record.state && last.progress == record.progress && last.attempts == record.attempts
                        && last.isCancelAsked == record.isCancelAsked
                } ?? false
            guard !isSame || checks != state.checkStates || isUnderWay || state.isOver else { return false }
            state.last = record
            state.checkStates = checks
            state.quiet = 0
            return true
        }
    }

    /// Ends it from any thread.
    public func close() {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if isFirst { backups.followers.leave() }
    }
}

extension Backups {
    /// Follows one backup, and the proofs of it, until it is over.
    /// - Throws: `VaultError.notFound(.backup)`, `.tooManyStreams`.
    public func follow(_ id: BackupID, as principal: Principal) async throws -> BackupFeed {
        try principal.require(.manageBackups)
        _ = try await core.database.read { snapshot in try BackupRows.record(id, in: snapshot) }
        try followers.enter()
        return BackupFeed(self, id, principal)
    }
}
