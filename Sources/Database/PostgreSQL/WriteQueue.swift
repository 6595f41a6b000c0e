/// Transactions that wait for a lane, and the rule by which lanes share them.
///
/// While there is no contention, lanes work side by side: each takes its share of what waits. After a conflict one lane at
/// a time takes as much as it may, behind a lock that other nodes respect too: contended work queues up in large groups
/// instead of being undone again and again.
final class WriteQueue: Sendable {
    private let monitor: Monitor<State>
    private let availability: Availability

    /// The most transactions in one group: bounds what a conflict makes run again.
    static let largestGroup = 64

    enum Task: Sendable {
        case transaction(PendingWrite)
        /// Alone in its transaction, migrations of all nodes one after the other.
        case restructuring(PendingWrite)
        /// Runs on a connection that is in no transaction; nil when there is none.
        case chore(@Sendable (PostgreSQLConnection?) -> Void)
    }

    enum Turn {
        case transactions([PendingWrite])
        case restructuring(PendingWrite)
        case chore(@Sendable (PostgreSQLConnection?) -> Void)
        /// The lane is to take the nodes' common lock first, then `takeGroup`, then `endCaution`.
        case cautious
        /// There is work, but the lane has no connection.
        case connect
        case stop
    }

    fileprivate struct State: Sendable {
        var waiting: [Task] = []
        var taken = 0
        let limit: Int
        let lanes: Int
        var contention = Contention()
        var cautiousLaneWorks = false
        var stopping = false

        var count: Int { waiting.count - taken }
    }

    init(limit: Int, lanes: Int, availability: Availability) {
        monitor = Monitor(State(limit: limit, lanes: lanes))
        self.availability = availability
    }

    /// - Returns: why the task was not taken.
    func enqueue(_ task: Task) -> DatabaseError? {
        monitor.update { state in
            if state.stopping { return .closed }
            if let obstacle = availability.obstacle { return obstacle }
            if state.count >= state.limit { return .overloaded }
            state.waiting.append(task)
            return nil
        }
    }

    /// Has the lanes end after what is queued.
    func requestStop() {
        monitor.updateAll { $0.stopping = true }
    }

    /// Has another lane look at the queue.
    func passOn() {
        monitor.update { _ in }
    }

    /// Takes out everything that waits, for a server that is away.
    func takeAll() -> [Task] {
        monitor.updateAll { state in
            defer {
                state.waiting = []
                state.taken = 0
            }
            return Array(state.waiting.dropFirst(state.taken))
        }
    }

    /// Blocks the calling lane until there is something to do.
    func next(isConnected: Bool) -> Turn {
        monitor.wait { state in
            guard state.count > 0 else { return state.stopping ? .stop : nil }
            guard isConnected else { return .connect }
            switch state.waiting[state.taken] {
            case .restructuring(let write):
                state.advance(1)
                return .restructuring(write)
            case .chore(let body):
                state.advance(1)
                return .chore(body)
            case .transaction:
                guard state.contention.isCautious else {
                    return .transactions(state.takeGroup(most: (state.count + state.lanes - 1) / state.lanes))
                }
                guard !state.cautiousLaneWorks else { return nil }
                state.cautiousLaneWorks = true
                return .cautious
            }
        }
    }

    /// For a lane that holds the common lock.
    func takeGroup() -> [PendingWrite] {
        monitor.withLock { $0.takeGroup(most: Self.largestGroup) }
    }

    func endCaution() {
        monitor.updateAll { $0.cautiousLaneWorks = false }
    }

    /// A group was undone by another transaction.
    func noteConflict() {
        monitor.withLock { $0.contention.conflict() }
    }

    func noteCommit(underLock: Bool) {
        monitor.withLock { $0.contention.commit(underLock: underLock) }
    }
}

extension WriteQueue.State {
    /// Transactions up to that number, or up to the next task of another kind.
    fileprivate mutating func takeGroup(most: Int) -> [PendingWrite] {
        var group: [PendingWrite] = []
        for task in waiting[taken...].prefix(min(most, WriteQueue.largestGroup)) {
            guard case .transaction(let write) = task else { break }
            group.append(write)
        }
        advance(group.count)
        return group
    }

    fileprivate mutating func advance(_ number: Int) {
        taken += number
        if taken == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            taken = 0
        } else if taken >= 1024 {
            waiting.removeFirst(taken)
            taken = 0
        }
    }
}

/// How long to be cautious after a conflict: for ever more groups while trying without keeps ending in conflicts.
struct Contention: Sendable {
    private var groupsLeft = 0
    private var span = Self.shortest
    private var calm = 0

    private static let shortest = 16
    private static let longest = 1_024
    /// Groups without the lock and without a conflict after which the past is forgotten.
    private static let calmAfter = 64

    var isCautious: Bool { groupsLeft > 0 }

    mutating func conflict() {
        calm = 0
        guard groupsLeft == 0 else { return }
        groupsLeft = span
        span = min(Self.longest, 2 * span)
    }

    mutating func commit(underLock: Bool) {
        if groupsLeft > 0 {
            if underLock { groupsLeft -= 1 }
        } else {
            calm += 1
            if calm >= Self.calmAfter { span = Self.shortest }
        }
    }
}
