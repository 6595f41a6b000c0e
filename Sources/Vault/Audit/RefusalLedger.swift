import Crypto
public import Database
import Journal
import Synchronization

/// One attempt that the rules forbade, as an API family saw it.
public struct RefusedAttempt: Sendable {
    /// What kind of refusal it is, which decides whether it is one at all.
    public enum Kind: Sendable {
        /// Told as one: a right, a role, a lock, a limit.
        case plain
        /// Told as "not found". An attempt on something of somebody else, or a mistyped or outdated address: only the
        /// first is journalled.
        case notFound
    }

    public let kind: Kind
    /// Method and pattern of the route, without identifiers: `GET /api/files/{id}`.
    public let route: String
    /// The stable code of the refusal.
    public let code: String
    /// What the path names, when it names something.
    @OptionalWords128 public private(set) var target: UInt128?

    public init(_ kind: Kind, route: String, code: String, target: UInt128?) {
        self.kind = kind
        self.route = route
        self.code = code
        _target = OptionalWords128(wrappedValue: target)
    }
}

/// Journals refused attempts: once per person, route, target and code within five minutes, and for those who are nobody
/// once per network and code; repeats are counted and written when the window closes.
///
/// What somebody who tries everything can make the journal hold is bounded: beyond ``attemptsPerActor`` different attempts
/// in one window, an actor's further ones count as one. Nothing here stands in the way of what is allowed.
public final class RefusalLedger: Sendable {
    static let windowMilliseconds: Int64 = 5 * 60 * 1_000
    /// Different attempts of one actor that are told apart within a window.
    static let attemptsPerActor = 100
    private static let capacity = 20_000

    fileprivate enum Actor: Hashable {
        case account(AccountID)
        /// The part of an address that its owner cannot choose.
        case network(String)
    }

    fileprivate struct Attempt: Hashable {
        let actor: Actor
        let route: String
        let code: String
        let target: NodeID?
    }

    fileprivate struct Window {
        let opened: Timestamp
        /// As the event tells it: an actor's attempts of one window may stand for several routes.
        let route: String
        let origin: RequestOrigin
        let target: AuditTarget
        var repeats = 0
    }

    fileprivate struct State {
        var windows: [Attempt: Window] = [:]
        /// Windows of each actor.
        var counts: [Actor: Int] = [:]
    }

    private let database: any Database
    private let audit: Audit
    private let clock: any WallClock
    private let state = Mutex(State())

    init(database: any Database, audit: Audit, clock: any WallClock) {
        self.database = database
        self.audit = audit
        self.clock = clock
    }

    /// Journals that `attempt` of somebody known was refused.
    public func record(_ attempt: RefusedAttempt, by principal: Principal) async throws {
        let node = attempt.target.map { NodeID($0) }
        guard let target = try await target(node, of: attempt, for: principal) else { return }
        // Ids that name nothing are not told apart: whoever makes them up would have as many events as ids.
        var named: NodeID?
        if case .node(let id, _, _) = target { named = id }
        try await record(
            Attempt(actor: .account(principal.account), route: attempt.route, code: attempt.code, target: named),
            on: target, of: attempt.route, from: principal.origin)
    }

    /// Journals that somebody unknown was refused: a token that is none, a page of another site.
    public func record(_ attempt: RefusedAttempt, from origin: RequestOrigin) async throws {
        let network = ClientNetwork.of(origin.address ?? "")
        try await record(
            Attempt(actor: .network(network), route: "", code: attempt.code, target: nil), on: .system,
            of: attempt.route, from: origin)
    }

    /// What an attempt was on; nil when it was no attempt on anything of somebody else's.
    private func target(
        _ node: NodeID?, of attempt: RefusedAttempt, for principal: Principal
    ) async throws -> AuditTarget? {
        let isAbsence = attempt.kind == .notFound
        guard let node else { return isAbsence ? nil : .system }
        return try await database.read { snapshot -> AuditTarget? in
            if let record = try NodeQueries.record(node, in: snapshot), record.state != .purged {
                if isAbsence, record.space == principal.space { return nil }
                return .node(node, kind: record.kind, space: record.space)
            }
            if let holder = try snapshot.first(
                "SELECT account_id FROM notifications WHERE id = \(node)", { $0.id(0) as AccountID })
            {
                return holder == principal.account ? nil : .account(holder)
            }
            return isAbsence ? nil : .system
        }
    }

