public import Database

/// A rule that binds a node, in the words that its reader may see.
public struct ExplainedBond: Sendable, Equatable {
    public let bond: Bond
    /// The rule's name; `nil` where the reader may not know it (legal holds are told only to those who work with them).
    public let name: String?
    /// Why the rule is there, for those who work with rules.
    public let reason: String?
    /// What its policy says; `nil` for holds.
    public let duration: Int64?
    /// Name of the folder the rule lies on; `nil` where the reader may not see that.
    public let placeName: String?
}

/// Says which rules and holds keep a node from being destroyed, until when, and why.
public struct ExplainKeeping: Sendable {
    let core: VaultCore

    public struct Answer: Sendable, Equatable {
        public let node: NodeID
        public let kind: NodeKind
        /// What would stop its destruction now, the strictest first.
        public let bonds: [ExplainedBond]
        /// When the last rule that ends by itself ends; `nil` when there is none, or when one has to be ended by somebody.
        public let freeAt: Timestamp?
    }

    /// For whoever may read the node, and for those who manage retention or work with holds.
    public func callAsFunction(_ id: NodeID, as principal: Principal) async throws -> Answer {
        try await core.database.read { snapshot in
            let record = try record(id, for: principal, in: snapshot)
            let extent: Extent = record.state == .trashed ? .trashed(id) : .live(id)
            let bonds = try core.keeping.bonds(on: extent, in: record.space, snapshot)
                .sorted { $0.isStricter(than: $1) }
            let explained = try bonds.map { try explain($0, to: principal, in: snapshot) }
            let isOpen = bonds.contains { $0.until == nil }
            return Answer(
                node: id, kind: record.kind, bonds: explained,
                freeAt: isOpen ? nil : bonds.compactMap(\.until).max())
        }
    }

    private func record(
        _ id: NodeID, for principal: Principal, in snapshot: borrowing Snapshot
    ) throws -> NodeRecord {
        let found = try NodeQueries.record(id, in: snapshot)
        guard principal.role.allows(.manageRetention) || principal.role.allows(.holdDocuments) else {
            let state = found?.state == .trashed ? NodeState.trashed : .live
            return try core.grants.require(Read.self, on: id, for: principal, state: state, in: snapshot).record
        }
        guard let found, found.state != .purged else { throw VaultError.notFound(.file) }
        return found
    }

    private func explain(
        _ bond: Bond, to principal: Principal, in snapshot: borrowing Snapshot
    ) throws -> ExplainedBond {
        var placeName: String?
        if let place = try NodeQueries.record(bond.place, in: snapshot), place.state != .purged {
            let isOfficer = principal.role.allows(.manageRetention) || principal.role.allows(.holdDocuments)
            let maySee =
                try isOfficer
                || core.grants.standing(of: principal, on: place, in: snapshot).permission != nil
            if maySee { placeName = try core.names.meta(of: place).name.text }
        }
        switch bond.rule {
        case .hold(let id):
            let text = try HoldStore.text(id, keyring: core.keyring, in: snapshot)
            let maySee = principal.role.allows(.holdDocuments)
            return ExplainedBond(
                bond: bond, name: maySee ? text.name : nil, reason: maySee ? text.reason : nil, duration: nil,
                placeName: placeName)
        case .retention(let id, _), .bearer(let id, _):
            let policy = try RetentionStore.policy(id, keyring: core.keyring, in: snapshot)
            return ExplainedBond(
                bond: bond, name: policy.name,
                reason: principal.role.allows(.manageRetention) ? policy.reason : nil, duration: policy.duration,
                placeName: placeName)
        }
    }
}
