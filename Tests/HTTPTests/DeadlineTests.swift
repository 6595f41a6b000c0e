import HTTP
import Testing
import VaultTesting

private let host = "Host: vault.example\r\n"

/// Deadlines are set to some milliseconds; the tests wait for what the server does, never for time.
@Suite struct DeadlineTests {
    @Test func aConnectionThatSaysNothingIsClosed() async throws {
        try await withServer(Routes(), configure: { $0.headerTimeout = .milliseconds(30) }) { port, _ in
            let client = try await RawHTTPClient(port: port)
            #expect(try await client.bytesToEnd() == [])
        }
    }

    @Test func anIdleConnectionIsClosed() async throws {
        let routes = route(.get, "/") { _ in .text(200, "x") }
        try await withServer(routes, configure: { $0.idleTimeout = .milliseconds(30) }) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("GET / HTTP/1.1\r\n\(host)\r\n")
            _ = try await client.response()
            #expect(try await client.bytesToEnd() == [])
        }
    }

    @Test func aHeadThatTricklesIsCutOff() async throws {
        let routes = route(.get, "/") { _ in .text(200, "x") }
        try await withServer(routes, configure: { $0.headerTimeout = .milliseconds(50) }) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("GET / HTTP/1.1\r\n\(host)")
            // Activity does not buy time: the deadline is for the whole head.
            await #expect(throws: RawHTTPClient.Failure.self) {
                while true {
                    try await client.send("X-A: a\r\n")
                    await Task.yield()
                }
            }
        }
    }

    @Test func aStalledBufferedBodyIsAnswered408() async throws {
        let routes = route(.post, "/", .buffered(limit: 1_000)) { _ in .text(200, "reached") }
        try await withServer(routes, configure: { $0.bodyTimeout = .milliseconds(30) }) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("POST / HTTP/1.1\r\n\(host)Content-Length: 100\r\n\r\nabc")
            let answer = try await client.response()
            #expect(answer.status == 408)
            #expect(answer.string("code") == "request_timeout")
            #expect(try await client.bytesToEnd() == [])
        }
    }

    @Test func aStalledStreamFailsTheHandlersRead() async throws {
        let outcome = Event<(any Error)?>()
        let routes = route(.put, "/", .stream) { request in
            do {
                let stream = request.body.stream
                while try await stream.next() != nil {}
                outcome.signal(nil)
                return .empty()
            } catch {
                outcome.signal(error)
                throw error
            }
        }
        try await withServer(routes, configure: { $0.bodyTimeout = .milliseconds(30) }) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("PUT / HTTP/1.1\r\n\(host)Content-Length: 1000000\r\n\r\nabc")
            #expect(await outcome.wait() as? HTTPError == .timeout)
            let answer = try await client.response()
            #expect(answer.status == 408)
        }
    }

    @Test func anAnswerThatWaitsForTheRestOfABodyWaitsNoLongerThanThat() async throws {
        let routes = route(.put, "/", .stream) { _ in
            throw HTTPProblem(status: 403, code: "forbidden", message: "Not yours")
        }
        try await withServer(routes, configure: { $0.bodyTimeout = .milliseconds(30) }) { port, _ in
            let client = try await RawHTTPClient(port: port)
            // So little is missing that the server would rather read it and keep the connection.
            try await client.send("PUT / HTTP/1.1\r\n\(host)Content-Length: 70000\r\n\r\nabc")
            let answer = try await client.response()
            #expect(answer.status == 403)
        }
    }

    @Test func aSuspendedHandlerHasItsOwnDeadline() async throws {
        let never = Event<Void>()
        let routes = route(.get, "/") { _ in
            await withTaskCancellationHandler {
                await never.wait()
            } onCancel: {
                never.signal(())
            }
            throw HTTPError.timeout
        }
        try await withServer(routes, configure: { $0.handlerTimeout = .milliseconds(30) }) { port, _ in
            let answer = try await HTTPTestClient(port: port).get("/")
            #expect(answer.status == 408)
        }
    }

    @Test func aClientThatTakesNothingIsCutOff() async throws {
        let source = Event<Bool>()
        let routes = route(.get, "/") { _ in
            let body = ProducedBody({ [UInt8](repeating: 7, count: 1 << 20) }, onFinish: { source.signal($0) })
            return Response(body: .stream(length: nil, body))
        }
        try await withServer(routes, configure: { $0.idleTimeout = .milliseconds(60) }) { port, _ in
            let client = try await RawHTTPClient(port: port, receiveBuffer: 4_096)
            try await client.send("GET / HTTP/1.1\r\n\(host)\r\n")
            #expect(await source.wait() == false)
            client.close()
        }
    }

    @Test func aClientThatTakesSlowlyIsServedLongerThanTheDeadline() async throws {
        let routes = route(.get, "/") { _ in
            .bytes(200, [UInt8](repeating: 7, count: 3_000_000), contentType: "application/octet-stream")
        }
        try await withServer(routes, configure: { $0.idleTimeout = .seconds(5) }) { port, _ in
            let client = try await RawHTTPClient(port: port, receiveBuffer: 4_096)
            try await client.send("GET / HTTP/1.1\r\n\(host)\r\n")
            _ = try await client.responseHead()
            var count = 0
            while count < 3_000_000, let piece = try await client.bytes(atMost: 4_096) { count += piece.count }
            #expect(count == 3_000_000)
        }
    }
}
