package import Crypto
package import Database

/// Brings what the rows say of master keys in step with a ring that is newer than they are: after a restore from an archive
/// and a key bundle that was made later.
package enum RestoredGenerations {
    package static func reconcile(with ring: KeyRing, in transaction: borrowing Transaction) throws {
        let now = transaction.now
        let held = ring.generations
        let recorded = try transaction.all("SELECT generation FROM key_generations ORDER BY generation") { $0.int(0) }
        guard !recorded.isEmpty || held != [1] else { return }
        for generation in held where !recorded.contains(generation) {
            let activated: Timestamp? = generation <= ring.activeGeneration ? now : nil
            try transaction.run(
                """
                INSERT INTO key_generations (generation, created_at, activated_at)
                VALUES (\(generation), \(now), \(activated.sqlValue))
                """)
        }
        for generation in recorded where !held.contains(generation) {
            try transaction.run(
                """
                UPDATE key_generations
                SET retired_at = COALESCE(retired_at, \(now)), destroyed_at = COALESCE(destroyed_at, \(now))
                WHERE generation = \(generation)
                """)
        }
        for generation in held where generation <= ring.activeGeneration {
            // Keys of the bundle are wrapped under it, whatever the archive's rows said of it.
            try transaction.run(
                """
                UPDATE key_generations SET activated_at = COALESCE(activated_at, \(now))
                WHERE generation = \(generation)
                """)
            let isUsed = try transaction.exists("SELECT 1 FROM file_keys WHERE generation = \(generation) LIMIT 1")
            if isUsed {
                try transaction.run("UPDATE key_generations SET retired_at = NULL WHERE generation = \(generation)")
            }
        }
        // What was under way stood on other rows than these; somebody begins it anew if it is still wanted.
        try transaction.run(
            """
            UPDATE key_rotations SET state = 'failed', problem = 'restored', finished_at = \(now)
            WHERE finished_at IS NULL
            """)
    }
}
