public import Database

extension Journal {
    /// Recomputes the whole tree from the events and compares it with everything stored and signed.
    ///
    /// Reads in batches of a few thousand rows, each in a snapshot of its own, so writers go on and memory stays small;
    /// the journal only grows, so what was verified stays verified. Covers the leaves that exist when it starts.
    /// - Parameter remembered: checkpoints that were kept elsewhere (the signed notes); only they can show that the
    ///   stored ones were removed together with events.
    /// - Throws: `DatabaseError` when the store cannot be read. What is wrong with the journal is in the report.
    public func verifyAll(
        _ database: any Database, against remembered: [String] = []
    ) async throws -> VerificationReport {
        let key = try verifierKey()
        let journal = self
        var state = try await database.read { snapshot in
            var state = VerificationState(
                key: key, reorderWindow: journal.reorderWindow, displacement: journal.displacement)
            try state.start(remembered: remembered, in: snapshot)
            return state
        }
        while !state.isAtEnd {
            try Task.checkCancellation()
            let before = state
            state = try await database.read { snapshot in
                var state = before
                try state.verifyBatch(in: snapshot)
                return state
            }
        }
        let last = state
        return try await database.read { snapshot in
            var state = last
            try state.finish(in: snapshot)
            return state.report
        }
    }
}
