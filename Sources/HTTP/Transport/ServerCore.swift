import Synchronization

/// What all connections of one server share.
final class ServerCore: Sendable {
    let configuration: ServerConfiguration
    let handler: any RequestHandler
    let statistics = ServerStatistics()
    let identifiers = RequestIdentifiers()
    /// All open connections.
    let links = Mutex<[ObjectIdentifier: Link]>([:])
    /// Open connections by address, counted only when they are limited.
    private let addresses = Mutex<[String: Int]>([:])
    /// Connections accepted and not yet ended: what the limit is compared with.
    let admitted = Counter()
    private let stopping = Atomic<Bool>(false)
    private let forced = Atomic<Bool>(false)
    private let wake: @Sendable () -> Void

    let idleTime: Int64
    let headTime: Int64
    let bodyTime: Int64
    let handlerTime: Int64?
    /// How long an early-answered client may go on sending, in milliseconds.
    let lingerTime: Int64 = 10_000
    /// How much it may go on sending, in bytes.
    let lingerBytes: Int64 = 64 << 20

    /// - Parameter wake: wakes the supervisor; called when a request ends while the server stops.
    init(_ configuration: ServerConfiguration, _ handler: any RequestHandler, wake: @escaping @Sendable () -> Void) {
        self.configuration = configuration
        self.handler = handler
        self.wake = wake
        idleTime = configuration.idleTimeout.inMilliseconds
        headTime = configuration.headerTimeout.inMilliseconds
        bodyTime = configuration.bodyTimeout.inMilliseconds
        handlerTime = configuration.handlerTimeout?.inMilliseconds
    }

    var isTLS: Bool { configuration.tls != nil }

    /// True once the server stops: answers close their connections.
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// True once the grace is over: nothing is suspended any more.
    var isForced: Bool { forced.load(ordering: .sequentiallyConsistent) }

    func beginStopping() { stopping.store(true, ordering: .sequentiallyConsistent) }

    func force() { forced.store(true, ordering: .sequentiallyConsistent) }

    var sendingDeadline: Int64 { MonotonicTime.milliseconds + idleTime }

    /// Counts a connection of an address; false when it has too many.
    func admit(_ address: String) -> Bool {
        let limit = configuration.maximumConnectionsPerAddress
        guard limit > 0 else {
            admitted.add(1)
            return true
        }
        return addresses.withLock { addresses in
            guard addresses[address, default: 0] < limit else { return false }
            addresses[address, default: 0] += 1
            admitted.add(1)
            return true
        }
    }

    /// True when another connection may be accepted.
    var hasRoom: Bool { admitted.value < Int64(configuration.maximumConnections) }

    func connectionEnded(_ address: String) {
        let left = admitted.add(-1)
        if configuration.maximumConnectionsPerAddress > 0 {
            addresses.withLock { addresses in
                let count = addresses[address, default: 0] - 1
                addresses[address] = count > 0 ? count : nil
            }
        }
        if isStopping || left + 1 >= Int64(configuration.maximumConnections) { wake() }
    }

    func requestEnded() {
        if isStopping { wake() }
    }
}
