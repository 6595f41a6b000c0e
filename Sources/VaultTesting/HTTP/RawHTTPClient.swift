import Dispatch
import Glibc
import HTTP

/// One TCP connection that sends exactly the bytes it is given, for requests no library would make.
///
/// Every call waits on a thread of its own, never on Swift's pool, which the server under test needs.
public final class RawHTTPClient: Sendable {
    /// What can go wrong on the client's side.
    public enum Failure: Error, Equatable {
        case cannotConnect(Int32)
        case brokenPipe
        case connectionReset
        case timedOut
        case endOfStream
        case malformedResponse(String)
    }

    private let socket: TestSocket
    private let queue = DispatchQueue(label: "raw-http-client")

    /// Connects to a server on this machine.
    /// - Parameter receiveBuffer: the size of the socket's receive buffer, for clients that take slowly.
    public init(port: UInt16, receiveBuffer: Int32? = nil) async throws {
        let queue = DispatchQueue(label: "raw-http-client-connect")
        socket = try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result { try TestSocket(port: port, receiveBuffer: receiveBuffer) })
            }
        }
    }

    /// Sends text as it is.
    public func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// Sends bytes as they are.
    public func send(_ bytes: [UInt8]) async throws {
        try await run { try $0.send(bytes) }
    }

    /// Sends bytes and closes the sending side so that the last of them and the end arrive as one segment: the server
    /// never sees one without the other.
    public func sendLast(_ bytes: [UInt8]) async throws {
        try await run { socket in
            try socket.send(bytes, more: true)
            socket.finishSending()
        }
    }

    /// The next answer, its body included.
    /// - Parameter toHead: the request was HEAD: no body follows, whatever the fields say.
    public func response(toHead: Bool = false) async throws -> HTTPTestResponse {
        try await run { try ResponseReader.read(from: $0, toHead: toHead) }
    }

    /// The next answer's head; the body is left to `bytes`.
    public func responseHead() async throws -> HTTPTestResponse {
        try await run { try ResponseReader.readHead(from: $0) }
    }

    /// The next bytes, at least one, at most `count`; nil at the end of the stream.
    public func bytes(atMost count: Int = 65_536) async throws -> [UInt8]? {
        try await run { try $0.receive(atMost: count) }
    }

    /// Everything up to the end of the stream; a reset counts as an end.
    public func bytesToEnd() async throws -> [UInt8] {
        try await run { socket in
            var all: [UInt8] = []
            do {
                while let piece = try socket.receive(atMost: 65_536) { all += piece }
            } catch Failure.connectionReset {}
            return all
        }
    }

    /// Closes the sending side only.
    public func finishSending() { socket.finishSending() }

    /// Closes the connection.
    public func close() { socket.close() }

    /// Breaks the connection with a reset, as a crashed client does.
    public func reset() { socket.reset() }

    private func run<T: Sendable>(_ body: @escaping @Sendable (TestSocket) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [socket] in
                continuation.resume(with: Result { try body(socket) })
            }
        }
    }
}
