import Crypto
import Database
import Journal

/// What a policy is made from.
public struct RetentionRules: Sendable, Equatable {
    public var mode: RetentionMode
    /// Milliseconds; see ``RetentionDuration``.
    public var duration: Int64
    public var expiry: VersionExpiry?

    public init(mode: RetentionMode, duration: Int64, expiry: VersionExpiry?) {
        self.mode = mode
        self.duration = duration
        self.expiry = expiry
    }
}

/// What to change of a policy; `nil` leaves it as it is.
public struct RetentionChange: Sendable {
    public enum Expiry: Sendable { case keep, remove, set(VersionExpiry) }

    public var name: String?
    public var mode: RetentionMode?
    public var duration: Int64?
    public var expiry: Expiry = .keep
    /// Why; needed to make a policy weaker.
    public var reason: String?

    public init(
        name: String? = nil, mode: RetentionMode? = nil, duration: Int64? = nil, expiry: Expiry = .keep,
        reason: String? = nil
    ) {
        self.name = name
        self.mode = mode
        self.duration = duration
        self.expiry = expiry
        self.reason = reason
    }
}

/// Sets, lengthens, and where their mode allows it shortens and lifts retention policies.
public struct RetentionPolicies: Sendable {
    let core: VaultCore

    /// Most policies in force on one folder; those above it add to them.
    public static let mostPerFolder = 16

    // MARK: Reading

    /// Oldest first, lifted ones too.
    public func list(
        after cursor: RetentionPolicyID?, limit: Int, as principal: Principal
    ) async throws -> (policies: [RetentionPolicy], next: RetentionPolicyID?) {
        try principal.require(.manageRetention)
        return try await core.database.read { snapshot in
            let found = try RetentionStore.policies(
                after: cursor, limit: limit + 1, keyring: core.keyring, in: snapshot)
            return (Array(found.prefix(limit)), found.count > limit ? found.prefix(limit).last?.id : nil)
        }
    }

    /// - Throws: `VaultError.notFound(.retentionPolicy)`.
    public func get(_ id: RetentionPolicyID, as principal: Principal) async throws -> RetentionPolicy {
        try principal.require(.manageRetention)
        return try await core.database.read { snapshot in
            try RetentionStore.policy(id, keyring: core.keyring, in: snapshot)
        }
    }

    // MARK: Changing

    /// Puts a policy on a folder, and so on all that lies in it and will.
    /// - Parameter node: a folder of any kind; the root of a space for the whole space.
    public func set(
        _ rules: RetentionRules, name: String, reason: String?, on node: NodeID, as principal: Principal
    ) async throws -> RetentionPolicy {
        try principal.require(.manageRetention)
        let name = try RuleText.name(name)
        let reason = try RuleText.reason(reason)
        try Self.check(rules)
        return try await core.database.write { transaction in
            guard let record = try NodeQueries.record(node, in: transaction), record.state == .live else {
                throw VaultError.notFound(.folder)
            }
            guard record.kind.isFolder else { throw VaultError.invalid(field: "node_id", .notAFolder) }
            let count = try transaction.first(
                "SELECT COUNT(*) FROM retention_policies WHERE node_id = \(node) AND lifted_at IS NULL", { $0.int(0) })
            guard (count ?? 0) < Self.mostPerFolder else {
                throw VaultError.retention(.tooMany(maximum: Self.mostPerFolder))
            }
            let policy = RetentionPolicy(
                id: core.ids.next(), node: node, space: record.space, name: name, reason: reason, mode: rules.mode,
                duration: rules.duration, expiry: rules.expiry, createdBy: principal.account,
                createdAt: transaction.now, updatedAt: transaction.now, liftedAt: nil)
            let key = try core.keyring.create(
                .retention, owner: policy.id.value, space: policy.space, in: transaction)
            try RetentionStore.insert(policy, key: key, in: transaction)
            try note(.retentionSet, policy, reason: reason, key: key, by: principal, in: transaction)
            return policy
        }
    }

