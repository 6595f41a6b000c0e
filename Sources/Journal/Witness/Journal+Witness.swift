public import Database

extension Journal {
    /// Remembered checkpoints compared in one snapshot.
    private static let witnessBatch = 512

    /// Compares the journal with checkpoints kept elsewhere: each must be signed by this journal, and a proof of consistency
    /// (RFC 9162, section 2.1.4) must lead from it to the tree as it is stored now.
    ///
    /// Reads stored nodes, not events: some thousand checkpoints a second, whatever the journal's size. Changed rows of
    /// events under an unchanged tree are what ``verifyAll(_:against:)`` finds.
    /// - Parameter notes: signed notes in any order.
    /// - Throws: `DatabaseError` when the store cannot be read; `CancellationError`.
    public func compare(_ database: any Database, withRemembered notes: [String]) async throws -> WitnessReport {
        let key = try verifierKey()
        var report = WitnessReport()
        var heads: Set<TreeHead> = []
        for (index, note) in notes.enumerated() {
            if index & 1_023 == 1_023 { try Task.checkCancellation() }
            if let checkpoint = try? Checkpoint(opening: note, key: key) {
                heads.insert(checkpoint.head)
            } else {
                report.add(.notOurs(index: index))
            }
            report.compared += 1
        }
        // In the order of their sizes, neighbours share the nodes that were read.
        let sorted = heads.sorted { ($0.size, $0.rootHash.first ?? 0) < ($1.size, $1.rootHash.first ?? 0) }
        var start = 0
        repeat {
            try Task.checkCancellation()
            let (before, batch) = (report, Array(sorted[start..<min(start + Self.witnessBatch, sorted.count)]))
            report = try await database.read { snapshot in
                var report = before
                try compare(batch, &report, in: snapshot)
                return report
            }
            start += batch.count
        } while start < sorted.count
        return report
    }

    /// Compares the tree as it is in `reading` with trees that were signed before.
    private func compare(
        _ heads: [TreeHead], _ report: inout WitnessReport, in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        let size = try StoredTree.size(in: reading)
        report.treeSize = size
        let present: TreeHead
        do {
            present = try treeHead(in: reading)
        } catch JournalError.damagedTree {
            return report.add(.damaged(checkpointSize: size))
        }
        var tree = StoredTree()
        for head in heads {
            guard head.size <= size else {
                report.add(.truncated(checkpointSize: head.size, leaves: size))
                continue
            }
            do {
                let proof = try tree.consistencyProof(from: head.size, to: size, in: reading)
                if proof.verifies(fromRoot: head.rootHash, toRoot: present.rootHash) {
                    report.latestGood = max(report.latestGood ?? 0, head.size)
                } else {
                    report.add(.contradicted(checkpointSize: head.size))
                }
            } catch JournalError.damagedTree {
                report.add(.damaged(checkpointSize: head.size))
            }
        }
    }
}
