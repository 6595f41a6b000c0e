import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct NotificationTests {
    /// Alex shares a file with Sarah.
    private func share(
        _ name: String, with sarah: Service.Person, by alex: Service.Person
    ) async throws -> String {
        let file = try await alex.client.put("x", at: name).text("id")
        let body = #"{"email":"\#(sarah.account.profile.email)"}"#
        try #require(try await alex.client.post("/api/files/\(file)/share", json: body).status == 201)
        return file
    }

    @Test func theyHaveTheDocumentsShapeAndSpeakTheReadersLanguage() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let file = try await share("Website_Mockups_V3.fig", with: sarah, by: alex)
            service.world.clock.advance(seconds: 7_200)
            let list = try await sarah.client.get("/api/notifications?unread_only=false")
            let example = try JSONValue(
                parsing: """
                    {"notifications":[{"id":"uuid","type":"share","title":"t","message":"m","is_read":false,
                    "related_file_id":"uuid","created_at":"2024-10-26T10:23:00Z","time_ago":"2h ago"}],"unread_count":3}
                    """)
            #expect(differences(try list.json(), from: example) == [])
            #expect(try list.member("notifications", "0", "title") == .string("Alex Davidson shared a file with you"))
            #expect(try list.member("notifications", "0", "message") == .string("Website_Mockups_V3.fig"))
            #expect(try list.member("notifications", "0", "time_ago") == .string("2h ago"))
            #expect(try list.member("notifications", "0", "related_file_id") == .string(file))
            #expect(try list.member("unread_count") == .integer(1))

            let text = #"{"text":"@Alex Davidson: done"}"#
            _ = try await sarah.client.post("/api/files/\(file)/comments", json: text)
            let french = try await alex.client.get("/api/notifications", headers: [("Accept-Language", "fr")])
            #expect(
                try french.member("notifications", "0", "title")
                    == .string("Sarah Miller vous a mentionné dans un commentaire"))
            #expect(try french.member("notifications", "0", "type") == .string("mention"))
            #expect(try french.member("notifications", "0", "message") == .string("@Alex Davidson: done"))

            guard case .string(let id)? = try list.member("notifications", "0", "id") else { return }
            let read = try await sarah.client.put("/api/notifications/\(id)/read", json: "{}")
            #expect(try read.member("is_read") == .boolean(true))
            #expect(try await alex.client.put("/api/notifications/\(id)/read", json: "{}").status == 404)
            #expect(try await alex.client.put("/api/notifications/nonsense/read", json: "{}").status == 404)
            let all = try await alex.client.put("/api/notifications/read-all", json: "{}")
            #expect(all.text("message") == "All notifications marked as read")
            let unread = try await alex.client.get("/api/notifications?unread_only=true")
            #expect(try unread.member("notifications") == .array([]))
            #expect(try unread.member("unread_count") == .integer(0))
        }
    }

    // MARK: The stream

    @Test func whatHappensComesDownTheStreamAsItIsInTheList() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let stream = try await EventStream(service, "Authorization: Bearer \(sarah.token)")
            #expect(stream.head.status == 200)
            #expect(stream.head.headers.first("Content-Type") == "text/event-stream; charset=utf-8")
            #expect(stream.head.headers.first("Cache-Control") == "no-store")
            #expect(try await stream.next() == "retry: 3000")
            _ = try await share("a.txt", with: sarah, by: alex)
            let event = try await stream.next()
            let lines = event.split(separator: "\n")
            let list = try await sarah.client.get("/api/notifications")
            let entry = try #require(try list.member("notifications", "0"))
            guard case .string(let id)? = entry["id"] else { return }
            #expect(lines.count == 3)
            #expect(lines[0] == "event: notification")
            #expect(lines[1] == "id: \(id)")
            #expect(try JSONValue(parsing: String(lines[2].dropFirst(6))) == entry)

            // A sign of life, when its time has come.
            service.world.clock.advance(seconds: 20)
            try await service.world.vault.notifications.tick()
            #expect(try await stream.next() == ": ")
            stream.close()
        }
    }

    @Test func aClientThatComesBackGetsWhatItMissed() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            for name in ["a.txt", "b.txt", "c.txt"] { _ = try await share(name, with: sarah, by: alex) }
            let list = try await sarah.client.get("/api/notifications")
            guard case .string(let oldest)? = try list.member("notifications", "2", "id") else { return }
            // As a browser does it: with the cookie, and nothing but safe headers.
            let stream = try await EventStream(
                service, "Cookie: access_token=\(sarah.token)\r\nLast-Event-ID: \(oldest)")
            #expect(try await stream.next() == "retry: 3000")
            let missed = [try await stream.next(), try await stream.next()]
            #expect(missed[0].contains("b.txt") && missed[1].contains("c.txt"))
            stream.close()
            // One that never was is no place to go on from.
            let fresh = try await EventStream(service, "Cookie: access_token=\(sarah.token)\r\nLast-Event-ID: x")
            #expect(try await fresh.next() == "retry: 3000")
            _ = try await share("d.txt", with: sarah, by: alex)
            #expect(try await fresh.next().contains("d.txt"))
            fresh.close()
        }
    }

    @Test func aStreamEndsWithTheSession() async throws {
        try await withService { service in
            let alex = try await service.person()
            let stream = try await EventStream(service, "Authorization: Bearer \(alex.token)")
            _ = try await stream.next()
            #expect(try await alex.client.post("/api/auth/logout").status == 200)
            service.world.clock.advance(seconds: 20)
            try await service.world.vault.notifications.tick()
            #expect(try await stream.isOver())
        }
    }

    @Test func aStreamEndsInOrderWhenTheServerStops() async throws {
        try await withService { service in
            let alex = try await service.person()
            let stream = try await EventStream(service, "Authorization: Bearer \(alex.token)")
            _ = try await stream.next()
            // Were the stream waited for, this would take its minute.
            await service.server.stop(graceSeconds: 60)
            #expect(try await stream.isOver())
        }
    }

    @Test(.timeLimit(.minutes(5))) func aClientThatGoesAwayMakesRoom() async throws {
        var settings = VaultSettings()
        settings.notifications.maximumStreamsPerPerson = 1
        try await withService(vault: settings) { service in
            let alex = try await service.person()
            let stream = try await EventStream(service, "Authorization: Bearer \(alex.token)")
            _ = try await stream.next()
            let second = try await service.anyone.signedIn(alex.token).get("/api/notifications/stream")
            #expect(second.status == 429)
            #expect(second.code == "too_many_streams")
            #expect(second.headers.contains("Retry-After"))
            stream.close()
            // The server looks after its connections once a second.
            while service.world.core.listeners.count > 0 { _ = try await service.anyone.get("/ready") }
            let third = try await EventStream(service, "Authorization: Bearer \(alex.token)")
            #expect(third.head.status == 200)
            third.close()
        }
    }

    @Test func fewerReadersThanListenersAreEnough() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            var streams: [EventStream] = []
            for _ in 0..<8 {
                streams.append(try await EventStream(service, "Authorization: Bearer \(sarah.token)"))
                _ = try await streams[streams.count - 1].next()
            }
            // The vault goes on working beside them.
            _ = try await share("a.txt", with: sarah, by: alex)
            for stream in streams {
                #expect(try await stream.next().contains("a.txt"))
                stream.close()
            }
        }
    }
}