    private func record(
        _ attempt: Attempt, on target: AuditTarget, of route: String, from origin: RequestOrigin
    ) async throws {
        let now = clock.now()
        guard let toJournal = noteRepeat(attempt, at: now) else { return }
        let isAny = toJournal != attempt
        let window = Window(
            opened: now, route: isAny ? "*" : route, origin: origin, target: isAny ? .system : target)
        try await write([(toJournal, window)])
        let closed = state.withLock { state -> [(Attempt, Window)] in
            var closed: [(Attempt, Window)] = []
            if let old = state.remove(toJournal), old.repeats > 0 { closed.append((toJournal, old)) }
            if state.windows.count >= Self.capacity { closed += state.removeAll() }
            state.add(toJournal, window)
            return closed
        }
        if !closed.isEmpty { try await write(closed) }
    }

    /// Counts the attempt in its open window.
    /// - Returns: the attempt to journal; nil when it was counted. One that stands for many when there were too many.
    private func noteRepeat(_ attempt: Attempt, at now: Timestamp) -> Attempt? {
        state.withLock { state in
            if state.count(attempt, at: now) { return nil }
            guard state.counts[attempt.actor, default: 0] >= Self.attemptsPerActor else { return attempt }
            let any = Attempt(actor: attempt.actor, route: "*", code: "*", target: nil)
            return state.count(any, at: now) ? nil : any
        }
    }

    /// Writes the counts of windows that have closed; all of them when the program stops.
    func flush(everything: Bool = false) async throws {
        let now = clock.now().milliseconds
        let closed = state.withLock { state in
            let over = state.windows.filter {
                everything || now - $0.value.opened.milliseconds >= Self.windowMilliseconds
            }
            return over.keys.compactMap { key in state.remove(key).map { (key, $0) } }.filter { $0.1.repeats > 0 }
        }
        guard !closed.isEmpty else { return }
        do {
            try await write(closed)
        } catch {
            // What could not be written is counted on.
            state.withLock { state in
                for (attempt, window) in closed where state.windows[attempt] == nil { state.add(attempt, window) }
            }
            throw error
        }
    }

    private func write(_ windows: [(attempt: Attempt, window: Window)]) async throws {
        try await database.write { [audit] transaction in
            for (attempt, window) in windows {
                let actor: (kind: ActorKind, id: UInt128?) =
                    switch attempt.actor {
                    case .account(let id): (.user, id.value)
                    case .network: (.anonymous, nil)
                    }
                let isCount = window.repeats > 0
                let fields =
                    "\"route\":\(JSONText.quoted(window.route)),\"code\":\(JSONText.quoted(attempt.code))"
                    + (isCount ? ",\"repeats\":\(window.repeats)" : "")
                try audit.record(
                    .accessRefused, on: window.target, actor: actor.kind, actorID: actor.id,
                    // A count is of many requests.
                    origin: RequestOrigin(
                        address: window.origin.address, requestID: isCount ? nil : window.origin.requestID),
                    outcome: .refused, plain: Array("{\(fields)}".utf8), in: transaction)
            }
        }
    }
}

extension RefusalLedger.State {
    /// Counts the attempt when its window is open.
    fileprivate mutating func count(_ attempt: RefusalLedger.Attempt, at now: Timestamp) -> Bool {
        guard let window = windows[attempt],
            now.milliseconds - window.opened.milliseconds < RefusalLedger.windowMilliseconds
        else { return false }
        windows[attempt]?.repeats += 1
        return true
    }

    fileprivate mutating func add(_ attempt: RefusalLedger.Attempt, _ window: RefusalLedger.Window) {
        if windows.updateValue(window, forKey: attempt) == nil { counts[attempt.actor, default: 0] += 1 }
    }

    fileprivate mutating func remove(_ attempt: RefusalLedger.Attempt) -> RefusalLedger.Window? {
        guard let window = windows.removeValue(forKey: attempt) else { return nil }
        let left = counts[attempt.actor, default: 1] - 1
        counts[attempt.actor] = left > 0 ? left : nil
        return window
    }

    /// - Returns: what was counted and not yet written.
    fileprivate mutating func removeAll() -> [(RefusalLedger.Attempt, RefusalLedger.Window)] {
        let counted = windows.filter { $0.value.repeats > 0 }.map { ($0.key, $0.value) }
        windows.removeAll()
        counts.removeAll()
        return counted
    }
}
