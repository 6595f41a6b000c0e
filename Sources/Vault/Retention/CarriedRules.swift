import Database

/// Rules stick: what is taken out of a folder takes the folder's rules along (docs/decisions/0040).
extension VaultCore {
    /// Called by whatever gives a node another place, before it is there.
    ///
    /// A legal hold goes along whole, also for what is put below the node later. A policy goes along for the versions
    /// there are; new ones at the new place are no longer its own.
    func carryRules(
        of record: NodeRecord, to parent: NodeID, by principal: Principal, in transaction: borrowing Transaction
    ) throws {
        guard let old = record.parent, old != parent else { return }
        if try keeping.hasHolds(in: record.space, transaction) {
            try carryHolds(of: record, from: old, to: parent, by: principal, in: transaction)
        }
        if try keeping.hasPolicies(in: record.space, transaction) {
            try carryPolicies(of: record, from: old, to: parent, by: principal, in: transaction)
        }
    }

    private func carryHolds(
        of record: NodeRecord, from old: NodeID, to new: NodeID, by principal: Principal,
        in transaction: borrowing Transaction
    ) throws {
        let before = try HoldStore.holds(above: old, in: transaction)
        let after = try HoldStore.holds(above: new, in: transaction)
        for hold in before where !after.contains(hold) {
            let isNew = try HoldStore.place(
                hold, on: record.id, in: record.space, isCarried: true, by: principal.account, transaction)
            guard isNew else { continue }
            try audit.record(
                .holdExtended, on: .hold(hold), by: principal,
                details: AuditDetails(json: "{\"node_id\":\"\(record.id)\",\"cause\":\"moved\"}"),
                key: try keyring.holdKey(hold, in: transaction), in: transaction)
        }
    }

    private func carryPolicies(
        of record: NodeRecord, from old: NodeID, to new: NodeID, by principal: Principal,
        in transaction: borrowing Transaction
    ) throws {
        let after = try keeping.places(above: .alone(new), transaction)
        // The latest moment up to which each policy covers the node where it is.
        var before: [RetentionPolicyID: Int64] = [:]
        let now = transaction.now.milliseconds
        for place in try keeping.places(above: .alone(old), transaction) where place.duration > 0 {
            before[place.policy] = max(before[place.policy] ?? .min, min(place.coversBefore, now))
        }
        for (policy, moment) in before.sorted(by: { $0.key.value < $1.key.value }) {
            if after.contains(where: { $0.policy == policy && $0.coversBefore >= moment }) { continue }
            guard try RetentionStore.carry(policy, on: record.id, in: record.space, upTo: moment, transaction) else {
                continue
            }
            try audit.record(
                .retentionChanged, on: .retention(policy), by: principal,
                details: AuditDetails(json: "{\"node_id\":\"\(record.id)\",\"cause\":\"moved\"}"),
                key: try keyring.retentionKey(policy, in: transaction), in: transaction)
        }
    }
}
