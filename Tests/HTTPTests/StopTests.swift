import HTTP
import Testing
import VaultTesting

private let host = "Host: vault.example\r\n"

@Suite struct StopTests {
    @Test func aRequestInFlightFinishesAndItsConnectionCloses() async throws {
        let started = Event<Void>()
        let go = Event<Void>()
        let routes = route(.get, "/") { _ in
            started.signal(())
            await go.wait()
            return .text(200, "finished")
        }
        let server = HTTPServer(ServerConfiguration(), RoutedHandler(routes))
        let port = try server.start()
        let client = try await RawHTTPClient(port: port)
        try await client.send("GET / HTTP/1.1\r\n\(host)\r\n")
        await started.wait()
        async let stopped: Void = server.stop(graceSeconds: 20)
        // Stopping has begun when nobody listens any more.
        while (try? await RawHTTPClient(port: port)) != nil { await Task.yield() }
        go.signal(())
        let answer = try await client.response()
        #expect(answer.text == "finished")
        #expect(answer.headers.value(of: "Connection", is: "close"))
        await stopped
    }

    @Test func idleConnectionsAreClosed() async throws {
        let routes = route(.get, "/") { _ in .text(200, "x") }
        let server = HTTPServer(ServerConfiguration(), RoutedHandler(routes))
        let port = try server.start()
        let client = try await RawHTTPClient(port: port)
        try await client.send("GET / HTTP/1.1\r\n\(host)\r\n")
        _ = try await client.response()
        let silent = try await RawHTTPClient(port: port)
        await server.stop(graceSeconds: 20)
        #expect(try await client.bytesToEnd() == [])
        #expect(try await silent.bytesToEnd() == [])
        #expect(server.statistics?.openConnections.value == 0)
    }

