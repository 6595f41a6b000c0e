import HTTP
import Synchronization
import VaultTesting

/// A running server for one test.
func withServer<T>(
    _ routes: Routes, configure: (inout ServerConfiguration) -> Void = { _ in }, graceSeconds: Double = 0,
    _ body: (UInt16, HTTPServer) async throws -> T
) async throws -> T {
    try await withServer(RoutedHandler(routes), configure: configure, graceSeconds: graceSeconds, body)
}

/// A running server for one test.
func withServer<T>(
    _ handler: any RequestHandler, configure: (inout ServerConfiguration) -> Void = { _ in },
    graceSeconds: Double = 0, _ body: (UInt16, HTTPServer) async throws -> T
) async throws -> T {
    var configuration = ServerConfiguration()
    configure(&configuration)
    let server = HTTPServer(configuration, handler)
    let port = try server.start()
    do {
        let result = try await body(port, server)
        await server.stop(graceSeconds: graceSeconds)
        return result
    } catch {
        await server.stop(graceSeconds: 0)
        throw error
    }
}

/// Something that happens once, and can be waited for.
final class Event<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [CheckedContinuation<Value, Never>] = []
    }

    private let state = Mutex(State())

    /// It happens; later calls change nothing.
    func signal(_ value: Value) {
        let waiters = state.withLock { state in
            if state.value == nil { state.value = value }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// Waits until it has happened.
    func wait() async -> Value {
        await withCheckedContinuation { continuation in
            let value = state.withLock { state in
                if state.value == nil { state.waiters.append(continuation) }
                return state.value
            }
            if let value { continuation.resume(returning: value) }
        }
    }

    /// The value, when it has happened already.
    var value: Value? { state.withLock { $0.value } }
}

/// A route description where only the body matters.
func info(_ body: BodyPolicy = .none) -> RouteInfo {
    RouteInfo(family: "test", summary: "Test", access: .anyone, body: body)
}

/// A table with one route.
func route(
    _ method: HTTP.Method, _ pattern: String, _ body: BodyPolicy = .none,
    _ handler: @escaping @Sendable (Request) async throws -> Response
) -> Routes {
    var routes = Routes()
    routes.add(method, pattern, info(body), handler)
    return routes
}
