public import Database

/// Ends what the restored rows say is under way: the server that did it is gone.
public enum RestoredBackups {
    /// What a backup that was being made has of an archive stays where it is: the vault may have been restored from it.
    public static func settle(in transaction: borrowing Transaction) throws {
        let now = transaction.now
        try transaction.run(
            """
            UPDATE backups
            SET state = 'failed', finished_at = \(now), has_leftovers = 0, sealed_password = NULL, problem = 'interrupted',
                problem_detail = 'the vault was restored from a backup that was made meanwhile; make a new one'
            WHERE state IN ('waiting', 'running')
            """)
        // Files that are to go may be all that is left of the vault it came from.
        try transaction.run(
            """
            UPDATE backups SET state = 'failed', has_leftovers = 0, problem = 'interrupted',
                               problem_detail = 'the vault was restored before the backup was deleted; delete it again'
            WHERE state = 'deleting'
            """)
        try transaction.run("UPDATE backups SET has_leftovers = 0 WHERE has_leftovers <> 0")
        try transaction.run(
            "UPDATE backup_checks SET state = 'broken', finished_at = \(now) WHERE state IN ('waiting', 'running')")
    }
}
