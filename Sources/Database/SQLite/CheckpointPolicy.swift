/// Keeps the write-ahead log bounded. Checkpoints are made after the callers of a group were resumed.
struct CheckpointPolicy {
    /// 16 MiB of 4 KiB pages.
    private static let frames = 4_096

    func groupCommitted(on connection: SQLiteConnection) {
        guard connection.logFrames >= Self.frames else { return }
        _ = try? connection.checkpoint(.passive)
    }
}
