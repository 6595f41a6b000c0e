/// First in, first out; each reading gets a ticket one higher than the last.
struct ReadQueue: Sendable {
    private var reads: [PendingRead] = []
    private var taken = 0
    private(set) var nextTicket: UInt64 = 0

    var count: Int { reads.count - taken }

    mutating func append(_ read: PendingRead) {
        reads.append(read)
        nextTicket += 1
    }

    mutating func popFirst(ticketBelow limit: UInt64) -> PendingRead? {
        guard count > 0, nextTicket - UInt64(count) < limit else { return nil }
        let read = reads[taken]
        taken += 1
        if taken == reads.count {
            reads.removeAll(keepingCapacity: true)
            taken = 0
        } else if taken >= 1024 {
            reads.removeFirst(taken)
            taken = 0
        }
        return read
    }
}
