import Crypto
import Database
import Journal

/// Legal holds as cases: opened and extended by one person who may, released by two.
public struct Holds: Sendable {
    let core: VaultCore

    /// Most nodes one hold lies on; a folder counts once for all below it.
    public static let mostNodes = 10_000
    /// Most nodes named in one request.
    public static let mostAtOnce = 1_000

    // MARK: Reading

    /// Newest first, released ones too.
    public func list(
        before cursor: HoldID?, limit: Int, as principal: Principal
    ) async throws -> (holds: [LegalHold], next: HoldID?) {
        try principal.require(.holdDocuments)
        return try await core.database.read { snapshot in
            let records = try HoldStore.records(before: cursor, limit: limit + 1, in: snapshot)
            let page = try records.prefix(limit).map {
                try HoldStore.opened($0, keyring: core.keyring, in: snapshot)
            }
            return (page, records.count > limit ? page.last?.id : nil)
        }
    }

    /// - Throws: `VaultError.notFound(.hold)`.
    public func get(_ id: HoldID, as principal: Principal) async throws -> LegalHold {
        try principal.require(.holdDocuments)
        return try await core.database.read { snapshot in try opened(id, in: snapshot) }
    }

    /// What the hold lies on, in the order of ids, those after `cursor`.
    public func nodes(
        of id: HoldID, after cursor: NodeID?, limit: Int, as principal: Principal
    ) async throws -> (nodes: [HeldNode], next: NodeID?) {
        try principal.require(.holdDocuments)
        return try await core.database.read { snapshot in
            _ = try HoldStore.record(id, in: snapshot)
            let found = try HoldStore.nodes(
                of: id, after: cursor, limit: limit + 1, keyring: core.keyring, in: snapshot)
            return (Array(found.prefix(limit)), found.count > limit ? found.prefix(limit).last?.id : nil)
        }
    }

    // MARK: Opening and extending

    /// - Parameter nodes: files and folders of anybody, live or in the trash.
    /// - Throws: `VaultError.notFound(.file)` when one of them is not there or was destroyed; then nothing is held.
    public func open(
        name: String, reason: String?, on nodes: [NodeID], as principal: Principal
    ) async throws -> LegalHold {
        try principal.require(.holdDocuments)
        let text = RuleText(name: try RuleText.name(name), reason: try RuleText.reason(reason))
        try Self.requireNumber(nodes)
        return try await core.database.write { transaction in
            let id: HoldID = core.ids.next()
            let key = try core.keyring.create(.hold, owner: id.value, space: SpaceID(0), in: transaction)
            try HoldStore.insert(id, text, key: key, by: principal.account, in: transaction)
            try core.audit.record(
                .holdOpened, on: .hold(id), by: principal,
                details: AuditDetails(
                    name: text.name,
                    json: "{\"reason\":\(JSONText.quoted(text.reason ?? "")),\"node_ids\":\(Self.json(nodes))}"),
                key: key, in: transaction)
            try place(id, on: nodes, by: principal, in: transaction)
            return try opened(id, in: transaction)
        }
    }

    /// Puts more under a hold.
    /// - Throws: `VaultError.hold(.released)` when it is over.
    public func extend(_ id: HoldID, to nodes: [NodeID], as principal: Principal) async throws -> LegalHold {
        try principal.require(.holdDocuments)
        try Self.requireNumber(nodes)
        return try await core.database.write { transaction in
            let key = try open(id, in: transaction).key
            let added = try place(id, on: nodes, by: principal, in: transaction)
            if !added.isEmpty {
                try core.audit.record(
                    .holdExtended, on: .hold(id), by: principal,
                    details: AuditDetails(json: "{\"node_ids\":\(Self.json(added))}"), key: key, in: transaction)
            }
            return try opened(id, in: transaction)
        }
    }

    /// Changes what the case is called, or why it is; `nil` leaves it as it is.
    public func describe(
        _ id: HoldID, name: String?, reason: String?, as principal: Principal
    ) async throws -> LegalHold {
        try principal.require(.holdDocuments)
        let newName = try name.map { raw throws(VaultError) in try RuleText.name(raw) }
        let newReason = try reason.map { raw throws(VaultError) in try RuleText.reason(raw) }
        return try await core.database.write { transaction in
            let (record, key) = try open(id, in: transaction)
            let old = try RuleText.opened(record.text, under: key, HoldStore.context(id))
            let text = RuleText(name: newName ?? old.name, reason: newReason ?? old.reason)
            if text != old {
                try HoldStore.update(id, text, key: key, in: transaction)
                try core.audit.record(
                    .holdExtended, on: .hold(id), by: principal,
                    details: AuditDetails(
                        name: text.name,
                        json:
                            "{\"old_name\":\(JSONText.quoted(old.name)),\"reason\":\(JSONText.quoted(text.reason ?? ""))}"
                    ),
                    key: key, in: transaction)
            }
            return try opened(id, in: transaction)
        }
    }

    // MARK: Releasing, by two

