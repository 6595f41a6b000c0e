import Crypto
import Database
import Journal
import Synchronization

/// Journals reads of content: once per principal, version and kind within five minutes; repeats are counted and
/// written when the window closes, so that streaming and polling do not flood the journal (design, section 8).
final class ReadLedger: Sendable {
    static let windowMilliseconds: Int64 = 5 * 60 * 1_000
    private static let capacity = 50_000

    private struct Reading: Hashable {
        let account: AccountID
        let version: VersionID
        let purpose: ReadPurpose
    }

    private struct Window {
        let opened: Timestamp
        let node: NodeID
        let space: SpaceID
        var repeats: Int
    }

    private let database: any Database
    private let audit: Audit
    private let clock: any WallClock
    private let windows = Mutex<[Reading: Window]>([:])

    init(database: any Database, audit: Audit, clock: any WallClock) {
        self.database = database
        self.audit = audit
        self.clock = clock
    }

    /// Journals that these contents are about to be read, in one transaction. Contents at most a few hundred.
    func record(_ contents: [LocatedContent], purpose: ReadPurpose, by principal: Principal) async throws {
        let now = clock.now()
        // Who comes through a link is nobody, so nobody's repeats are counted: each reading is an event.
        let isKnown = principal.link == nil
        let fresh = windows.withLock { windows in
            contents.filter { content in
                guard isKnown else { return true }
                let reading = Reading(account: principal.account, version: content.version.id, purpose: purpose)
                guard var window = windows[reading],
                    now.milliseconds - window.opened.milliseconds < Self.windowMilliseconds
                else { return true }
                window.repeats += 1
                windows[reading] = window
                return false
            }
        }
        if fresh.isEmpty { return }
        try await database.write { [audit] transaction in
            for content in fresh {
                let node = content.node
                try audit.record(
                    Self.action(purpose), on: .node(node.id, kind: node.kind, space: node.space), by: principal,
                    details: AuditDetails(
                        name: node.name.text, json: "{\"version\":\(content.version.number)}"), key: content.key,
                    in: transaction)
            }
        }
        guard isKnown else { return }
        let closed = windows.withLock { windows in
            var closed: [(Reading, Window)] = []
            for content in fresh {
                let reading = Reading(account: principal.account, version: content.version.id, purpose: purpose)
                if let old = windows.removeValue(forKey: reading), old.repeats > 0 { closed.append((reading, old)) }
                if windows.count >= Self.capacity {
                    closed += windows.filter { $0.value.repeats > 0 }.map { ($0.key, $0.value) }
                    windows.removeAll()
                }
                windows[reading] = Window(
                    opened: now, node: content.node.id, space: content.node.space, repeats: 0)
            }
            return closed
        }
        if !closed.isEmpty { try await write(closed) }
    }

    /// Writes the counts of windows that have closed; all of them when the program stops.
    func flush(everything: Bool = false) async throws {
        let now = clock.now().milliseconds
        let closed = windows.withLock { windows in
            let closed = windows.filter { everything || now - $0.value.opened.milliseconds >= Self.windowMilliseconds }
            for key in closed.keys { windows.removeValue(forKey: key) }
            return closed.filter { $0.value.repeats > 0 }.map { ($0.key, $0.value) }
        }
        guard !closed.isEmpty else { return }
        do {
            try await write(closed)
        } catch {
            // What could not be written is counted on.
            windows.withLock { windows in
                for (reading, window) in closed where windows[reading] == nil { windows[reading] = window }
            }
            throw error
        }
    }

    private func write(_ closed: [(Reading, Window)]) async throws {
        try await database.write { [audit] transaction in
            for (reading, window) in closed {
                try audit.record(
                    Self.action(reading.purpose), on: .node(window.node, kind: .file, space: window.space),
                    actor: .user,
                    actorID: reading.account.value, origin: .local,
                    plain: Array("{\"repeats\":\(window.repeats)}".utf8),
                    in: transaction)
            }
        }
    }

    private static func action(_ purpose: ReadPurpose) -> AuditAction {
        switch purpose {
        case .download: .fileDownloaded
        case .view: .fileViewed
        }
    }
}