    @Test func stoppingWhileSuspendedCancelsWhatIsLeft() async throws {
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
            return .text(503, "cancelled")
        }
        let server = HTTPServer(ServerConfiguration(), RoutedHandler(routes))
        let port = try server.start()
        let client = try await RawHTTPClient(port: port)
        try await client.send("GET / HTTP/1.1\r\n\(host)\r\n")
        await started.wait()
        await server.stop(graceSeconds: 0)
        #expect(cancelled.value == true)
    }

    @Test func aHandlerThatIgnoresCancellationCannotHoldTheServer() async throws {
        let started = Event<Void>()
        let late = Event<Void>()
        let done = Event<Void>()
        let routes = route(.get, "/") { _ in
            started.signal(())
            await late.wait()
            done.signal(())
            return .text(200, "too late")
        }
        let server = HTTPServer(ServerConfiguration(), RoutedHandler(routes))
        let port = try server.start()
        let client = try await RawHTTPClient(port: port)
        try await client.send("GET / HTTP/1.1\r\n\(host)\r\n")
        await started.wait()
        await server.stop(graceSeconds: 0)
        #expect(try await client.bytesToEnd() == [])
        // The handler ends after the server: its answer goes nowhere, and nothing breaks.
        late.signal(())
        await done.wait()
    }

    @Test func uploadsAndDownloadsUnderWayAreBrokenOff() async throws {
        let uploadError = Event<(any Error)?>()
        let downloadEnd = Event<Bool>()
        let taken = Event<Void>()
        let never = Event<Void>()
        var routes = route(.put, "/up", .stream) { request in
            do {
                while try await request.body.stream.next() != nil { taken.signal(()) }
                uploadError.signal(nil)
            } catch {
                uploadError.signal(error)
            }
            return .empty()
        }
        routes.add(.get, "/down", info()) { _ in
            let body = ProducedBody(
                {
                    await never.wait()
                    return nil
                }, onFinish: { downloadEnd.signal($0) })
            return Response(body: .stream(length: nil, body))
        }
        let server = HTTPServer(ServerConfiguration(), RoutedHandler(routes))
        let port = try server.start()
        let up = try await RawHTTPClient(port: port)
        try await up.send("PUT /up HTTP/1.1\r\n\(host)Content-Length: 10000000\r\n\r\n")
        try await up.send([UInt8](repeating: 1, count: 200_000))
        await taken.wait()
        let down = try await RawHTTPClient(port: port)
        try await down.send("GET /down HTTP/1.1\r\n\(host)\r\n")
        _ = try await down.responseHead()
        await server.stop(graceSeconds: 0)
        #expect(await uploadError.wait() as? HTTPError == .stopping)
        never.signal(())
        #expect(await downloadEnd.wait() == false)
    }

    @Test func stoppingUnderLoadIsClean() async throws {
        let routes = route(.get, "/") { _ in
            await Task.yield()
            return .text(200, "x")
        }
        for _ in 0..<10 {
            let server = HTTPServer(ServerConfiguration(), RoutedHandler(routes))
            let port = try server.start()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let client = HTTPTestClient(port: port)
                        while let answer = try? await client.get("/") { #expect(answer.text == "x") }
                    }
                }
                let first = try await HTTPTestClient(port: port).get("/")
                #expect(first.status == 200)
                await server.stop(graceSeconds: 5)
                try await group.waitForAll()
            }
        }
    }

    @Test func stoppingTwiceAndStoppingUnstartedIsHarmless() async throws {
        let server = HTTPServer(ServerConfiguration(), RoutedHandler(Routes()))
        await server.stop()
        #expect(throws: ServerError.self) { try server.start() }
        let other = HTTPServer(ServerConfiguration(), RoutedHandler(Routes()))
        try other.start()
        async let first: Void = other.stop()
        async let second: Void = other.stop()
        await first
        await second
        await other.stop()
    }

    @Test func aTakenPortIsAClearError() async throws {
        try await withServer(Routes()) { port, _ in
            let second = HTTPServer(ServerConfiguration(port: port), RoutedHandler(Routes()))
            #expect(throws: ServerError.cannotListen("cannot listen on 127.0.0.1:\(port): Address already in use")) {
                try second.start()
            }
        }
        let nonsense = HTTPServer(ServerConfiguration(host: "localhost"), RoutedHandler(Routes()))
        #expect(throws: ServerError.badAddress("localhost is not an IPv4 or IPv6 address")) { try nonsense.start() }
    }

    @Test func connectionsPerAddressAreLimited() async throws {
        let routes = route(.get, "/") { _ in .text(200, "x") }
        try await withServer(routes, configure: { $0.maximumConnectionsPerAddress = 2 }) { port, server in
            let first = try await RawHTTPClient(port: port)
            let second = try await RawHTTPClient(port: port)
            for client in [first, second] {
                try await client.send("GET / HTTP/1.1\r\n\(host)\r\n")
                _ = try await client.response()
            }
            let third = try await RawHTTPClient(port: port)
            #expect(try await third.bytesToEnd() == [])
            first.close()
            while server.statistics?.openConnections.value == 2 { await Task.yield() }
            let fourth = try await RawHTTPClient(port: port)
            try await fourth.send("GET / HTTP/1.1\r\n\(host)\r\n")
            let answer = try await fourth.response()
            #expect(answer.text == "x")
        }
    }

    @Test func connectionsOverTheLimitWaitTheirTurn() async throws {
        let routes = route(.get, "/") { _ in .text(200, "x") }
        try await withServer(routes, configure: { $0.maximumConnections = 1 }) { port, _ in
            let first = try await RawHTTPClient(port: port)
            try await first.send("GET / HTTP/1.1\r\n\(host)\r\n")
            _ = try await first.response()
            let second = try await RawHTTPClient(port: port)
            try await second.send("GET / HTTP/1.1\r\n\(host)\r\n")
            first.close()
            let answer = try await second.response()
            #expect(answer.text == "x")
        }
    }
}
