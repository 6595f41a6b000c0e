public import Database

extension Journal {
    /// Recomputes the whole tree from the events and compares it with everything stored and signed.
    ///
    /// See ``JournalVerification``, which needs no secret; this is it with the journal's own key.
    /// - Parameter remembered: checkpoints that were kept elsewhere (the signed notes); only they can show that the
    ///   stored ones were removed together with events.
    /// - Throws: `DatabaseError` when the store cannot be read. What is wrong with the journal is in the report.
    public func verifyAll(
        _ database: any Database, against remembered: [String] = []
    ) async throws -> VerificationReport {
        let verification = JournalVerification(
            key: try verifierKey(), reorderWindow: reorderWindow, displacement: displacement)
        return try await verification.run(on: database, against: remembered)
    }
}

/// What it takes to verify a journal: the public half of its key, and how far events may be out of order.
public struct JournalVerification: Sendable {
    private let key: NoteVerifierKey
    private let reorderWindow: Int64
    private let displacement: Int64

    /// - Parameters:
    ///   - reorderWindow: see ``Journal/reorderWindow``.
    ///   - displacement: see ``Journal/displacement``.
    public init(key: NoteVerifierKey, reorderWindow: Int64, displacement: Int64) {
        self.key = key
        self.reorderWindow = max(0, reorderWindow)
        self.displacement = max(0, reorderWindow, displacement)
    }

    /// How far a verification is.
    public struct Progress: Sendable, Equatable {
        /// Leaves verified.
        public let done: Int64
        /// Leaves there were when it began.
        public let total: Int64

        public init(done: Int64, total: Int64) {
            self.done = done
            self.total = total
        }
    }

    /// Recomputes the tree from the events and compares it with everything stored and signed.
    ///
    /// Reads in batches of a few thousand rows, each in a snapshot of its own, so writers go on and memory stays small;
    /// the journal only grows, so what was verified stays verified. Covers the leaves that exist when it starts.
    /// - Parameters:
    ///   - remembered: checkpoints that were kept elsewhere.
    ///   - report: told after each batch.
    /// - Throws: `DatabaseError` when the store cannot be read; `CancellationError`.
    public func run(
        on database: any Database, against remembered: [String] = [], report: @Sendable (Progress) -> Void = { _ in }
    ) async throws -> VerificationReport {
        let (key, reorderWindow, displacement) = (key, reorderWindow, displacement)
        var state = try await database.read { snapshot in
            var state = VerificationState(key: key, reorderWindow: reorderWindow, displacement: displacement)
            try state.start(remembered: remembered, in: snapshot)
            return state
        }
        while !state.isAtEnd {
            try Task.checkCancellation()
            report(state.progress)
            let before = state
            state = try await database.read { snapshot in
                var state = before
                try state.verifyBatch(in: snapshot)
                return state
            }
        }
        report(state.progress)
        let last = state
        return try await database.read { snapshot in
            var state = last
            try state.finish(in: snapshot)
            return state.report
        }
    }
}
