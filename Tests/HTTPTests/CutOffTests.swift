import HTTP
import Testing
import VaultTesting

private let host = "Host: vault.example\r\n"

/// Bodies whose end arrives in one segment with the end of the client's stream, at default deadlines: none of these
/// tests may have to wait for one.
@Suite struct CutOffTests {
    /// How a request is told to end early.
    enum Framing: String, CaseIterable {
        case contentLength = "Content-Length: 1000000"
        case chunked = "Transfer-Encoding: chunked"

        func frame(_ bytes: [UInt8]) -> [UInt8] {
            switch self {
            case .contentLength: bytes
            // The chunk's size line for what never comes is cut off too.
            case .chunked: Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n10".utf8)
            }
        }
    }

    /// A route whose handler waits for its own cancellation, and only then asks for the body.
    private func lateAsker(_ outcome: Event<(any Error)?>) -> Routes {
        route(.put, "/", .stream) { request in
            let cancelled = Event<Void>()
            await withTaskCancellationHandler {
                await cancelled.wait()
            } onCancel: {
                cancelled.signal(())
            }
            do {
                let stream = request.body.stream
                while try await stream.next() != nil {}
                outcome.signal(nil)
            } catch {
                outcome.signal(error)
            }
            return .empty(204)
        }
    }

    @Test(arguments: [1, 10, 40_000, 300_000], Framing.allCases)
    func aStreamCutOffBeforeTheHandlerAsksCancelsItAndFailsTheBody(_ size: Int, _ framing: Framing) async throws {
        let outcome = Event<(any Error)?>()
        try await withServer(lateAsker(outcome)) { port, _ in
            let client = try await RawHTTPClient(port: port)
            let head = Array("PUT / HTTP/1.1\r\n\(host)\(framing.rawValue)\r\n\r\n".utf8)
            try await client.sendLast(head + framing.frame([UInt8](repeating: 7, count: size)))
            #expect(await outcome.wait() as? HTTPError == .bodyCutOff)
            #expect(try await client.bytesToEnd() == [])
        }
    }

    @Test func aHeadAloneCutOffCancelsItsHandler() async throws {
        let outcome = Event<(any Error)?>()
        try await withServer(lateAsker(outcome)) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.sendLast(Array("PUT / HTTP/1.1\r\n\(host)Content-Length: 1000000\r\n\r\n".utf8))
            #expect(await outcome.wait() as? HTTPError == .bodyCutOff)
        }
    }

    @Test func aHandlerAlreadyAskingIsToldAtOnce() async throws {
        let outcome = Event<(any Error)?>()
        let routes = route(.put, "/", .stream) { request in
            do {
                let stream = request.body.stream
                while try await stream.next() != nil {}
                outcome.signal(nil)
            } catch {
                outcome.signal(error)
            }
            return .empty(204)
        }
        try await withServer(routes) { port, server in
            let client = try await RawHTTPClient(port: port)
            let head = Array("PUT / HTTP/1.1\r\n\(host)Content-Length: 1000000\r\n\r\n".utf8)
            try await client.sendLast(head + [UInt8](repeating: 7, count: 300_000))
            #expect(await outcome.wait() as? HTTPError == .bodyCutOff)
            #expect(try await client.bytesToEnd() == [])
            #expect(server.statistics?.abandoned.value == 1)
            #expect(server.statistics?.inFlight.value == 0)
        }
    }

    @Test(arguments: [BodyPolicy.buffered(limit: 1_000), .stream, .none])
    func aSmallBodyCutOffNeverReachesTheHandler(_ policy: BodyPolicy) async throws {
        let called = Event<Void>()
        let routes = route(.post, "/", policy) { _ in
            called.signal(())
            return .text(200, "reached")
        }
        try await withServer(routes) { port, server in
            let client = try await RawHTTPClient(port: port)
            try await client.sendLast(Array("POST / HTTP/1.1\r\n\(host)Content-Length: 100\r\n\r\n0123456789".utf8))
            #expect(try await client.bytesToEnd() == [])
            #expect(called.value == nil)
            #expect(server.statistics?.inFlight.value == 0)
        }
    }

    @Test func aRefusedBodyCutOffEndsItsConnection() async throws {
        try await withServer(route(.put, "/", .stream) { _ in .text(200, "reached") }) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.sendLast(Array("PUT /other HTTP/1.1\r\n\(host)Content-Length: 1000000\r\n\r\nabc".utf8))
            let answer = try await client.response()
            #expect(answer.status == 404)
            #expect(try await client.bytesToEnd() == [])
        }
    }

    @Test(arguments: [0, 10, 70_001, 100_000, 123_456, 300_000, 3_000_000], [1, 4])
    func aClientThatEndsAfterItsWholeRequestIsAnsweredAndLetGo(_ size: Int, _ slabCount: Int) async throws {
        let routes = route(.put, "/", .streamUpTo(limit: 10_000_000)) { request in
            // The body may have arrived whole, or the pipeline be full, before it is asked for.
            for _ in 0..<1_000 { await Task.yield() }
            return .text(200, "\(try await request.body.collect(limit: 10_000_000).count)")
        }
        try await withServer(
            routes,
            configure: {
                $0.slabSize = 16 << 10; $0.slabCount = slabCount
            }
        ) { port, _ in
            let client = try await RawHTTPClient(port: port)
            let head = Array("PUT / HTTP/1.1\r\n\(host)Content-Length: \(size)\r\n\r\n".utf8)
            try await client.sendLast(head + [UInt8](repeating: 7, count: size))
            let answer = try await client.response()
            #expect(answer.text == "\(size)")
            // Nothing more can come: the connection need not wait for its idle deadline.
            #expect(try await client.bytesToEnd() == [])
        }
    }

    @Test func anEndRightAfterARequestEndsItsConnection() async throws {
        try await withServer(route(.get, "/") { _ in .text(200, "reached") }) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.sendLast(Array("GET / HTTP/1.1\r\n\(host)\r\n".utf8))
            let answer = try await client.response()
            #expect(answer.text == "reached")
            #expect(try await client.bytesToEnd() == [])
        }
    }
}
