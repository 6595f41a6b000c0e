import HTTP
import Synchronization
import Testing
import VaultTesting

private let host = "Host: vault.example\r\n"

/// A source that must prepare before every `window` bytes, and remembers how it ended.
private final class WindowedSource: BodySource {
    let bytes: [UInt8]
    let window: Int
    let failsAt: Int?
    let suspends: Bool
    let ready = Mutex(0..<0)
    let ended = Event<Bool>()

    init(_ bytes: [UInt8], window: Int, failsAt: Int? = nil, suspends: Bool = true) {
        self.bytes = bytes
        self.window = window
        self.failsAt = failsAt
        self.suspends = suspends
    }

    func read(at position: Int64, into buffer: inout MutableRawSpan) throws -> BodyRead {
        let start = Int(position)
        if start >= bytes.count { return .end }
        let range = ready.withLock { $0 }
        guard range.contains(start) else { return .notReady }
        let count = min(range.upperBound - start, buffer.byteCount)
        copy(bytes, from: start, count: count, into: &buffer)
        return .bytes(count)
    }

    func prepare(at position: Int64) async throws {
        if suspends { await Task.detached { await Task.yield() }.value }
        let start = Int(position)
        if let failsAt, start >= failsAt { throw HTTPError.bodyCutOff }
        ready.withLock { $0 = start..<min(bytes.count, start + window) }
    }

    func finished(completed: Bool) { ended.signal(completed) }
}

