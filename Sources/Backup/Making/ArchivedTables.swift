import Database
import Vault

/// Which rows an archive of a scope holds.
public enum ArchivedTables {
    /// Tables that belong to the place and not to the vault: which migrations ran when, which servers are alive, who of
    /// them does which job, what they counted in the last minutes.
    public static let ofThePlace: Set<String> = [
        "schema_migrations", "cluster_nodes", "leases", "rate_windows", "key_ring_handover", "key_holders",
    ]
    /// Keys never lie beside what they open: they travel in the key bundle. Who is signed in does not come back.
    static let withheld: Set<String> = ["file_keys", "sessions", "sign_in_challenges"]
    /// The table whose row makes a database a vault.
    public static let identity = "vault_info"
    /// Tables that only exist while a vault is on its way into a database.
    static let passing: Set<String> = ["vault_move", "vault_move_references", "vault_move_tables"]

    /// The column of `blobs` whose content is packed, not left in its row.
    static let packedColumn = "inline_content"

    /// The tables of an archive of `scope`, each with the condition on its rows.
    static func selection(
        _ catalog: TableCatalog, _ scope: BackupScope
    ) -> [(table: TableCatalog.Table, filter: SQL?)] {
        if case .system = scope {
            let left = ofThePlace.union(withheld).union(passing)
            return catalog.tables.filter { !left.contains($0.name) }.map { ($0, nil) }
        }
        let nodes = nodes(of: scope)
        return ["blobs", "comments", "expired_versions", "grants", "node_history", "nodes", "versions"].compactMap {
            name in
            guard let table = catalog.table(name) else { return nil }
            return (table, name == "nodes" ? "id IN (\(nodes))" : "node_id IN (\(nodes))")
        }
    }

    /// A statement that answers the ids of the nodes of a scope.
    static func nodes(of scope: BackupScope) -> SQL {
        switch scope {
        case .system: "SELECT id FROM nodes"
        case .space(let space): "SELECT id FROM nodes WHERE space_id = \(space)"
        case .file(let node): "SELECT id FROM nodes WHERE id = \(node) AND state <> 2"
        case .folder(let node, _):
            """
            WITH RECURSIVE inside (id) AS (
                SELECT id FROM nodes WHERE id = \(node) AND state <> 2
                UNION ALL
                SELECT n.id FROM nodes n JOIN inside i ON n.parent_id = i.id WHERE n.state = 0)
            SELECT id FROM inside
            """
        }
    }

    /// Live files and folders, and versions with a content.
    static func counts(
        of scope: BackupScope, in snapshot: borrowing Snapshot
    ) throws -> (files: Int64, folders: Int64, versions: Int64) {
        let nodes = nodes(of: scope)
        let files = try count("SELECT COUNT(*) FROM nodes WHERE state = 0 AND kind = 0 AND id IN (\(nodes))", snapshot)
        let folders = try count(
            "SELECT COUNT(*) FROM nodes WHERE state = 0 AND kind <> 0 AND id IN (\(nodes))", snapshot)
        let versions = try count(
            """
            SELECT COUNT(*) FROM versions v
            WHERE v.node_id IN (\(nodes)) AND EXISTS (SELECT 1 FROM blobs b WHERE b.id = v.blob_id)
            """, snapshot)
        return (files, folders, versions)
    }

    private static func count(_ sql: SQL, _ snapshot: borrowing Snapshot) throws -> Int64 {
        try snapshot.first(sql) { $0.integer(0) } ?? 0
    }
}
