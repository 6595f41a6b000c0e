import HTTP
import Testing
import VaultTesting

private let host = "Host: vault.example\r\n"

/// A body that differs at every place, made without a loop over its bytes.
private func pattern(_ count: Int) -> [UInt8] {
    let line = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    return (0...(count / 4_096)).flatMap { Array("\($0)".utf8) + (0..<120).flatMap { _ in line } }.prefix(count) + []
}

/// Takes a whole stream and gives it back as the answer.
private func echo(_ request: Request) async throws -> Response {
    .bytes(200, try await request.body.collect(limit: 10_000_000), contentType: "application/octet-stream")
}

/// Takes a whole stream and answers with its length.
private func count(_ request: Request) async throws -> Response {
    let stream = request.body.stream
    while try await stream.next() != nil {}
    return .text(200, "\(stream.received)")
}

@Suite struct BodyTests {
    @Test(arguments: [1, 65_536, 65_537, 300_000, 5_000_000])
    func aStreamedBodyArrivesWhole(_ size: Int) async throws {
        let routes = route(.put, "/", .stream, echo)
        try await withServer(routes) { port, _ in
            let bytes = pattern(size)
            let answer = try await HTTPTestClient(port: port).send(.put, "/", body: bytes)
            #expect(answer.body == bytes)
        }
    }

    @Test func smallBodiesOfStreamingRoutesArriveBuffered() async throws {
        let routes = route(.put, "/", .stream) { request in
            if case .buffered = request.body { return .text(200, "buffered") }
            return .text(200, "not buffered")
        }
        try await withServer(routes) { port, _ in
            let answer = try await HTTPTestClient(port: port).send(.put, "/", body: pattern(60_000))
            #expect(answer.text == "buffered")
        }
    }

