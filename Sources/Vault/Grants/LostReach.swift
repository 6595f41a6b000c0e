import Database

/// What is left beside nodes for somebody who may no longer reach them.
extension Grants {
    /// Takes away a person's stars on, notifications about and locks of what they may no longer read (locks: own) in one
    /// space. To be called after a grant was taken back or weakened.
    func clearTraces(
        of account: AccountID, in space: SpaceID, _ transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            WITH RECURSIVE chain (node, id, parent_id) AS (
                SELECT n.id, n.id, n.parent_id FROM stars s JOIN nodes n ON n.id = s.node_id
                WHERE s.account_id = \(account) AND n.space_id = \(space)
                UNION
                SELECT c.node, p.id, p.parent_id FROM chain c JOIN nodes p ON p.id = c.parent_id
            )
            DELETE FROM stars WHERE account_id = \(account) AND node_id IN (
                SELECT c.node FROM chain c LEFT JOIN grants g ON g.node_id = c.id AND g.grantee_id = \(account)
                GROUP BY c.node HAVING COUNT(g.permission) = 0)
            """)
        try transaction.run(
            """
            WITH RECURSIVE chain (node, id, parent_id) AS (
                SELECT n.id, n.id, n.parent_id FROM notifications t JOIN nodes n ON n.id = t.node_id
                WHERE t.account_id = \(account) AND n.space_id = \(space)
                UNION
                SELECT c.node, p.id, p.parent_id FROM chain c JOIN nodes p ON p.id = c.parent_id
            )
            DELETE FROM notifications WHERE account_id = \(account) AND node_id IN (
                SELECT c.node FROM chain c LEFT JOIN grants g ON g.node_id = c.id AND g.grantee_id = \(account)
                GROUP BY c.node HAVING COUNT(g.permission) = 0)
            """)
        try transaction.run(
            """
            WITH RECURSIVE chain (node, id, parent_id) AS (
                SELECT n.id, n.id, n.parent_id FROM locks l JOIN nodes n ON n.id = l.node_id
                WHERE l.holder_id = \(account) AND n.space_id = \(space)
                UNION
                SELECT c.node, p.id, p.parent_id FROM chain c JOIN nodes p ON p.id = c.parent_id
            )
            DELETE FROM locks WHERE holder_id = \(account) AND node_id IN (
                SELECT c.node FROM chain c LEFT JOIN grants g ON g.node_id = c.id AND g.grantee_id = \(account)
                GROUP BY c.node HAVING COALESCE(MAX(g.permission), 0) < \(Permission.owner.rawValue))
            """)
    }
}
