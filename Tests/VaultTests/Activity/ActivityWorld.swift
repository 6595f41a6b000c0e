import Database
import VaultTesting

@testable import Vault

extension World {
    /// Gives somebody a right on a node.
    func grant(_ node: NodeID, to other: Principal, by owner: Principal, _ permission: Permission = .editor)
        async throws
    {
        try await database.write { transaction in
            try transaction.run(
                """
                INSERT INTO grants (node_id, grantee_id, permission, granted_by, created_at)
                VALUES (\(node), \(other.account), \(permission.rawValue), \(owner.account), \(transaction.now))
                """)
        }
    }

    /// Takes it away.
    func revoke(_ node: NodeID, from other: Principal) async throws {
        try await database.write { transaction in
            try transaction.run("DELETE FROM grants WHERE node_id = \(node) AND grantee_id = \(other.account)")
        }
    }

    /// A person's history in short: "You file_uploaded a.txt".
    func history(
        of person: Principal, _ filter: ActivityFilter = .all, about subjects: ActivityFeed.Subjects = .everything
    ) async throws -> [String] {
        try await vault.activity(filter, about: subjects, limit: 200, as: person).events.map(\.line)
    }
}

extension ActivityEvent {
    /// "Sarah M. file_edited a.txt".
    var line: String {
        let who =
            switch actor {
            case .caller: "You"
            case .other(let person): person.shortName
            case .unknown: "Someone"
            case .vault: "Vault"
            }
        let what =
            switch target {
            case .node(_, let name, _): name
            case .deleted: "(deleted)"
            case .unavailable: "(unavailable)"
            case .account: "(account)"
            }
        return "\(who) \(action.rawValue) \(what)"
    }
}
