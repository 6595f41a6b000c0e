/// How a move is watched and stopped.
struct MoveControl: Sendable {
    let progress: MoveProgress
    /// Asked between batches.
    let isStopped: @Sendable () -> Bool

    init(progress: MoveProgress, isStopped: @escaping @Sendable () -> Bool = { false }) {
        self.progress = progress
        self.isStopped = isStopped
    }

    /// - Throws: `ProgramError.failed` when the operator asked to stop.
    func check() throws(ProgramError) {
        guard isStopped() else { return }
        throw .failed("stopped; what was copied is kept: run the same command again to go on")
    }
}
