import HTTP
import Testing
import VaultTesting

private let host = "Host: vault.example\r\n"

@Suite struct ExpectTests {
    @Test func aStreamingHandlerMayRefuseBeforeTheBodyIsSent() async throws {
        let routes = route(.put, "/", .stream) { _ in
            throw HTTPProblem(status: 403, code: "forbidden", message: "Not yours")
        }
        try await withServer(routes) { port, server in
            let client = try await RawHTTPClient(port: port)
            try await client.send("PUT / HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 50000\r\n\r\n")
            let answer = try await client.response()
            #expect(answer.status == 403)
            #expect(server.statistics?.bytesIn.value == 0)
            #expect(try await client.bytesToEnd() == [])
        }
    }

    @Test func aHandlerThatRefusesLaterStillAsksForNothing() async throws {
        let routes = route(.put, "/", .stream) { _ in
            await Task.detached { await Task.yield() }.value
            throw HTTPProblem(status: 507, code: "full", message: "No space left")
        }
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("PUT / HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 50000\r\n\r\n")
            let answer = try await client.response()
            #expect(answer.status == 507)
        }
    }

    @Test(arguments: [false, true])
    func continueIsSentWhenTheHandlerAsks(_ suspendsFirst: Bool) async throws {
        let routes = route(.put, "/", .stream) { request in
            if suspendsFirst { await Task.detached { await Task.yield() }.value }
            var count = 0
            while let piece = try await request.body.stream.next() { count += piece.count }
            return .text(201, "\(count)")
        }
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            for _ in 0..<2 {
                try await client.send(
                    "PUT / HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 200000\r\n\r\n")
                let interim = try await client.response()
                #expect(interim.status == 100)
                try await client.send([UInt8](repeating: 7, count: 200_000))
                let answer = try await client.response()
                #expect(answer.status == 201)
                #expect(answer.text == "200000")
            }
        }
    }

    @Test func aBufferedRouteAsksAtOnce() async throws {
        let routes = route(.post, "/", .buffered(limit: 100)) { request in
            .bytes(200, try await request.body.collect(limit: 100), contentType: "text/plain")
        }
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("POST / HTTP/1.1\r\n\(host)Expect: 100-Continue\r\nContent-Length: 4\r\n\r\n")
            let interim = try await client.response()
            #expect(interim.status == 100)
            try await client.send("body")
            let answer = try await client.response()
            #expect(answer.text == "body")
        }
    }

    @Test func aBodyThatIsTooLargeIsRefusedInsteadOfAskedFor() async throws {
        let routes = route(.post, "/", .buffered(limit: 100)) { _ in .text(200, "reached") }
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("POST / HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 400\r\n\r\n")
            let answer = try await client.response()
            #expect(answer.status == 413)
            let other = try await RawHTTPClient(port: port)
            try await other.send("POST /none HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
            let missing = try await other.response()
            #expect(missing.status == 404)
        }
    }

    @Test func aClientThatDoesNotWaitIsServedToo() async throws {
        let routes = route(.put, "/", .stream) { request in
            var count = 0
            while let piece = try await request.body.stream.next() { count += piece.count }
            return .text(201, "\(count)")
        }
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send(
                "PUT / HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
            let interim = try await client.response()
            #expect(interim.status == 100)
            let answer = try await client.response()
            #expect(answer.text == "5")
        }
    }

    @Test func anHTTP10ExpectationIsIgnored() async throws {
        let routes = route(.put, "/", .stream) { _ in .text(201, "done") }
        try await withServer(routes) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send(
                "PUT / HTTP/1.0\r\n\(host)Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
            let answer = try await client.response()
            #expect(answer.status == 201)
        }
    }
}
