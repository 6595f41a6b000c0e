import HTTP
import Testing
import VaultTesting

@Suite struct ServerTests {
    @Test func answersAGetRequest() async throws {
        let routes = route(.get, "/hello/{name}") { request in
            .text(200, "hello \(try request.parameter("name"))")
        }
        try await withServer(routes) { port, _ in
            let client = HTTPTestClient(port: port)
            let answer = try await client.get("/hello/world")
            #expect(answer.status == 200)
            #expect(answer.text == "hello world")
            #expect(answer.headers.first("X-Request-ID")?.count == 13)
            #expect(!answer.headers.contains("Server"))
            #expect(answer.headers.contains("Date"))
        }
    }

    @Test func aHandlerMaySuspend() async throws {
        let routes = route(.get, "/") { _ in
            await Task.detached { await Task.yield() }.value
            return .text(200, "later")
        }
        try await withServer(routes) { port, _ in
            let client = HTTPTestClient(port: port)
            for _ in 0..<50 {
                let answer = try await client.get("/")
                #expect(answer.text == "later")
            }
        }
    }

    @Test func echoesABufferedBody() async throws {
        let routes = route(.post, "/echo", .buffered(limit: 1 << 20)) { request in
            .bytes(200, try await request.body.collect(limit: 1 << 20), contentType: "application/octet-stream")
        }
        try await withServer(routes) { port, _ in
            let client = HTTPTestClient(port: port)
            for size in [0, 1, 4_096, 65_536, 1 << 20] {
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                let answer = try await client.send(.post, "/echo", body: bytes)
                #expect(answer.status == 200)
                #expect(answer.body == bytes)
            }
        }
    }
}
