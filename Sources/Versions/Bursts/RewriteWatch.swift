import Crypto
import Database
import Journal
import Synchronization
public import Vault

/// Notices that somebody rewrites, renames or trashes far more files than they ever do, and tells the owner of the drive and
/// the administrators once, with the moment before.
///
/// It reads the journal behind those who write: uploads pay nothing for it. What it knows in memory is the last minute; a
/// node that takes over reads that minute again.
public final class RewriteWatch: Sendable {
    private let core: VaultCore
    private let settings: BurstSettings
    private let state = Mutex(State())

    /// Events read at a time, and in one round.
    private static let page = 2_000
    private static let mostPerRound = 200_000
    /// Where several writers commit, an event may become visible after a later one: so many are looked at again.
    private static let overlap: Int64 = 1_000
    /// People and files kept in mind. More people than that do not write within a minute, or the oldest are forgotten.
    private static let mostDrives = 10_000
    private static let mostFiles = 5_000
    /// Acts of the days before by which it is known what is usual.
    private static let mostHabit = 20_000

    private struct Drive: Hashable {
        let account: AccountID
        let space: SpaceID
    }

    private struct State {
        /// The last event that was read; `nil` before the first round.
        var upTo: Int64?
        var drives: [Drive: [NodeID: Timestamp]] = [:]
    }

    private struct Act: Sendable {
        let sequence: Int64
        let time: Timestamp
        let action: String
        let account: AccountID
        let node: NodeID
        let space: SpaceID
        let sealed: [UInt8]?
    }

    public init(_ core: VaultCore, settings: BurstSettings = BurstSettings()) {
        self.core = core
        self.settings = settings
    }

    /// One look at what happened since the last.
    /// - Returns: the bursts that were told of.
    @discardableResult
    public func round(under lease: Lease? = nil) async throws -> [RewriteBurst] {
        guard settings.files > 0 else { return [] }
        let overlap = core.database.dialect == .sqlite ? 0 : Self.overlap
        let known = state.withLock { $0.upTo }
        var from: Int64
        if let known { from = max(0, known - overlap) } else { from = try await begin() }
        var noticed: [RewriteBurst] = []
        var read = 0
        while read < Self.mostPerRound {
            try Task.checkCancellation()
            let (acts, last) = try await acts(behind: from)
            for suspect in note(acts, upTo: last) {
                if let burst = try await judge(suspect, under: lease) { noticed.append(burst) }
            }
            guard let last, last > from else { break }
            from = last
            read += Self.page
        }
        return noticed
    }

    /// The event before the minute that is looked at first.
    private func begin() async throws -> Int64 {
        let since = core.clock.now().advanced(bySeconds: -settings.window)
        return try await core.database.read { snapshot in
            let latest = try snapshot.first("SELECT MAX(sequence) FROM journal_events", { $0.optionalInteger(0) })
            var low: Int64 = 0
            var high = ((latest ?? nil) ?? 0) + 1
            // Times grow with numbers, but for a little disorder that does no harm here.
            while high - low > 1 {
                let middle = low + (high - low) / 2
                let time = try snapshot.first(
                    "SELECT time FROM journal_events WHERE sequence <= \(middle) ORDER BY sequence DESC LIMIT 1",
                    { $0.timestamp(0) })
                if let time, time >= since { high = middle } else { low = middle }
            }
            return low
        }
    }

    /// Acts on files among the next events, and the number of the last event looked at.
    private func acts(behind sequence: Int64) async throws -> (acts: [Act], last: Int64?) {
        try await core.database.read { snapshot in
            // Told apart by number first: a page is bounded also when none of it is of interest.
            let last = try snapshot.first(
                """
                SELECT MAX(sequence) FROM (
                    SELECT sequence FROM journal_events WHERE sequence > \(sequence) ORDER BY sequence LIMIT \(Self.page)
                ) page
                """, { $0.optionalInteger(0) })
            guard let last = last ?? nil else { return ([], nil) }
            let acts = try snapshot.all(
                """
                SELECT sequence, time, action, actor_id, target_id, space_id, sealed_details FROM journal_events
                WHERE sequence > \(sequence) AND sequence <= \(last)
                      AND action IN ('file_edited', 'file_renamed', 'file_trashed') AND outcome = \(Outcome.success.rawValue)
                      AND actor_id IS NOT NULL AND target_id IS NOT NULL AND space_id IS NOT NULL
                ORDER BY sequence
                """
            ) { row in
                Act(
                    sequence: row.integer(0), time: row.timestamp(1), action: row.text(2),
                    account: AccountID(row.uuid(3)), node: NodeID(row.uuid(4)), space: SpaceID(row.uuid(5)),
                    sealed: row.text(2) == "file_edited" ? nil : row.optionalBytes(6))
            }
            return (try acts.filter { try self.isRewrite($0, in: snapshot) }, last)
        }
    }