@Suite struct AnswerTests {
    private static let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) }

    @Test(arguments: [true, false])
    func aPreparedSourceArrivesWhole(_ suspends: Bool) async throws {
        for length in [Int64(Self.content.count), nil] {
            let source = WindowedSource(Self.content, window: 10_000, suspends: suspends)
            let routes = route(.get, "/") { _ in Response(body: .stream(length: length, source)) }
            try await withServer(routes) { port, _ in
                let answer = try await HTTPTestClient(port: port).get("/")
                #expect(answer.body == Self.content)
                #expect(answer.headers.contains("Content-Length") == (length != nil))
                #expect(await source.ended.wait())
            }
        }
    }

    @Test func aSourceThatFailsBreaksTheConnection() async throws {
        for length in [Int64(Self.content.count), nil] {
            let source = WindowedSource(Self.content, window: 10_000, failsAt: 50_000)
            let routes = route(.get, "/") { _ in Response(body: .stream(length: length, source)) }
            try await withServer(routes) { port, _ in
                await #expect(throws: RawHTTPClient.Failure.self) { try await HTTPTestClient(port: port).get("/") }
                #expect(await source.ended.wait() == false)
            }
        }
    }

    @Test func aSourceThatEndsTooEarlyBreaksTheConnection() async throws {
        let source = WindowedSource(Self.content, window: 10_000)
        let routes = route(.get, "/") { _ in Response(body: .stream(length: 400_000, source)) }
        try await withServer(routes) { port, _ in
            await #expect(throws: RawHTTPClient.Failure.self) { try await HTTPTestClient(port: port).get("/") }
            #expect(await source.ended.wait() == false)
        }
    }

    @Test func aClientThatVanishesEndsTheSource() async throws {
        let source = WindowedSource([UInt8](repeating: 7, count: 30_000_000), window: 100_000)
        let routes = route(.get, "/") { _ in Response(body: .stream(length: 30_000_000, source)) }
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("GET / HTTP/1.1\r\n\(host)\r\n")
            _ = try await client.responseHead()
            client.reset()
            #expect(await source.ended.wait() == false)
        }
    }

    @Test func producedPiecesAreSentChunked() async throws {
        let routes = route(.get, "/") { _ in
            let left = Mutex(100)
            let body = ProducedBody {
                let number = left.withLock { left in
                    left -= 1
                    return left
                }
                return number < 0 ? nil : Array("line \(number)\n".utf8)
            }
            return Response(headers: ["Content-Type": "application/x-ndjson"], body: .stream(length: nil, body))
        }
        try await withServer(routes) { port, _ in
            let answer = try await HTTPTestClient(port: port).get("/")
            #expect(answer.text == (0..<100).reversed().map { "line \($0)\n" }.joined())
        }
    }

    /// Not even the chunk that ends a body, which would be taken for the beginning of the next answer.
    @Test func headOfAnUnknownLengthLeavesNothingBehind() async throws {
        let routes = route(.get, "/") { _ in
            Response(body: .stream(length: nil, ProducedBody { nil }))
        }
        try await withServer(routes) { port, _ in
            let connection = try await RawHTTPClient(port: port)
            try await connection.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
            let head = try await connection.response(toHead: true)
            #expect(head.status == 200)
            #expect(head.headers.first("Content-Length") == nil)
            #expect(try await connection.bytesToEnd() == [])
            connection.close()
        }
    }

    @Test func headHasTheLengthButNoBody() async throws {
        let source = WindowedSource(Self.content, window: 10_000)
        var routes = route(.get, "/bytes") { _ in .text(200, "twelve bytes") }
        routes.add(.get, "/stream", info()) { _ in Response(body: .stream(length: 300_000, source)) }
        try await withServer(routes) { port, _ in
            let client = HTTPTestClient(port: port)
            let bytes = try await client.send(.head, "/bytes")
            #expect(bytes.headers.first("Content-Length") == "12")
            let stream = try await client.send(.head, "/stream")
            #expect(stream.headers.first("Content-Length") == "300000")
            #expect(await source.ended.wait() == false)
            let next = try await client.get("/bytes")
            #expect(next.text == "twelve bytes")
        }
    }

    @Test(arguments: [0, 1, 4_096, 4_097, 1_000_000])
    func bodiesOfEverySizeArrive(_ size: Int) async throws {
        let bytes = [UInt8](repeating: 42, count: size)
        let routes = route(.get, "/") { _ in .bytes(200, bytes, contentType: "application/octet-stream") }
        try await withServer(routes) { port, server in
            let client = HTTPTestClient(port: port)
            for _ in 0..<3 {
                let answer = try await client.get("/")
                #expect(answer.body == bytes)
            }
            #expect(server.statistics?.bytesOut.value == Int64(3 * size))
        }
    }

    @Test func statusesWithoutBodyKeepTheConnection() async throws {
        let routes = route(.get, "/{status}") { request in
            Response(status: Int(try request.parameter("status")) ?? 0, headers: ["ETag": "\"a\""])
        }
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            for status in [204, 304, 200, 404] {
                try await client.send("GET /\(status) HTTP/1.1\r\n\(host)\r\n")
                let answer = try await client.response()
                #expect(answer.status == status)
                #expect(answer.headers.first("ETag") == "\"a\"")
            }
        }
    }

    @Test func aClientsRequestIDIsKeptWhenWellFormed() async throws {
        let routes = route(.get, "/") { request in .text(200, request.id) }
        try await withServer(routes) { port, _ in
            let client = HTTPTestClient(port: port)
            let kept = try await client.get("/", headers: [("X-Request-ID", "job-42_a.b")])
            #expect(kept.headers.first("X-Request-ID") == "job-42_a.b")
            #expect(kept.text == "job-42_a.b")
            for bad in ["", "a b", String(repeating: "a", count: 65), "<script>"] {
                let answer = try await client.get("/", headers: [("X-Request-ID", bad)])
                #expect(answer.headers.first("X-Request-ID")?.count == 13)
            }
        }
    }

    @Test func refusalsOfRoutingAreRenderedByTheApplication() async throws {
        var routes = route(.get, "/a") { _ in .empty() }
        routes.add(.put, "/a", info()) { _ in .empty() }
        let handler = RoutedHandler(
            routes,
            renderProblem: { problem, head in
                .text(problem.status, "\(head?.target ?? "?"): \(problem.code)").with("Allow", problem.allow ?? "")
            })
        try await withServer(handler) { port, _ in
            let client = HTTPTestClient(port: port)
            let missing = try await client.get("/b?c")
            #expect(missing.status == 404)
            #expect(missing.text == "/b?c: not_found")
            let wrong = try await client.post("/a")
            #expect(wrong.status == 405)
            #expect(wrong.headers.first("Allow") == "GET, HEAD, PUT, OPTIONS")
            let options = try await client.send(.options, "/a")
            #expect(options.status == 204)
            #expect(options.headers.first("Allow") == "GET, HEAD, PUT, OPTIONS")
            let thrown = try await client.get("/a%00")
            #expect(thrown.text == "/a%00: malformed_target")
        }
    }

    @Test func whatAHandlerThrowsBecomesAnAnswer() async throws {
        struct Unforeseen: Error {}
        var routes = route(.get, "/field") { _ in throw BadField("name", "a text") }
        routes.add(.get, "/unforeseen", info()) { _ in throw Unforeseen() }
        routes.add(.post, "/json", info(.buffered(limit: 1_000))) { request in
            .text(200, try await request.json().string("name"))
        }
        try await withServer(routes) { port, _ in
            let client = HTTPTestClient(port: port)
            let field = try await client.get("/field")
            #expect(field.status == 400)
            #expect(field.string("error") == "name must be a text")
            let unforeseen = try await client.get("/unforeseen")
            #expect(unforeseen.status == 500)
            #expect(unforeseen.string("error") == "Internal server error")
            for (json, status) in [
                (#"{"name": "é"}"#, 200), (#"{"name": 1}"#, 400), ("{", 400), ("[]", 400), ("", 400),
            ] {
                let answer = try await client.post("/json", json: json)
                #expect(answer.status == status)
            }
        }
    }

    @Test func middlewareRunsOutermostFirst() async throws {
        let handler = RoutedHandler(
            route(.get, "/") { _ in .text(200, "x") },
            middleware: [
                { request, next in try await next(request).with("X-Order", "outer") },
                { request, next in try await next(request).with("X-Order", "inner").with("X-Inner", "yes") },
            ])
        try await withServer(handler) { port, _ in
            let answer = try await HTTPTestClient(port: port).get("/")
            #expect(answer.headers.all("X-Order") == ["outer"])
            #expect(answer.headers.first("X-Inner") == "yes")
        }
    }

    @Test func aStatusThatIsNoneBecomesAnError() async throws {
        let routes = route(.get, "/{status}") { request in
            .text(Int(try request.parameter("status")) ?? 0, "x")
        }
        try await withServer(routes) { port, _ in
            for status in [0, -1, 100, 199, 600, 1_000] {
                let answer = try await HTTPTestClient(port: port).get("/\(status)")
                #expect(answer.status == 500)
            }
        }
    }

    @Test func everyRequestIsReportedWhenItIsOver() async throws {
        let outcome = Event<RequestOutcome>()
        let handler = RoutedHandler(route(.get, "/a") { _ in .text(201, "x") }, onEnd: { outcome.signal($0) })
        try await withServer(handler) { port, _ in
            let answer = try await HTTPTestClient(port: port).get("/a?b", headers: [("X-Request-ID", "r1")])
            #expect(answer.status == 201)
            let seen = await outcome.wait()
            #expect(seen.status == 201)
            #expect(seen.head.target == "/a?b")
            #expect(seen.head.id == "r1")
        }
    }

    @Test func aHeaderCannotSplitAnAnswer() async throws {
        let routes = route(.get, "/") { _ in
            .text(200, "x").with("X-A", "a\r\nX-Evil: 1").with("X B", "b").with("X-C", "c\u{0}d")
        }
        try await withServer(routes) { port, _ in
            let answer = try await HTTPTestClient(port: port).get("/")
            #expect(!answer.headers.contains("X-Evil"))
            #expect(!answer.headers.contains("X-A"))
            #expect(!answer.headers.contains("X-C"))
        }
    }

    @Test func trustedProxiesSayWhoTheClientIs() async throws {
        let routes = route(.get, "/") { request in .text(200, "\(request.remoteAddress) \(request.isTLS)") }
        let fields = [("X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.0.0.1"), ("X-Forwarded-Proto", "https")]
        try await withServer(routes, configure: { $0.trustedProxies = ["127.0.0.1", "10.0.0.1"] }) { port, _ in
            let answer = try await HTTPTestClient(port: port).get("/", headers: fields)
            #expect(answer.text == "203.0.113.9 true")
        }
        try await withServer(routes) { port, _ in
            let answer = try await HTTPTestClient(port: port).get("/", headers: fields)
            #expect(answer.text == "127.0.0.1 false")
        }
    }

    @Test func statisticsCountWhatHappened() async throws {
        let routes = route(.post, "/", .buffered(limit: 100)) { _ in .text(201, "1234") }
        try await withServer(routes) { port, server in
            let client = HTTPTestClient(port: port)
            for _ in 0..<3 { _ = try await client.post("/", json: "{}") }
            _ = try await client.get("/missing")
            let next = try await RawHTTPClient(port: port)
            try await next.send("nonsense")
            next.close()
            guard let statistics = server.statistics else {
                Issue.record("no statistics")
                return
            }
            // The last answer is counted just after the client has it.
            while statistics.inFlight.value > 0 || statistics.answers(ofClass: 4) < 1 { await Task.yield() }
            #expect(statistics.answers(ofClass: 2) == 3)
            #expect(statistics.answers(ofClass: 4) == 1)
            #expect(statistics.bytesIn.value == 6)
            #expect(statistics.durationCounts.reduce(0, +) == 4)
            while statistics.acceptedConnections.value < 2 { await Task.yield() }
        }
    }
}
