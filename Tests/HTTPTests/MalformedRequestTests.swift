import HTTP
import Testing
import VaultTesting

/// A request no client library would make, and the answer it deserves.
struct Trap: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let request: String
    let status: Int

    init(_ name: String, _ request: String, _ status: Int) {
        testDescription = name
        self.request = request
        self.status = status
    }
}

private let host = "Host: vault.example\r\n"

/// Requests refused by us: JSON, a request id, and the connection ends.
private let traps: [Trap] = [
    Trap(
        "both Content-Length and Transfer-Encoding",
        "POST /body HTTP/1.1\r\n\(host)Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    Trap(
        "Transfer-Encoding before Content-Length",
        "POST /body HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400),
    Trap(
        "two equal Content-Length",
        "POST /body HTTP/1.1\r\n\(host)Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400),
    Trap(
        "two different Content-Length",
        "POST /body HTTP/1.1\r\n\(host)Content-Length: 0\r\nContent-Length: 4\r\n\r\nabcd", 400),
    Trap(
        "a transfer coding other than chunked",
        "POST /body HTTP/1.1\r\n\(host)Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n", 501),
    Trap(
        "chunked after another coding",
        "POST /body HTTP/1.1\r\n\(host)Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    Trap(
        "chunked with a blank behind",
        "POST /body HTTP/1.1\r\n\(host)Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n", 501),
    Trap(
        "Transfer-Encoding twice",
        "POST /body HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    Trap("chunked in HTTP/1.0", "POST /body HTTP/1.0\r\n\(host)Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    Trap("NUL in a header value", "GET / HTTP/1.1\r\n\(host)X-A: a\u{0}b\r\n\r\n", 400),
    Trap("NUL that hides a field", "GET / HTTP/1.1\r\n\(host)X-A: a\u{0}\u{0}Content-Length\u{0}5\r\n\r\n", 400),
    Trap("NUL at the end of a value", "GET / HTTP/1.1\r\n\(host)X-A: a\u{0}\r\n\r\n", 400),
    Trap("NULs that look like line ends", "GET / HTTP/1.1\r\n\(host)X-A: a\u{0}\u{0}X-B\u{0}b\u{0}\u{0}\r\n\r\n", 400),
    Trap("bare CR in a header value", "GET / HTTP/1.1\r\n\(host)X-A: a\rb\r\n\r\n", 400),
    Trap("bare LF after a header", "GET / HTTP/1.1\r\n\(host)X-A: a\nX-B: b\r\n\r\n", 400),
    Trap("bare LF after the request line", "GET / HTTP/1.1\n\(host)\r\n", 400),
    Trap("bare LF as the empty line", "GET / HTTP/1.1\r\n\(host)X-A: a\r\n\n", 400),
    Trap("a folded header", "GET / HTTP/1.1\r\n\(host)X-A: a\r\n b\r\n\r\n", 400),
    Trap("a blank before the colon", "GET / HTTP/1.1\r\n\(host)Content-Length : 0\r\n\r\n", 400),
    Trap("an empty header name", "GET / HTTP/1.1\r\n\(host): x\r\n\r\n", 400),
    Trap("a control character in a header", "GET / HTTP/1.1\r\n\(host)X-A: a\u{1}b\r\n\r\n", 400),
    Trap("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
    Trap("two Hosts", "GET / HTTP/1.1\r\n\(host)Host: other.example\r\n\r\n", 400),
    Trap("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    Trap("a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    Trap("HTTP/1.7", "GET / HTTP/1.7\r\n\(host)\r\n", 505),
    Trap("two blanks before the target", "GET  / HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("a blank in the target", "GET /a b HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("a tab in the target", "GET /a\tb HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("NUL in the target", "GET /a\u{0}b HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("an absolute target", "GET http://vault.example/ HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("an asterisk target", "OPTIONS * HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("a fragment", "GET /a#b HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("%00", "GET /a%00b HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("%2F in a segment", "GET /a%2Fb HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("%5c in a segment", "GET /a%5cb HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("a broken escape", "GET /a%2 HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("an escape of no digits", "GET /a%zz HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("a .. segment", "GET /a/../b HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("an escaped .. segment", "GET /a/%2e%2E/b HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("a . segment", "GET /a/./b HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("overlong UTF-8", "GET /a%c0%af HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("a lone continuation byte", "GET /a%80 HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("NUL in the query", "GET /a?b=%00 HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("too many query parameters", "GET /?\(String(repeating: "a&", count: 4_000)) HTTP/1.1\r\n\(host)\r\n", 400),
    Trap("an unknown method", "BREW / HTTP/1.1\r\n\(host)\r\n", 501),
    Trap("a method in small letters", "get / HTTP/1.1\r\n\(host)\r\n", 501),
    Trap("CONNECT", "CONNECT vault.example:443 HTTP/1.1\r\n\(host)\r\n", 501),
    Trap("a target that is too long", "GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\n\(host)\r\n", 414),
    Trap(
        "a header that is too large",
        "GET / HTTP/1.1\r\n\(host)X-A: \(String(repeating: "a", count: 17_000))\r\n\r\n", 431),
    Trap(
        "too many headers",
        "GET / HTTP/1.1\r\n\(host)\((0..<101).map { "X-\($0): a\r\n" }.joined())\r\n", 431),
    Trap("a coded body", "POST /body HTTP/1.1\r\n\(host)Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", 415),
    Trap(
        "an unknown expectation",
        "POST /body HTTP/1.1\r\n\(host)Expect: miracle\r\nContent-Length: 4\r\n\r\nabcd", 417),
    Trap(
        "an absurd Content-Length",
        "POST /body HTTP/1.1\r\n\(host)Content-Length: 9999999999999999999\r\n\r\n", 413),
]

/// Requests the library refuses before it shows them to us: the status is right, the words are the library's.
private let libraryTraps: [Trap] = [
    Trap("HTTP/0.9", "GET /\r\n\r\n", 400),
    Trap("HTTP/2.0", "GET / HTTP/2.0\r\n\(host)\r\n", 505),
    Trap("HTTP/0.9 with a version", "GET / HTTP/0.9\r\n\(host)\r\n", 505),
    Trap("a word that is no version", "GET / FTP/1.1\r\n\(host)\r\n", 400),
    Trap("a header without colon", "GET / HTTP/1.1\r\n\(host)nonsense\r\n\r\n", 400),
    Trap("a negative Content-Length", "POST /body HTTP/1.1\r\n\(host)Content-Length: -1\r\n\r\n", 400),
    Trap("a Content-Length with a sign", "POST /body HTTP/1.1\r\n\(host)Content-Length: +4\r\n\r\nabcd", 400),
    Trap("a Content-Length with letters", "POST /body HTTP/1.1\r\n\(host)Content-Length: 4a\r\n\r\nabcd", 400),
    Trap("a Content-Length list", "POST /body HTTP/1.1\r\n\(host)Content-Length: 4, 4\r\n\r\nabcd", 400),
    Trap("a target beyond all memory", "GET /\(String(repeating: "a", count: 80_000)) HTTP/1.1\r\n\(host)\r\n", 414),
    Trap(
        "a header beyond all memory",
        "GET / HTTP/1.1\r\n\(host)X-A: \(String(repeating: "a", count: 80_000))\r\n\r\n", 431),
]

@Suite struct MalformedRequestTests {
    private static func routes() -> Routes {
        var routes = Routes()
        routes.add(.get, "/", info()) { _ in .text(200, "root") }
        routes.add(.get, "/{name}", info()) { _ in .text(200, "reached") }
        routes.add(.get, "/{a}/{b}", info()) { _ in .text(200, "reached") }
        routes.add(.post, "/body", info(.buffered(limit: 1_000))) { _ in .text(200, "reached") }
        return routes
    }

    @Test(arguments: traps)
    func isRefusedInOurWords(_ trap: Trap) async throws {
        try await withServer(Self.routes()) { port, _ in
            let client = try await RawHTTPClient(port: port)
            // A second request behind the first must never be answered: that would be smuggling.
            try? await client.send(trap.request + "GET / HTTP/1.1\r\n\(host)\r\n")
            let answer = try await client.response()
            #expect(answer.status == trap.status)
            #expect(answer.string("error") != nil)
            #expect(answer.string("code") != nil)
            #expect(answer.headers.contains("X-Request-ID"))
            #expect(answer.headers.value(of: "Connection", is: "close"))
            client.finishSending()
            #expect(try await client.bytesToEnd() == [])
        }
    }

    @Test(arguments: libraryTraps)
    func isRefusedByTheLibrary(_ trap: Trap) async throws {
        try await withServer(Self.routes()) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try? await client.send(trap.request)
            let answer = try await client.response()
            #expect(answer.status == trap.status)
            #expect(!answer.text.contains("reached"))
            client.finishSending()
            _ = try await client.bytesToEnd()
        }
    }

    @Test func cookiesThatExhaustTheLibraryOnlyLoseTheirConnection() async throws {
        try await withServer(Self.routes()) { port, _ in
            let client = try await RawHTTPClient(port: port)
            let cookies = String(repeating: "a;", count: 7_000)
            try? await client.send("GET / HTTP/1.1\r\n\(host)Cookie: \(cookies)\r\n\r\n")
            #expect(!String(decoding: try await client.bytesToEnd(), as: UTF8.self).contains("root"))
            let next = try await HTTPTestClient(port: port).get("/")
            #expect(next.text == "root")
        }
    }

    @Test func emptyLinesBeforeARequestAreForgiven() async throws {
        try await withServer(Self.routes()) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("\r\n\r\nGET / HTTP/1.1\r\n\(host)\r\n")
            let answer = try await client.response()
            #expect(answer.text == "root")
        }
    }

    @Test func aHeadMayArriveByteByByte() async throws {
        // A hundred sends, each through a queue, take as long as the machine lets them: no deadline is tested here.
        try await withServer(Self.routes(), configure: { $0.headerTimeout = .seconds(3_600) }) { port, _ in
            let client = try await RawHTTPClient(port: port)
            for _ in 0..<2 {
                for byte in "GET /x?y=z HTTP/1.1\r\n\(host)X-A:  spaced \t\r\n\r\n".utf8 {
                    try await client.send([byte])
                }
                let answer = try await client.response()
                #expect(answer.text == "reached")
            }
        }
    }

    @Test func aHeadJustBelowTheLimitIsTaken() async throws {
        try await withServer(Self.routes()) { port, _ in
            let client = try await RawHTTPClient(port: port)
            let start = "GET / HTTP/1.1\r\n\(host)X-A: "
            let padding = String(repeating: "a", count: (16 << 10) - start.utf8.count - 4)
            for _ in 0..<2 {
                try await client.send(start + padding + "\r\n\r\n")
                let answer = try await client.response()
                #expect(answer.text == "root")
            }
        }
    }

    @Test func anHTTP10ClientNeedsNoHost() async throws {
        try await withServer(Self.routes()) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            let answer = try await client.response()
            #expect(answer.text == "root")
            #expect(try await client.bytesToEnd() == [])
        }
    }
}
