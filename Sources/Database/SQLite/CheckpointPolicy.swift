/// When the log is copied into the database file, by whom. The writer's own, asked after each group.
///
/// Counts are pages of 4 KiB.
struct CheckpointPolicy {
    /// The thread copies whenever the log has grown by this much: 4 MiB.
    private static let step = 1_024
    /// From this length on the writer copies the rest, so that the log starts anew: 32 MiB.
    private static let long = 8_192

    private var nextStep = Self.step
    private var nextRestart = Self.long

    mutating func groupCommitted(on connection: SQLiteConnection, with checkpointer: Checkpointer) {
        let frames = connection.logFrames
        if frames < nextStep - Self.step {
            // The log has started anew.
            nextStep = Self.step
            nextRestart = Self.long
        }
        if frames >= nextRestart && checkpointer.isIdle {
            _ = try? connection.checkpoint(.passive)
            // If a reading keeps the log from starting anew there is no use in trying at once again.
            nextRestart = frames + Self.step
            nextStep = frames + Self.step
        } else if frames >= nextStep {
            checkpointer.request()
            nextStep = frames + Self.step
        }
    }
}
