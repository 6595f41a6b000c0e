import Database
import Synchronization

/// One person's notifications as they come.
///
/// Between two events nothing of the database is held. What is sent was readable for the person, and the session alive,
/// in the same reading.
public final class NotificationFeed: Sendable {
    public enum Event: Sendable {
        /// Oldest first.
        case notifications([Notification])
        /// Nothing happened for a while.
        case heartbeat
        /// The session or the server is at its end.
        case ended
    }

    private static let mostAtOnce = 50

    private let core: VaultCore
    private let principal: Principal
    private let subscription: NotificationSubscription

    init(core: VaultCore, principal: Principal, subscription: NotificationSubscription) {
        self.core = core
        self.principal = principal
        self.subscription = subscription
    }

    deinit { subscription.close() }

    /// Waits for the next event. For one task at a time; a cancelled one gets `.ended`.
    /// - Throws: what the database throws; the feed is of no use then.
    public func next() async throws -> Event {
        while true {
            let signal = await subscription.next()
            guard signal != .ended else { return .ended }
            let seen = subscription.seen
            let found = try await core.database.read { [core, principal] snapshot in
                guard try Sessions.isAlive(principal, in: snapshot) else { return NotificationReading.Since?.none }
                return try NotificationReading(core: core, principal: principal)
                    .since(seen, limit: Self.mostAtOnce, in: snapshot)
            }
            guard let found else { return .ended }
            subscription.seen = found.upTo
            // More than one batch: the rest is asked for at once.
            if found.hasMore { subscription.signal(.changed) }
            if !found.entries.isEmpty { return .notifications(found.entries) }
            if signal == .heartbeat { return .heartbeat }
        }
    }

    /// Ends it from any thread.
    public func close() { subscription.close() }
}
