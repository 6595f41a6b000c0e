public import Database

/// Checkpoints in the store. What is read is opened with the journal's own key, so a forged row is an error, not an answer.
extension Journal {
    /// The checkpoint of the largest tree; nil when none was made.
    public func latestCheckpoint(in reading: borrowing some SQLReading & ~Copyable) throws -> Checkpoint? {
        let note = try reading.first("SELECT note FROM journal_checkpoints ORDER BY tree_size DESC LIMIT 1") {
            $0.text(0)
        }
        guard let note else { return nil }
        return try Checkpoint(opening: note, key: verifierKey())
    }

    /// The checkpoint of exactly this tree size; nil when none was made.
    public func checkpoint(
        atSize size: Int64, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Checkpoint? {
        let note = try reading.first("SELECT note FROM journal_checkpoints WHERE tree_size = \(size)") { $0.text(0) }
        guard let note else { return nil }
        return try Checkpoint(opening: note, key: verifierKey())
    }

    /// Signs the present tree, or gives the stored checkpoint of it. Nothing is stored: whoever asks keeps it.
    ///
    /// - Throws: `JournalError.inconsistentTree` when the tree does not extend the latest checkpoint.
    public func nextCheckpoint(in reading: borrowing some SQLReading & ~Copyable) throws -> Checkpoint {
        let head = try treeHead(in: reading)
        if let latest = try latestCheckpoint(in: reading) {
            guard latest.head.size <= head.size,
                try treeHead(size: latest.head.size, in: reading) == latest.head
            else { throw JournalError.inconsistentTree(checkpointSize: latest.head.size) }
            if latest.head.size == head.size { return latest }
        }
        return try Checkpoint(signing: head, origin: origin, key: signingKey)
    }

    /// Keeps a checkpoint; the one that is already there for this size stays.
    func store(_ checkpoint: Checkpoint, in transaction: borrowing Transaction) throws {
        try transaction.run(
            """
            INSERT INTO journal_checkpoints (tree_size, time, root_hash, note)
            VALUES (\(checkpoint.head.size), \(transaction.now), \(checkpoint.head.rootHash), \(checkpoint.note))
            ON CONFLICT (tree_size) DO NOTHING
            """)
    }
}