    /// Changes a policy. Making it stronger is always allowed; weaker only in governance mode and with a reason.
    /// - Throws: `VaultError.retention(.compliance)`, `.retention(.lifted)`, `.invalid(field: "reason", .missing)`.
    public func change(
        _ id: RetentionPolicyID, _ change: RetentionChange, as principal: Principal
    ) async throws -> RetentionPolicy {
        try principal.require(.manageRetention)
        let name = try change.name.map { raw throws(VaultError) in try RuleText.name(raw) }
        let reason = try change.reason.map { raw throws(VaultError) in try RuleText.reason(raw) }
        return try await core.database.write { transaction in
            let old = try inForce(id, in: transaction)
            let expiry: VersionExpiry? =
                switch change.expiry {
                case .keep: old.expiry
                case .remove: nil
                case .set(let rule): rule
                }
            let rules = RetentionRules(
                mode: change.mode ?? old.mode, duration: change.duration ?? old.duration, expiry: expiry)
            try Self.check(rules)
            let isWeaker = rules.duration < old.duration || rules.mode.rawValue < old.mode.rawValue
            if isWeaker {
                guard old.mode == .governance else { throw VaultError.retention(.compliance) }
                guard reason != nil else { throw VaultError.invalid(field: "reason", .missing) }
            }
            let policy = RetentionPolicy(
                id: id, node: old.node, space: old.space, name: name ?? old.name, reason: old.reason, mode: rules.mode,
                duration: rules.duration, expiry: expiry, createdBy: old.createdBy, createdAt: old.createdAt,
                updatedAt: transaction.now, liftedAt: nil)
            let key = try core.keyring.retentionKey(id, in: transaction)
            try RetentionStore.update(policy, key: key, in: transaction)
            try note(
                isWeaker ? .retentionLifted : .retentionChanged, policy, before: old, reason: reason, key: key,
                by: principal, in: transaction)
            return policy
        }
    }

    /// Ends a policy in governance mode.
    /// - Throws: `VaultError.retention(.compliance)` for one in compliance mode, whoever asks.
    public func lift(
        _ id: RetentionPolicyID, reason: String?, as principal: Principal
    ) async throws -> RetentionPolicy {
        try principal.require(.manageRetention)
        let outcome = try await core.database.write { transaction -> Result<RetentionPolicy, VaultError> in
            let policy = try inForce(id, in: transaction)
            guard policy.mode == .governance else {
                try core.audit.record(
                    .retentionLifted, on: .retention(id), by: principal, outcome: .refused, in: transaction)
                return .failure(.retention(.compliance))
            }
            let reason = try RuleText.reason(reason)
            try transaction.run(
                """
                UPDATE retention_policies SET lifted_at = \(transaction.now), lifted_by = \(principal.account),
                                              updated_at = \(transaction.now)
                WHERE id = \(id)
                """)
            try note(
                .retentionLifted, policy, reason: reason, key: try core.keyring.retentionKey(id, in: transaction),
                by: principal, in: transaction)
            return .success(try RetentionStore.policy(id, keyring: core.keyring, in: transaction))
        }
        return try outcome.get()
    }

    // MARK: Pieces

    private func inForce(
        _ id: RetentionPolicyID, in transaction: borrowing Transaction
    ) throws -> RetentionPolicy {
        let policy = try RetentionStore.policy(id, keyring: core.keyring, in: transaction)
        guard policy.liftedAt == nil else { throw VaultError.retention(.lifted) }
        return policy
    }

    private static func check(_ rules: RetentionRules) throws(VaultError) {
        guard (0...RetentionDuration.longest).contains(rules.duration) else {
            throw .invalid(field: "duration", .malformed)
        }
        if let expiry = rules.expiry {
            guard (1...VersionExpiry.mostVersions).contains(expiry.keepVersions ?? 1) else {
                throw .invalid(field: "keep_versions", .malformed)
            }
            guard (1...RetentionDuration.longest).contains(expiry.keepFor ?? 1) else {
                throw .invalid(field: "keep_for", .malformed)
            }
        }
        // A policy that binds nothing and lets nothing go would be words.
        guard rules.duration > 0 || rules.expiry != nil && rules.mode == .governance else {
            throw .invalid(field: "duration", .missing)
        }
    }

    private func note(
        _ action: AuditAction, _ policy: RetentionPolicy, before: RetentionPolicy? = nil, reason: String?,
        key: SealingKey, by principal: Principal, in transaction: borrowing Transaction
    ) throws {
        var json = "{\"node_id\":\"\(policy.node)\",\"mode\":\"\(policy.mode.name)\""
        json += ",\"duration\":\"\(RetentionDuration.text(policy.duration))\""
        if let before { json += ",\"old_duration\":\"\(RetentionDuration.text(before.duration))\"" }
        if let versions = policy.expiry?.keepVersions { json += ",\"keep_versions\":\(versions)" }
        if let age = policy.expiry?.keepFor { json += ",\"keep_for\":\"\(RetentionDuration.text(age))\"" }
        if let reason { json += ",\"reason\":\(JSONText.quoted(reason))" }
        try core.audit.record(
            action, on: .retention(policy.id), by: principal,
            details: AuditDetails(name: policy.name, json: json + "}"),
            key: key, in: transaction)
    }
}
