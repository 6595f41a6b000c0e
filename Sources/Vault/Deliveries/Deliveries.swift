import Database

/// What leaves the machine, as administrators see it.
public struct Deliveries: Sendable {
    let core: VaultCore

    public static let maximumLimit = 200

    public struct Page: Sendable {
        /// Newest first.
        public let entries: [Delivery]
        /// What to ask the next page with; `nil` on the last one.
        public let next: String?
    }

    public func list(
        in state: Delivery.State? = nil, to target: DeliveryTarget? = nil, before cursor: String? = nil, limit: Int,
        as principal: Principal
    ) async throws -> Page {
        try principal.require(.readJournal)
        let last: DeliveryID?
        if let cursor {
            guard let id = DeliveryID(cursor) else { throw VaultError.invalid(field: "cursor", .malformed) }
            last = id
        } else {
            last = nil
        }
        let limit = min(max(1, limit), Self.maximumLimit)
        var conditions: SQL = "1 = 1"
        if let last { conditions = "\(conditions) AND id < \(last)" }
        if let state { conditions = "\(conditions) AND state = \(state.rawValue)" }
        if let target { conditions = "\(conditions) AND target = \(target.rawValue)" }
        let wanted = conditions
        // Identifiers grow with time, so their order is that of creation.
        let entries = try await core.database.read { snapshot in
            try snapshot.all(
                """
                SELECT \(Delivery.columns) FROM deliveries
                WHERE \(wanted)
                ORDER BY id DESC LIMIT \(limit + 1)
                """
            ) { Delivery($0) }.compactMap { $0 }
        }
        return Page(
            entries: Array(entries.prefix(limit)),
            next: entries.count > limit ? entries[limit - 1].id.description : nil)
    }

    /// Has a delivery that waits or was given up tried again at once, with its whole time before it.
    /// - Throws: `VaultError.notFound(.delivery)`; `.cannotDeliver`.
    public func retry(_ id: DeliveryID, as principal: Principal) async throws -> Delivery {
        try principal.require(.manageDeliveries)
        return try await core.database.write { transaction in
            guard let delivery = try Self.delivery(id, in: transaction) else {
                throw VaultError.notFound(.delivery)
            }
            guard delivery.state != .delivered else { throw VaultError.cannotDeliver(.alreadyDelivered) }
            let deadline = transaction.now.advanced(bySeconds: core.settings.deliveries.patience)
            try transaction.run(
                """
                UPDATE deliveries SET state = \(Delivery.State.waiting.rawValue), attempts = 0, ended_at = NULL,
                    next_at = \(transaction.now), deadline_at = \(deadline)
                WHERE id = \(id)
                """)
            try core.audit.record(.deliveryRetried, on: .delivery(id), by: principal, in: transaction)
            guard let changed = try Self.delivery(id, in: transaction) else { throw VaultError.notFound(.delivery) }
            return changed
        }
    }

    static func delivery(_ id: DeliveryID, in reading: borrowing some SQLReading & ~Copyable) throws -> Delivery? {
        try reading.first("SELECT \(Delivery.columns) FROM deliveries WHERE id = \(id)") { Delivery($0) } ?? nil
    }
}
