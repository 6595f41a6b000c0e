import Glibc
import Synchronization

/// An HTTP server on this machine that answers whatever it is told to, right or wrong, byte for byte.
///
///     let server = try RawHTTPServer { request in .close(after: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour") }
///
/// Every connection has a thread of its own. All of them end when the server goes.
public final class RawHTTPServer: Sendable {
    /// What a client asked.
    public struct Request: Sendable {
        /// `TLS` for a handshake instead of a request.
        public let method: String
        /// Path and query as they were sent.
        public let target: String
        /// By name in lower case.
        public let headers: [String: String]
        public let body: [UInt8]

        public var path: String { String(target.prefix { $0 != "?" }) }
        public var query: String { String(target.drop { $0 != "?" }.dropFirst()) }
    }

    public enum Answer: Sendable {
        /// Bytes to send; the connection is kept.
        case keep([UInt8])
        /// Bytes to send before the connection is closed.
        case close(after: [UInt8])
        /// Bytes to send before nothing more is said.
        case stall(after: [UInt8])
        /// The first bytes, then the others again and again until the client goes.
        case endless([UInt8], again: [UInt8])

        /// A proper answer.
        public static func response(
            _ status: Int, _ headers: [(String, String)] = [], _ body: [UInt8] = []
        ) -> Answer {
            .keep(head(status, headers + [("Content-Length", String(body.count))]) + body)
        }

        /// A status line, fields and the empty line.
        public static func head(_ status: Int, _ headers: [(String, String)]) -> [UInt8] {
            let lines = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
            return Array("HTTP/1.1 \(status) Whatever\r\n\(lines)\r\n".utf8)
        }
    }

    public let port: UInt16
    private let shared: Shared

    /// - Parameter answer: called on the connections' threads.
    public init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
        let (listener, port) = try ServerSocket.listen()
        self.port = port
        shared = Shared(listener, answer)
        shared.start()
    }

    deinit { shared.stop() }

    /// Closes every connection and takes no more.
    public func stop() { shared.stop() }

    /// All requests so far, in the order in which they came.
    public var requests: [Request] { shared.state.withLock { $0.requests } }

    /// Waits until there have been so many requests of a kind.
    public func wait(for count: Int = 1, where isMeant: @escaping @Sendable (Request) -> Bool = { _ in true }) async {
        await withCheckedContinuation { continuation in
            let isThere = shared.state.withLock { state in
                if state.isStopped || state.requests.count(where: isMeant) >= count { return true }
                state.waiters.append(Shared.Waiter(count: count, isMeant: isMeant, continuation: continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private final class Shared: Sendable {
        struct Waiter: Sendable {
            let count: Int
            let isMeant: @Sendable (Request) -> Bool
            let continuation: CheckedContinuation<Void, Never>
        }

        struct State {
            var requests: [Request] = []
            var waiters: [Waiter] = []
            var connections: Set<Int32> = []
            var isStopped = false
        }

        let state = Mutex(State())
        private let listener: Int32
        private let answer: @Sendable (Request) -> Answer

        init(_ listener: Int32, _ answer: @escaping @Sendable (Request) -> Answer) {
            self.listener = listener
            self.answer = answer
        }

        func start() {
            ServerSocket.thread { [self] in
                while let connection = ServerSocket.accept(listener) {
                    guard state.withLock({ $0.isStopped ? false : $0.connections.insert(connection).inserted }) else {
                        ServerSocket.close(connection)
                        break
                    }
                    ServerSocket.thread { [self] in serve(connection) }
                }
                ServerSocket.close(listener)
            }
        }

        func stop() {
            let waiters: [Waiter] = state.withLock { state in
                guard !state.isStopped else { return [] }
                state.isStopped = true
                // With the lock held no descriptor is closed, so none of these is somebody else's by now.
                ServerSocket.shutDown(listener)
                for connection in state.connections { ServerSocket.shutDown(connection) }
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.continuation.resume() }
        }

        private func serve(_ connection: Int32) {
            var stream = ServerSocket(connection)
            while let request = stream.request() {
                note(request)
                switch answer(request) {
                case .keep(let bytes):
                    if stream.send(bytes) { continue }
                case .close(let bytes): _ = stream.send(bytes)
                case .stall(let bytes):
                    _ = stream.send(bytes)
                    // What the client says now is not heard; the end is.
                    stream.waitForEnd()
                case .endless(let first, let again):
                    guard stream.send(first) else { break }
                    while stream.send(again) {}
                }
                break
            }
            _ = state.withLock { $0.connections.remove(connection) }
            ServerSocket.close(connection)
        }

        private func note(_ request: Request) {
            let ready = state.withLock { state in
                state.requests.append(request)
                let isOver = { (waiter: Waiter) in state.requests.count(where: waiter.isMeant) >= waiter.count }
                let ready = state.waiters.filter(isOver)
                state.waiters.removeAll(where: isOver)
                return ready
            }
            for waiter in ready { waiter.continuation.resume() }
        }
    }
}
