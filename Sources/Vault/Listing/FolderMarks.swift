import Database

/// What the entries of one folder are marked with.
///
/// Each names the state it wants: the index of a folder's entries holds live ones only, and without it SQLite reads every
/// node of the vault.
enum FolderMarks {
    /// Ids of the locked ones.
    static func locked(in folder: NodeID, at now: Timestamp) -> SQL {
        """
        SELECT l.node_id FROM nodes n JOIN locks l ON l.node_id = n.id
        WHERE n.parent_id = \(folder) AND n.state = 0 AND (l.expires_at IS NULL OR l.expires_at > \(now))
        """
    }

    /// Ids of those that somebody starred.
    static func starred(in folder: NodeID, by account: AccountID) -> SQL {
        """
        SELECT s.node_id FROM nodes n JOIN stars s ON s.node_id = n.id
        WHERE n.parent_id = \(folder) AND n.state = 0 AND s.account_id = \(account)
        """
    }

    /// Ids of those that are shared directly, each with one it is shared with, earliest first.
    static func shared(in folder: NodeID) -> SQL {
        """
        SELECT g.node_id, g.grantee_id FROM nodes n JOIN grants g ON g.node_id = n.id
        WHERE n.parent_id = \(folder) AND n.state = 0 ORDER BY g.created_at, g.grantee_id
        """
    }
}