/// A client of the stream, on a socket of its own.
private final class EventStream: Sendable {
    let head: HTTPTestResponse
    private let connection: RawHTTPClient
    private let reader: ChunkReader

    init(_ service: Service, _ fields: String) async throws {
        connection = try await RawHTTPClient(port: service.port)
        try await connection.send(
            "GET /api/notifications/stream HTTP/1.1\r\nHost: 127.0.0.1:\(service.port)\r\n\(fields)\r\n\r\n")
        head = try await connection.responseHead()
        reader = ChunkReader(connection)
    }

    /// The next event, without the blank line behind it.
    func next() async throws -> String {
        guard let event = try await reader.event() else { throw RawHTTPClient.Failure.endOfStream }
        return event
    }

    /// Whether the answer ended as it should, with its last chunk.
    func isOver() async throws -> Bool { try await reader.event() == nil }

    func close() { connection.close() }
}

/// Takes chunks (RFC 9112, section 7.1) apart and puts events together.
private actor ChunkReader {
    private let connection: RawHTTPClient
    private var raw: [UInt8] = []
    private var text: [UInt8] = []

    init(_ connection: RawHTTPClient) { self.connection = connection }

    /// `nil` after the last chunk.
    func event() async throws -> String? {
        while true {
            if let end = text.firstRange(of: [10, 10]) {
                let event = String(decoding: text[..<end.lowerBound], as: UTF8.self)
                text.removeSubrange(..<end.upperBound)
                return event
            }
            guard let chunk = try await chunk() else { return nil }
            text += chunk
        }
    }

    private func chunk() async throws -> [UInt8]? {
        while true {
            if let line = raw.firstRange(of: [13, 10]),
                let size = Int(String(decoding: raw[..<line.lowerBound], as: UTF8.self), radix: 16),
                raw.count >= line.upperBound + size + 2
            {
                let chunk = Array(raw[line.upperBound..<(line.upperBound + size)])
                raw.removeSubrange(..<(line.upperBound + size + 2))
                return size == 0 ? nil : chunk
            }
            guard let more = try await connection.bytes() else { throw RawHTTPClient.Failure.endOfStream }
            raw += more
        }
    }
}
