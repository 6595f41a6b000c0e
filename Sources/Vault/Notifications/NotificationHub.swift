import Database
import Synchronization

/// Who listens for notifications on this node, and what wakes them: a commit here, a mark that another node left in the
/// database, the time for a sign of life, the end of the server.
public final class NotificationHub: Sendable {
    private struct State {
        var listeners: [AccountID: [NotificationSubscription]] = [:]
        var count = 0
        var isStopped = false
    }

    let settings: NotificationSettings
    let steady: any SteadyClock
    private let state = Mutex(State())

    init(settings: NotificationSettings, steady: any SteadyClock) {
        self.settings = settings
        self.steady = steady
    }

    /// Streams open now.
    public var count: Int { state.withLock { $0.count } }

    /// - Throws: `VaultError.tooManyStreams`; `.unavailable` once the server stops.
    func open(for account: AccountID) throws(VaultError) -> NotificationSubscription {
        let beat = steady.elapsed() + .seconds(settings.heartbeatSeconds)
        let subscription = NotificationSubscription(account: account, hub: self, nextBeat: beat)
        try state.withLock { state throws(VaultError) in
            guard !state.isStopped else { throw .unavailable }
            guard state.count < settings.maximumStreams else { throw .tooManyStreams(.ofServer) }
            guard state.listeners[account, default: []].count < settings.maximumStreamsPerPerson else {
                throw .tooManyStreams(.ofPerson)
            }
            state.listeners[account, default: []].append(subscription)
            state.count += 1
        }
        return subscription
    }

    func close(_ subscription: NotificationSubscription) {
        state.withLock { state in
            guard var own = state.listeners[subscription.account],
                let index = own.firstIndex(where: { $0 === subscription })
            else { return }
            own.remove(at: index)
            state.listeners[subscription.account] = own.isEmpty ? nil : own
            state.count -= 1
        }
    }

    /// Something new for one person was committed by this process. Called on the writer's thread.
    func wake(_ account: AccountID) {
        for subscription in state.withLock({ $0.listeners[account] ?? [] }) { subscription.signal(.changed) }
    }

    /// The newest notification of a person, as the database has it: wakes those who have not come that far.
    func noticed(_ account: AccountID, latest: Int64) {
        for subscription in state.withLock({ $0.listeners[account] ?? [] }) where subscription.seen < latest {
            subscription.signal(.changed)
        }
    }

    /// Rings for the sign of life of those whose time has come.
    func beat() {
        let now = steady.elapsed()
        for subscription in all where subscription.isDue(now, again: now + .seconds(settings.heartbeatSeconds)) {
            subscription.signal(.heartbeat)
        }
    }

    /// Ends all streams and takes no more: the server stops.
    public func stop() {
        state.withLock { $0.isStopped = true }
        for subscription in all { subscription.close() }
    }

    private var all: [NotificationSubscription] {
        state.withLock { state in state.listeners.values.flatMap { $0 } }
    }
}