    /// Asks that the hold end, or that some nodes be taken out of it. Nothing is let go before another person confirms.
    /// - Parameter nodes: `nil` is all of them, and the end of the hold.
    /// - Throws: `VaultError.hold(.releasePending)`, `.hold(.notListed)` for a node that it does not lie on.
    public func askRelease(
        _ id: HoldID, of nodes: [NodeID]?, reason: String?, as principal: Principal
    ) async throws -> LegalHold {
        try principal.require(.holdDocuments)
        let reason = try RuleText.reason(reason)
        if let nodes { try Self.requireNumber(nodes) }
        return try await core.database.write { transaction in
            let key = try open(id, in: transaction).key
            guard try HoldStore.pending(id, key: key, in: transaction) == nil else {
                throw VaultError.hold(.releasePending)
            }
            let named = nodes.map { Array(Set($0)).sorted { $0.value < $1.value } }
            for node in named ?? [] {
                guard try HoldStore.isPlaced(id, on: node, in: transaction) else { throw VaultError.hold(.notListed) }
            }
            let release = HoldRelease(
                id: core.ids.next(), reason: reason, askedBy: principal.account, askedAt: transaction.now,
                nodes: named)
            try HoldStore.insert(release, of: id, key: key, in: transaction)
            try note(.holdReleaseAsked, release, of: id, key: key, by: principal, in: transaction)
            return try opened(id, in: transaction)
        }
    }

    /// Lets go what another person asked to let go.
    /// - Throws: `VaultError.hold(.samePerson)` for who asked; `.hold(.noReleasePending)`.
    public func confirmRelease(_ id: HoldID, as principal: Principal) async throws -> LegalHold {
        try principal.require(.holdDocuments)
        let outcome = try await core.database.write { transaction -> Result<LegalHold, VaultError> in
            // What was allowed when the request came may not be any more: this decides about destruction.
            try core.confirm(principal, for: .holdDocuments, in: transaction)
            let (key, release) = try pending(id, in: transaction)
            guard release.askedBy != principal.account else {
                try core.audit.record(
                    .holdReleased, on: .hold(id), by: principal, outcome: .refused, in: transaction)
                return .failure(.hold(.samePerson))
            }
            try HoldStore.decide(release, of: id, isConfirmed: true, by: principal.account, in: transaction)
            try note(.holdReleased, release, of: id, key: key, by: principal, in: transaction)
            return .success(try opened(id, in: transaction))
        }
        return try outcome.get()
    }

    /// Closes a request without letting anything go; who asked may take it back this way.
    public func refuseRelease(_ id: HoldID, reason: String?, as principal: Principal) async throws -> LegalHold {
        try principal.require(.holdDocuments)
        return try await core.database.write { transaction in
            let (key, release) = try pending(id, in: transaction)
            try HoldStore.decide(release, of: id, isConfirmed: false, by: principal.account, in: transaction)
            let words = try reason.map { raw throws(VaultError) in try RuleText.reason(raw) } ?? ""
            try core.audit.record(
                .holdReleaseRefused, on: .hold(id), by: principal,
                details: AuditDetails(json: "{\"reason\":\(JSONText.quoted(words))}"), key: key, in: transaction)
            return try opened(id, in: transaction)
        }
    }
}

// MARK: Pieces

extension Holds {
    private func opened(_ id: HoldID, in reading: borrowing some SQLReading & ~Copyable) throws -> LegalHold {
        try HoldStore.opened(try HoldStore.record(id, in: reading), keyring: core.keyring, in: reading)
    }

    /// A hold that is not over, and its key.
    private func open(
        _ id: HoldID, in transaction: borrowing Transaction
    ) throws -> (record: HoldStore.Record, key: SealingKey) {
        let record = try HoldStore.record(id, in: transaction)
        guard record.releasedAt == nil else { throw VaultError.hold(.released) }
        return (record, try core.keyring.holdKey(id, in: transaction))
    }

    private func pending(
        _ id: HoldID, in transaction: borrowing Transaction
    ) throws -> (key: SealingKey, release: HoldRelease) {
        let key = try open(id, in: transaction).key
        guard let release = try HoldStore.pending(id, key: key, in: transaction) else {
            throw VaultError.hold(.noReleasePending)
        }
        return (key, release)
    }

    /// - Returns: those it did not lie on before.
    @discardableResult
    private func place(
        _ id: HoldID, on nodes: [NodeID], by principal: Principal, in transaction: borrowing Transaction
    ) throws -> [NodeID] {
        var added: [NodeID] = []
        for node in nodes {
            guard let record = try NodeQueries.record(node, in: transaction), record.state != .purged else {
                throw VaultError.notFound(.file)
            }
            let isNew = try HoldStore.place(
                id, on: node, in: record.space, isCarried: false, by: principal.account, transaction)
            if isNew { added.append(node) }
        }
        guard try HoldStore.countOfPlaces(id, in: transaction) <= Self.mostNodes else {
            throw VaultError.hold(.tooMany(maximum: Self.mostNodes))
        }
        return added
    }

    private func note(
        _ action: AuditAction, _ release: HoldRelease, of id: HoldID, key: SealingKey, by principal: Principal,
        in transaction: borrowing Transaction
    ) throws {
        let nodes = release.nodes.map { Self.json($0) } ?? "null"
        try core.audit.record(
            action, on: .hold(id), by: principal,
            details: AuditDetails(
                json:
                    "{\"reason\":\(JSONText.quoted(release.reason)),\"asked_by\":\"\(release.askedBy)\",\"node_ids\":\(nodes)}"
            ),
            key: key, in: transaction)
    }

    private static func requireNumber(_ nodes: [NodeID]) throws(VaultError) {
        guard !nodes.isEmpty else { throw .invalid(field: "node_ids", .missing) }
        guard nodes.count <= mostAtOnce else { throw .tooManyItems(limit: mostAtOnce) }
    }

    /// The first hundred ids: an event has bounds, the hold itself lists them all.
    private static func json(_ nodes: [NodeID]) -> String {
        "[" + nodes.prefix(100).map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }
}
