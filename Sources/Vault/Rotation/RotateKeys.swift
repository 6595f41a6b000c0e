package import Crypto
package import Database
import Journal

/// Starts, halts and describes rotations of the master key; the work itself is a leased job's (`RotationWork`).
public struct RotateKeys: Sendable {
    let core: VaultCore

    private var store: RotationStore { RotationStore(ring: core.keyring.ring) }

    /// Asks for a rotation.
    /// - Parameters:
    ///   - rate: keys a second, 1 to 1,000,000; `nil` for as fast as leaves people's writes in peace.
    ///   - reason: for whoever reads the list later; at most 500 characters.
    /// - Throws: `VaultError.keys(.rotationUnderWay)`, `.keys(.ringNotChangeable)`, `.invalid`.
    public func start(rate: Int? = nil, reason: String? = nil, as principal: Principal) async throws -> Rotation {
        try principal.require(.manageKeys)
        try Self.check(rate)
        let reason = try Self.text(reason)
        guard core.keyDistribution.keeper != nil else { throw VaultError.keys(.ringNotChangeable) }
        let id: RotationID = core.ids.next()
        return try await core.database.write { [core, store] transaction in
            guard try store.current(in: transaction) == nil else { throw VaultError.keys(.rotationUnderWay) }
            let recorded = try RotationStore.generations(in: transaction)
            let ring = core.keyring.ring
            let from = recorded.last { $0.activatedAt != nil }?.number ?? ring.activeGeneration
            // A generation that a failed rotation left in the ring is not used: its number is passed over.
            let to = max(ring.generations.last ?? from, recorded.last?.number ?? from) + 1
            try store.insert(id, from: from, to: to, rate: rate, reason: reason, by: principal, in: transaction)
            let rateText = rate.map(String.init) ?? "null"
            try record(
                .rotationStarted, id, "\"from\":\(from),\"to\":\(to),\"rate\":\(rateText)", principal, transaction)
            return try required(transaction)
        }
    }

    /// Halts after the batch under way.
    public func pause(as principal: Principal) async throws -> Rotation {
        try principal.require(.manageKeys)
        return try await core.database.write { transaction in
            let rotation = try required(transaction)
            guard !rotation.isPaused else { throw VaultError.keys(.alreadyPaused) }
            try transaction.run(
                "UPDATE key_rotations SET paused_at = \(transaction.now) WHERE id = \(rotation.id)")
            try record(.rotationPaused, rotation.id, "\"done\":\(rotation.done)", principal, transaction)
            return try required(transaction)
        }
    }

    /// Goes on where it was.
    /// - Parameter rate: another rate; `.some(nil)` for none, `nil` for the one it had.
    public func resume(rate: Int?? = nil, as principal: Principal) async throws -> Rotation {
        try principal.require(.manageKeys)
        if let rate { try Self.check(rate) }
        return try await core.database.write { transaction in
            let rotation = try required(transaction)
            guard rotation.isPaused else { throw VaultError.keys(.notPaused) }
            let next = rate ?? rotation.rate
            try transaction.run(
                """
                UPDATE key_rotations SET paused_at = NULL, problem = NULL, problem_detail = NULL, rate = \(next.sqlValue)
                WHERE id = \(rotation.id)
                """)
            let rateText = next.map(String.init) ?? "null"
            try record(
                .rotationResumed, rotation.id, "\"done\":\(rotation.done),\"rate\":\(rateText)", principal, transaction)
            return try required(transaction)
        }
    }

    /// The rotation under way, or else the last one; `nil` when there never was one.
    public func latest(as principal: Principal) async throws -> Rotation? {
        try principal.require(.manageKeys)
        return try await core.database.read { [store] snapshot in try store.latest(in: snapshot) }
    }

    /// The same for a program that looks at the rows without opening the vault.
    package static func latest(in database: any Database, of ring: KeyRing) async throws -> Rotation? {
        try await database.read { snapshot in try RotationStore(ring: ring).latest(in: snapshot) }
    }

    /// Generations, what rests wrapped under each, and the rotation.
    public func status(as principal: Principal) async throws -> KeyStatus {
        try principal.require(.manageKeys)
        let keeper = core.keyDistribution.keeper
        let problems = await keeper?.problems() ?? []
        let ring = core.keyring.ring
        return try await core.database.read { [store] snapshot in
            let counts = try RotationStore.rowCounts(in: snapshot)
            let recorded = try RotationStore.generations(in: snapshot)
            let active = recorded.last { $0.activatedAt != nil }?.number ?? ring.activeGeneration
            let numbers = Set(ring.generations).union(recorded.map(\.number)).union(counts.keys).sorted()
            let generations = numbers.map { number in
                KeyGeneration(
                    number, recorded.first { $0.number == number }, active: active, keys: counts[number] ?? 0)
            }
            return KeyStatus(
                provider: keeper?.providerName, problems: problems, generations: generations,
                rotation: try store.latest(in: snapshot))
        }
    }

    private func required(_ transaction: borrowing Transaction) throws -> Rotation {
        guard let rotation = try store.current(in: transaction) else { throw VaultError.keys(.noRotation) }
        return rotation
    }

    private func record(
        _ action: AuditAction, _ id: RotationID, _ members: String, _ principal: Principal,
        _ transaction: borrowing Transaction
    ) throws {
        let actor: (kind: ActorKind, id: UInt128?) =
            principal.isLocalOperator ? (.system, nil) : (.user, principal.account.value)
        try core.audit.record(
            action, on: .system, actor: actor.kind, actorID: actor.id, origin: principal.origin,
            plain: Array("{\"rotation\":\"\(id)\",\(members)}".utf8), in: transaction)
    }

    private static func check(_ rate: Int?) throws(VaultError) {
        guard let rate else { return }
        guard (1...Rotation.maximumRate).contains(rate) else { throw .invalid(field: "rate", .malformed) }
    }

    private static func text(_ reason: String?) throws(VaultError) -> String? {
        guard let reason, !reason.isEmpty else { return nil }
        guard reason.count <= Rotation.maximumReason else {
            throw .invalid(field: "reason", .tooLong(maximum: Rotation.maximumReason))
        }
        return reason
    }
}

extension KeyGeneration {
    init(_ number: Int, _ recorded: RotationStore.Recorded?, active: Int, keys: Int) {
        let state: State =
            if recorded?.destroyedAt != nil {
                .destroyed
            } else if number == active {
                .active
            } else if number > active {
                .staged
            } else if recorded?.retiredAt != nil {
                .retired
            } else {
                .superseded
            }
        self.init(
            number: number, state: state, keys: keys, createdAt: recorded?.createdAt,
            activatedAt: recorded?.activatedAt, retiredAt: recorded?.retiredAt, destroyedAt: recorded?.destroyedAt)
    }
}
