/// How long a rotation rests after each batch.
struct RotationPace: Sendable, Equatable {
    /// Keys a second; `nil` for as fast as leaves people's writes in peace.
    let rate: Int?

    /// Rows to take at once: a slow rotation takes few, so that it is slow evenly and halts soon.
    var batchSize: Int {
        guard let rate else { return KeyBatch.size }
        return min(KeyBatch.size, max(1, rate / 4))
    }

    /// - Parameters:
    ///   - count: keys of the batch.
    ///   - elapsed: how long it took.
    func rest(after count: Int, took elapsed: Duration) -> Duration {
        guard let rate else {
            // A third of the time is others' alone: people's writes, and on SQLite the checkpoint that follows us.
            return elapsed / 2
        }
        return max(.zero, .seconds(1) * count / rate - elapsed)
    }
}