    @Test func aChunkedBodyArrivesWhole() async throws {
        let routes = route(.put, "/", .stream, echo)
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("PUT / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n")
            var whole: [UInt8] = []
            for size in [1, 10, 4_096, 100_000, 3] {
                let bytes = pattern(size)
                try await client.send("\(String(size, radix: 16));extension=1\r\n")
                try await client.send(bytes + [13, 10])
                whole += bytes
            }
            try await client.send("0\r\nTrailer: x\r\n\r\n")
            let answer = try await client.response()
            #expect(answer.body == whole)
        }
    }

    @Test(arguments: ["zz\r\n", "5\r\nabcdefgh\r\n", "-1\r\n", "ffffffffffffffffff\r\n", "\r\n"])
    func aMalformedChunkNeverLooksLikeAnEnd(_ chunk: String) async throws {
        let ended = Event<Result<Void, any Error>>()
        let routes = route(.put, "/", .stream) { request in
            do {
                let answer = try await count(request)
                ended.signal(.success(()))
                return answer
            } catch {
                ended.signal(.failure(error))
                throw error
            }
        }
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("PUT / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n\(chunk)")
            client.finishSending()
            _ = try await client.bytesToEnd()
            guard case .failure(let error) = await ended.wait() else {
                Issue.record("the handler saw an end")
                return
            }
            #expect(error as? HTTPError == .bodyCutOff)
        }
    }

    @Test func aDeclaredBodyOverTheLimitIsRefusedUnread() async throws {
        let routes = route(.post, "/", .buffered(limit: 1_000)) { _ in .text(200, "reached") }
        try await withServer(routes) { port, _ in
            let client = HTTPTestClient(port: port)
            for size in [1_001, 100_000, 3_000_000] {
                let answer = try await client.send(.post, "/", body: pattern(size))
                #expect(answer.status == 413)
                #expect(answer.string("code") == "content_too_large")
            }
        }
    }

    @Test func aChunkedBodyOverTheLimitIsRefused() async throws {
        for policy in [BodyPolicy.buffered(limit: 1_000), .streamUpTo(limit: 1_000)] {
            let routes = route(.post, "/", policy, count)
            try await withServer(routes) { port, _ in
                let client = try await RawHTTPClient(port: port)
                try await client.send("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<20 { try? await client.send("64\r\n" + String(repeating: "a", count: 100) + "\r\n") }
                let answer = try await client.response()
                #expect(answer.status == 413)
            }
        }
    }

    @Test func aBodyWhereNoneBelongsIsIgnoredWhenSmall() async throws {
        let routes = route(.delete, "/") { request in
            if case .empty = request.body { return .text(200, "empty") }
            return .text(200, "not empty")
        }
        try await withServer(routes) { port, _ in
            let client = HTTPTestClient(port: port)
            let small = try await client.send(.delete, "/", body: pattern(1_000))
            #expect(small.text == "empty")
            let large = try await client.send(.delete, "/", body: pattern(100_000))
            #expect(large.status == 413)
        }
    }

    @Test func aSlowHandlerHoldsTheClientBack() async throws {
        let go = Event<Void>()
        let routes = route(.put, "/", .stream) { request in
            await go.wait()
            return try await count(request)
        }
        try await withServer(
            routes,
            configure: {
                $0.slabSize = 16 << 10; $0.slabCount = 2
            }
        ) { port, server in
            let bytes = [UInt8](repeating: 7, count: 40_000_000)
            async let answer = HTTPTestClient(port: port).send(.put, "/", body: bytes)
            // The pipeline fills and stops: what was read stays far below what is being sent.
            var before: Int64 = -1
            while let now = server.statistics?.bytesIn.value, now != before || now == 0 {
                before = now
                for _ in 0..<100 { await Task.yield() }
            }
            #expect(before <= 3 * (16 << 10) + (64 << 10))
            go.signal(())
            let text = try await answer.text
            #expect(text == "40000000")
        }
    }

    @Test func anEarlyAnswerReachesAClientThatIsStillSending() async throws {
        let routes = route(.put, "/", .stream) { _ in
            throw HTTPProblem(status: 403, code: "forbidden", message: "Not yours")
        }
        try await withServer(routes) { port, _ in
            let answer = try await HTTPTestClient(port: port).upload(.put, "/", length: 30_000_000) { _ in
                [UInt8](repeating: 7, count: 100_000)
            }
            #expect(answer.status == 403)
            #expect(answer.string("code") == "forbidden")
            #expect(answer.headers.contains("X-Request-ID"))
        }
    }

    @Test func anAnswerAfterSomeOfTheBodyReachesAStalledClient() async throws {
        let routes = route(.put, "/", .stream) { request in
            _ = try await request.body.stream.next()
            throw HTTPProblem(status: 507, code: "full", message: "No space left")
        }
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("PUT / HTTP/1.1\r\n\(host)Content-Length: 30000000\r\n\r\n")
            try await client.send([UInt8](repeating: 7, count: 50_000))
            // The client now waits, with most of its body unsent.
            let answer = try await client.response()
            #expect(answer.status == 507)
            client.finishSending()
            #expect(try await client.bytesToEnd() == [])
        }
    }

    @Test(arguments: [false, true])
    func aClientThatVanishesFailsTheBody(_ withReset: Bool) async throws {
        let first = Event<Void>()
        let outcome = Event<(any Error)?>()
        let routes = route(.put, "/", .stream) { request in
            do {
                let stream = request.body.stream
                _ = try await stream.next()
                first.signal(())
                while try await stream.next() != nil {}
                outcome.signal(nil)
            } catch {
                outcome.signal(error)
            }
            return .empty(204)
        }
        try await withServer(routes) { port, server in
            let client = try await RawHTTPClient(port: port)
            try await client.send("PUT / HTTP/1.1\r\n\(host)Content-Length: 30000000\r\n\r\n")
            try await client.send([UInt8](repeating: 7, count: 100_000))
            await first.wait()
            if withReset { client.reset() } else { client.close() }
            #expect(await outcome.wait() as? HTTPError == .bodyCutOff)
        }
    }

    @Test func aVanishedClientCancelsAWaitingHandler() async throws {
        let started = Event<Void>()
        let cancelled = Event<Bool>()
        let never = Event<Void>()
        let routes = route(.get, "/") { _ in
            started.signal(())
            await withTaskCancellationHandler {
                await never.wait()
            } onCancel: {
                cancelled.signal(true)
                never.signal(())
            }
            return .empty(204)
        }
        try await withServer(routes, configure: { $0.idleTimeout = .milliseconds(100) }) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("GET / HTTP/1.1\r\n\(host)\r\n")
            await started.wait()
            client.close()
            #expect(await cancelled.wait())
        }
    }

    @Test func keepAliveAndPipelinedRequestsAreAnsweredInOrder() async throws {
        var routes = route(.get, "/{n}") { request in
            let text = try request.parameter("n")
            if text == "2" { await Task.detached { await Task.yield() }.value }
            return .text(200, text)
        }
        routes.add(.post, "/{n}", info(.buffered(limit: 100))) { request in
            .bytes(200, try await request.body.collect(limit: 100), contentType: "text/plain")
        }
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            let get = { (n: Int) in "GET /\(n) HTTP/1.1\r\n\(host)\r\n" }
            try await client.send(
                get(1) + get(2) + "POST /x HTTP/1.1\r\n\(host)Content-Length: 5\r\n\r\nthree" + get(4) + get(5))
            for expected in ["1", "2", "three", "4", "5"] {
                let answer = try await client.response()
                #expect(answer.text == expected)
            }
        }
    }
}
