public import Database
public import Journal
import Synchronization

/// Verifies the whole journal in the background: one run at a time, its progress and its last result to be asked for.
public final class VerificationRun: Sendable {
    /// Where it stands.
    public enum State: Sendable, Equatable {
        /// Nobody asked yet.
        case idle
        case running(JournalVerification.Progress, since: Timestamp)
        case done(VerificationReport, at: Timestamp)
        /// The store could not be read; the cause is in the operator's log.
        case failed(at: Timestamp)
        /// The vault was never opened by a program that notes the journal's public key.
        case keyUnknown
    }

    private struct Held {
        var state = State.idle
        var task: Task<Void, Never>?
        var isStopped = false
    }

    private let database: any Database
    private let windows: (reorder: Int64, displacement: Int64)
    private let clock: any WallClock
    private let held = Mutex(Held())

    /// - Parameters:
    ///   - reorderWindow: see ``Journal/Journal/reorderWindow``.
    ///   - displacement: see ``Journal/Journal/displacement``.
    public init(
        database: any Database, reorderWindow: Int64, displacement: Int64, clock: any WallClock = SystemClock()
    ) {
        self.database = database
        windows = (reorderWindow, displacement)
        self.clock = clock
    }

    public var state: State { held.withLock { $0.state } }

    /// Begins a run unless one is under way, or the last one ended less than `pause` seconds ago.
    ///
    /// - Returns: where it stands now.
    @discardableResult
    public func start(pause: Int64 = 0) -> State {
        let now = clock.now()
        return held.withLock { held in
            switch held.state {
            case .running: return held.state
            case .done(_, let end), .failed(let end):
                if now.milliseconds - end.milliseconds < pause * 1_000 { return held.state }
            case .idle, .keyUnknown: break
            }
            guard !held.isStopped else { return held.state }
            held.state = .running(JournalVerification.Progress(done: 0, total: 0), since: now)
            held.task = Task { await self.run(since: now) }
            return held.state
        }
    }

    /// Ends what is under way; nothing begins afterwards.
    public func stop() async {
        let task = held.withLock { held in
            held.isStopped = true
            defer { held.task = nil }
            return held.task
        }
        task?.cancel()
        await task?.value
    }

    private func run(since start: Timestamp) async {
        let state: State
        do {
            state = try await verify(since: start)
        } catch {
            state = .failed(at: clock.now())
        }
        held.withLock { held in
            held.state = state
            held.task = nil
        }
    }

    private func verify(since start: Timestamp) async throws -> State {
        guard let key = try await CustodyRecord.verifierKey(in: database) else { return .keyUnknown }
        let verification = JournalVerification(
            key: key, reorderWindow: windows.reorder, displacement: windows.displacement)
        let report = try await verification.run(on: database) { progress in
            self.held.withLock { $0.state = .running(progress, since: start) }
        }
        return .done(report, at: clock.now())
    }
}

extension Vault {
    /// Runs that verify this vault's journal.
    public func journalVerification() -> VerificationRun {
        let journal = core.sequencer.journal
        return VerificationRun(
            database: core.database, reorderWindow: journal.reorderWindow, displacement: journal.displacement,
            clock: core.clock)
    }
}