    /// A rename counts when it changes the extension; what a restore does to bring a drive back does not.
    private func isRewrite(_ act: Act, in snapshot: borrowing Snapshot) throws -> Bool {
        if act.action == AuditAction.fileEdited.rawValue { return true }
        guard let sealed = act.sealed, let record = try NodeQueries.record(act.node, in: snapshot),
            record.wrappedKey != nil,
            let marks = core.audit.rewriteMarks(sealed, of: act.node, under: try record.key(core.keyring))
        else { return false }
        if marks.isRestore { return false }
        return act.action == AuditAction.fileTrashed.rawValue || (record.kind == .file && marks.changesExtension)
    }

    private struct Suspect: Sendable {
        let account: AccountID
        let space: SpaceID
        let files: [NodeID: Timestamp]
    }

    /// Takes acts into the last minute.
    /// - Returns: those whose minute is fuller than it may be.
    private func note(_ acts: [Act], upTo last: Int64?) -> [Suspect] {
        let window = settings.window
        return state.withLock { state in
            var touched: Set<Drive> = []
            for act in acts {
                let drive = Drive(account: act.account, space: act.space)
                if state.drives.count >= Self.mostDrives, state.drives[drive] == nil { state.drives = [:] }
                if state.drives[drive, default: [:]].count < Self.mostFiles {
                    state.drives[drive, default: [:]][act.node] = act.time
                }
                touched.insert(drive)
            }
            if let last { state.upTo = max(state.upTo ?? 0, last) }
            var suspects: [Suspect] = []
            for drive in touched {
                guard let files = state.drives[drive], let newest = files.values.max() else { continue }
                let since = newest.advanced(bySeconds: -window)
                let recent = files.filter { $0.value > since }
                state.drives[drive] = recent
                guard recent.count >= settings.files else { continue }
                suspects.append(Suspect(account: drive.account, space: drive.space, files: recent))
            }
            return suspects
        }
    }

    // MARK: Judging

    private func judge(_ suspect: Suspect, under lease: Lease?) async throws -> RewriteBurst? {
        guard let first = suspect.files.values.min() else { return nil }
        let usual = try await usual(of: suspect, before: first)
        guard suspect.files.count >= settings.factor * usual else { return nil }
        let (id, quiet): (RewriteBurstID, Int64) = (core.ids.next(), settings.quiet)
        return try await core.database.write { [core] transaction in
            if let lease { try core.leases.confirm(lease, in: transaction) }
            let since = transaction.now.advanced(bySeconds: -quiet)
            if try RewriteBursts.goesOn(
                suspect.account, in: suspect.space, files: suspect.files.count, since: since, transaction)
            {
                return nil
            }
            let burst = RewriteBurst(
                id: id, account: suspect.account, space: suspect.space,
                folder: try Self.commonFolder(of: suspect, in: transaction),
                moment: Timestamp(milliseconds: first.milliseconds - 1), files: suspect.files.count,
                noticedAt: transaction.now)
            try RewriteBursts.notice(burst, core, in: transaction)
            return burst
        }
    }

    /// Files that the person changes in a window in which they change any, in the mean over the days before.
    private func usual(of suspect: Suspect, before moment: Timestamp) async throws -> Int {
        let (window, days) = (settings.window, settings.habitDays)
        let times = try await core.database.read { snapshot in
            // By the index of actors, newest first: what is usual is known from the latest acts.
            try snapshot.all(
                """
                SELECT time FROM journal_events
                WHERE actor_id = \(suspect.account) AND sequence IN (
                    SELECT sequence FROM journal_events WHERE actor_id = \(suspect.account)
                    ORDER BY sequence DESC LIMIT \(Self.mostHabit))
                  AND action IN ('file_edited', 'file_renamed', 'file_trashed') AND time < \(moment)
                  AND time >= \(moment.advanced(bySeconds: -days * 86_400))
                """
            ) { $0.integer(0) }
        }
        guard !times.isEmpty else { return 0 }
        let windows = Set(times.map { $0 / (window * 1_000) })
        return times.count / max(1, windows.count)
    }

    /// The nearest folder above all of them; the root where there is none, or they are too many to look at.
    private static func commonFolder(
        of suspect: Suspect, in transaction: borrowing Transaction
    ) throws -> NodeID {
        var common: [NodeID]?
        for file in suspect.files.keys.sorted(by: { $0.value < $1.value }).prefix(200) {
            let chain = try NodeQueries.ancestors(of: file, in: transaction).dropFirst().map(\.id)
            guard let known = common else {
                common = Array(chain)
                continue
            }
            let set = Set(chain)
            common = Array(known.drop { !set.contains($0) })
        }
        return common?.first ?? NodeID(suspect.space.value)
    }
}
