import Synchronization

/// An HTTP/1.1 server: a request handler on a port.
///
/// ```swift
/// let server = HTTPServer(ServerConfiguration(port: 8080), handler)
/// let port = try server.start()
/// …
/// await server.stop(graceSeconds: 10)
/// ```
/// A started server must be stopped; it keeps itself alive until then.
public final class HTTPServer: Sendable {
    private enum State {
        case new
        case running(Supervisor)
        case stopped
    }

    private let configuration: ServerConfiguration
    private let handler: any RequestHandler
    private let state = Mutex(State.new)
    private let core: Mutex<ServerCore?> = Mutex(nil)

    /// A server, not yet listening.
    public init(_ configuration: ServerConfiguration, _ handler: any RequestHandler) {
        self.configuration = configuration
        self.handler = handler
    }

    /// Listens and serves; returns the port, which is the configured one or, for 0, the one the system picked.
    /// - Throws: `ServerError` when the address is taken or the certificate unusable; also when started twice.
    @discardableResult
    public func start() throws(ServerError) -> UInt16 {
        try state.withLock { (state) throws(ServerError) -> UInt16 in
            guard case .new = state else { throw .cannotStart("a server starts once") }
            let alarm = try Alarm()
            let core = ServerCore(configuration, handler, wake: { alarm.ring() })
            let daemon = try Daemon(core)
            let listening: (descriptor: Int32, port: UInt16)
            do throws(ServerError) {
                listening = try SocketAddress.listen(host: configuration.host, port: configuration.port)
            } catch {
                daemon.stop()
                throw error
            }
            let supervisor = Supervisor(core, daemon, listener: listening.descriptor, alarm: alarm)
            try supervisor.start()
            self.core.withLock { $0 = core }
            state = .running(supervisor)
            return listening.port
        }
    }

    /// Stops accepting at once, closes idle connections, lets requests in flight finish for `graceSeconds`, then
    /// cancels their handlers and closes what is left. Returns when all threads have ended; may be called again.
    public func stop(graceSeconds: Double = 10) async {
        let supervisor: Supervisor? = state.withLock { state in
            switch state {
            case .running(let supervisor): return supervisor
            case .new:
                state = .stopped
                return nil
            case .stopped: return nil
            }
        }
        let grace = Int64(max(0, min(graceSeconds, 86_400)) * 1_000)
        await supervisor?.stop(grace: grace)
    }

    /// What the server has counted; nil before the start.
    public var statistics: ServerStatistics? {
        core.withLock { $0?.statistics }
    }
}
