/// How far long work is. Called from any thread, often; must not block.
public protocol WorkProgress: Sendable {
    /// What there is to do, as far as it is known; may be said again when more is known.
    func expect(entries: Int, bytes: Int64)

    /// What was done since the last call.
    func advance(entries: Int, bytes: Int64)

    /// - Throws: when the work is to end now: somebody cancelled it, or the lease was lost.
    func check() throws
}

/// For whom progress does not matter.
public struct NoProgress: WorkProgress {
    public init() {}
    public func expect(entries: Int, bytes: Int64) {}
    public func advance(entries: Int, bytes: Int64) {}
    public func check() throws { try Task.checkCancellation() }
}
