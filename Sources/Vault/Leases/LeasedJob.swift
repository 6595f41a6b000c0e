/// Work that goes on for as long as this node holds a lease, and waits while it does not.
public struct LeasedJob: Sendable {
    private let leases: Leases
    private let name: LeaseName
    private let work: @Sendable (Lease) async -> Void

    /// - Parameter work: runs until its task is cancelled, and ends soon after: within three seconds, or at the next step
    ///   of which each is one transaction.
    public init(_ name: LeaseName, of leases: Leases, work: @escaping @Sendable (Lease) async -> Void) {
        self.name = name
        self.leases = leases
        self.work = work
    }

    /// Runs the work whenever the lease is held, until the task is cancelled.
    public func run() async {
        while let lease = await leases.whenHeld(name) {
            await withTaskGroup { group in
                group.addTask { await work(lease) }
                await leases.whenLost(lease)
                group.cancelAll()
            }
        }
    }
}
