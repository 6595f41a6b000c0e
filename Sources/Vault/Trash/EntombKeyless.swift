import Crypto
import Database
import Journal

/// Gives nodes and accounts whose keys are gone the state that shredding gives: after a restore from an archive that still
/// has their rows, with keys that were exported after they were destroyed.
package struct EntombKeyless: Sendable {
    private let core: VaultCore

    package init(_ core: VaultCore) { self.core = core }

    package struct Report: Sendable, Equatable {
        package var files = 0
        package var folders = 0
        package var accounts = 0
        /// The first of the files and folders.
        package var examples: [NodeID] = []
    }

    private static let batch = 200
    private static let shown = 20

    /// Repeats bounded transactions until no such node is left.
    package func callAsFunction() async throws -> Report {
        var report = Report()
        while true {
            let part = try await core.database.write { transaction in try nodes(in: transaction) }
            guard part.files + part.folders > 0 else { break }
            report.files += part.files
            report.folders += part.folders
            report.examples += part.examples.prefix(Self.shown - report.examples.count)
        }
        report.accounts = try await core.database.write { transaction in try accounts(in: transaction) }
        return report
    }

    private func nodes(in transaction: borrowing Transaction) throws -> Report {
        var report = Report()
        let doomed = try transaction.all(
            """
            SELECT n.id, n.space_id, n.parent_id, n.kind, n.state, n.head_number, n.size, n.category
            FROM nodes n LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE n.state <> 2 AND k.owner_id IS NULL ORDER BY n.id LIMIT \(Self.batch)
            """
        ) { row in
            Doomed(
                id: row.id(0), space: row.id(1), parent: row.optionalID(2),
                kind: NodeKind(rawValue: row.integer(3)) ?? .file, state: NodeState(rawValue: row.integer(4)) ?? .live,
                head: row.int(5), size: row.integer(6), category: FileCategory(rawValue: row.integer(7)))
        }
        for node in doomed {
            try core.shredRows(of: node.id, in: transaction)
            if node.kind == .file, let category = node.category {
                try core.usage.add(
                    files: -1, bytes: -node.size, category: category, state: node.state, in: node.space, transaction)
            }
            try NodeWrites.appendHistory(
                node.id, space: node.space, parent: node.parent, kind: node.kind, state: .purged, sealedMeta: nil,
                head: node.head, size: node.size, by: AccountID(0), in: transaction)
            try transaction.run(
                """
                UPDATE nodes SET state = 2, name_tag = NULL, sealed_meta = NULL, trash_root = NULL, revision = revision + 1
                WHERE id = \(node.id)
                """)
            try core.audit.record(
                .fileDeleted, on: .node(node.id, kind: node.kind, space: node.space), actor: .system, actorID: nil,
                origin: .local, plain: Array("{\"reason\":\"key_not_in_bundle\"}".utf8), in: transaction)
            if node.kind == .file { report.files += 1 } else { report.folders += 1 }
            report.examples.append(node.id)
        }
        return report
    }

    private struct Doomed {
        let id: NodeID
        let space: SpaceID
        let parent: NodeID?
        let kind: NodeKind
        let state: NodeState
        let head: Int
        let size: Int64
        let category: FileCategory?
    }

    private func accounts(in transaction: borrowing Transaction) throws -> Int {
        let erased = try transaction.all(
            """
            SELECT a.id FROM accounts a LEFT JOIN file_keys k ON k.owner_id = a.id
            WHERE a.status <> 'erased' AND k.owner_id IS NULL ORDER BY a.id
            """
        ) { $0.id(0) as AccountID }
        for id in erased {
            for statement in EraseAccount.rows(of: id) { try transaction.run(statement) }
            try transaction.run(
                """
                UPDATE accounts SET email_tag = NULL, sealed_profile = NULL, sealed_password = NULL, status = 'erased',
                                    two_factor_enabled = 0, last_seen_at = NULL, updated_at = updated_at + 1
                WHERE id = \(id)
                """)
            try core.audit.record(
                .accountErased, on: .account(id), actor: .system, actorID: nil, origin: .local,
                plain: Array("{\"reason\":\"key_not_in_bundle\"}".utf8), in: transaction)
        }
        return erased.count
    }
}
