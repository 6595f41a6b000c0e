import Crypto
import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct ShareLinkTests {
    private func link(
        _ file: String, _ alex: Service.Person, _ terms: String = "{}"
    ) async throws -> HTTPTestResponse {
        let answer = try await alex.client.post("/api/files/\(file)/links", json: terms)
        try #require(answer.status == 201, "\(answer.text)")
        return answer
    }

    /// Follows the address that a download leads to.
    private func follow(
        _ answer: HTTPTestResponse, _ client: HTTPTestClient, headers: [(String, String)] = []
    ) async throws -> HTTPTestResponse {
        try #require(answer.status == 303, "\(answer.text)")
        return try await client.get(try #require(answer.headers.first("Location")), headers: headers)
    }

    @Test func aLinkIsMadeListedChangedAndRevoked() async throws {
        try await withService { service in
            let alex = try await service.person()
            let file = try await alex.client.put("content", at: "a.txt").text("id")
            let made = try await link(
                file, alex, #"{"password":"open sesame","expires_in_days":7,"max_downloads":3}"#)
            #expect(made.text("url") == "http://127.0.0.1:\(service.port)/s/\(made.text("token"))")
            #expect(made.text("expires_at") == "2024-11-02T15:00:00Z")
            #expect(try made.member("has_password") == .boolean(true))
            #expect(!made.text.contains("sesame"))
            let id = made.text("id")
            let place = "/api/files/\(file)/links/\(id)"
            let changed = try await alex.client.put(
                place, json: #"{"password":null,"expires_at":"2024-12-24T12:00:00+01:00","max_downloads":null}"#)
            #expect(changed.status == 200)
            #expect(changed.text("token") == made.text("token"))
            #expect(changed.text("expires_at") == "2024-12-24T11:00:00Z")
            #expect(try changed.member("max_downloads") == .null)
            let kept = try await alex.client.put(place, json: #"{"expires_in_days":null}"#)
            #expect(try kept.member("expires_at") == .null)
            #expect(try await alex.client.get("/api/files/\(file)/links").member("links", "0", "id") == .string(id))
            #expect(try await alex.client.delete(place).text("message") == "Link revoked")
            #expect(try await alex.client.get("/api/files/\(file)/links").member("links") == .array([]))
            #expect(try await alex.client.delete(place).status == 404)
            for body in [
                #"{"expires_at":"2024-10-26T14:59:59Z"}"#, #"{"expires_at":"soon"}"#, #"{"expires_in_days":0}"#,
                #"{"max_downloads":0}"#, #"{"password":"short"}"#,
            ] {
                #expect(try await alex.client.post("/api/files/\(file)/links", json: body).status == 400, "\(body)")
            }
        }
    }

    @Test func aDownloadCountsOnceHoweverItsBytesAreFetched() async throws {
        try await withService { service in
            let alex = try await service.person()
            let file = try await alex.client.put("0123456789", at: "a.html").text("id")
            let token = try await link(file, alex, #"{"max_downloads":1}"#).text("token")
            let facts = try await service.anyone.get("/api/links/\(token)")
            #expect(facts.text("name") == "a.html")
            #expect(facts.headers.first("X-Robots-Tag") == "noindex, nofollow")
            let place = "/api/links/\(token)/download"
            // HEAD counts nothing.
            #expect(try await service.anyone.send(.head, place).status == 405)
            let first = try await service.anyone.get(place)
            let whole = try await follow(first, service.anyone)
            #expect(whole.text == "0123456789")
            #expect(whole.headers.first("Content-Disposition")?.hasPrefix("attachment") == true)
            #expect(whole.headers.first("Content-Security-Policy")?.contains("sandbox") == true)
            for (range, bytes) in [("bytes=0-3", "0123"), ("bytes=4-", "456789")] {
                let part = try await follow(first, service.anyone, headers: [("Range", range)])
                #expect(part.status == 206)
                #expect(part.text == bytes)
            }
            #expect(try await service.anyone.send(.head, first.headers.first("Location") ?? "").status == 200)
            let second = try await service.anyone.get(place)
            #expect(second.status == 404)
            #expect(second.error == "This link does not exist or is no longer valid")
            #expect(
                try await alex.client.get("/api/files/\(file)/links").member("links", "0", "downloads") == .integer(1))
            #expect(
                try await alex.client.get("/api/files/\(file)/links").member("links", "0", "status")
                    == .string("used_up"))
        }
    }

    @Test func ofManyAtOnceExactlySoManyGetIt() async throws {
        try await withService { service in
            let alex = try await service.person()
            let file = try await alex.client.put("content", at: "a.txt").text("id")
            let token = try await link(file, alex, #"{"max_downloads":5}"#).text("token")
            let statuses = try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask { try await service.anyone.get("/api/links/\(token)/download").status }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 303 }.count == 5)
            #expect(statuses.filter { $0 == 404 }.count == 15)
        }
    }

    @Test func aPasswordIsGivenOnceAndOpensForAWhile() async throws {
        try await withService { service in
            let alex = try await service.person()
            let file = try await alex.client.put("content", at: "secret name.txt").text("id")
            let token = try await link(file, alex, #"{"password":"open sesame"}"#).text("token")
            let closed = try await service.anyone.get("/api/links/\(token)")
            #expect(try closed.member("requires_password") == .boolean(true))
            #expect(try closed.member("name") == .null)
            #expect(!closed.text.contains("secret"))
            #expect(try await service.anyone.get("/api/links/\(token)/download").status == 403)
            let wrong = try await service.anyone.post("/api/links/\(token)/unlock", json: #"{"password":"guess"}"#)
            #expect(wrong.status == 403)
            #expect(wrong.error == "Wrong password")
            let right = try await service.anyone.post(
                "/api/links/\(token)/unlock", json: #"{"password":"open sesame"}"#)
            #expect(right.status == 200)
            #expect(right.text("name") == "secret name.txt")
            let got = try await follow(try await service.anyone.get(right.text("download_url")), service.anyone)
            #expect(got.text == "content")
            service.world.clock.advance(seconds: 601)
            #expect(try await service.anyone.get(right.text("download_url")).status == 403)
            for _ in 0..<9 {
                _ = try await service.anyone.post("/api/links/\(token)/unlock", json: #"{"password":"guess"}"#)
            }
            let limited = try await service.anyone.post(
                "/api/links/\(token)/unlock", json: #"{"password":"open sesame"}"#)
            #expect(limited.status == 429)
            #expect(limited.headers.contains("Retry-After"))
        }
    }

    @Test func aFolderComesAsAnArchive() async throws {
        try await withService { service in
            let alex = try await service.person()
            let folder = try await alex.client.folder("Team")
            try await alex.client.put("content", at: "a.txt", in: folder)
            let token = try await link(folder, alex).text("token")
            let facts = try await service.anyone.get("/api/links/\(token)")
            #expect(try facts.member("is_folder") == .boolean(true))
            let archive = try await follow(
                try await service.anyone.get("/api/links/\(token)/download"), service.anyone)
            #expect(archive.status == 200)
            #expect(archive.headers.first("Content-Type") == "application/zip")
            #expect(archive.headers.first("Content-Disposition")?.contains("Team.zip") == true)
            #expect(archive.body.starts(with: Array("PK".utf8)))
        }
    }

    // MARK: The page

    @Test func thePageIsPlainAndInBothLanguages() async throws {
        try await withService { service in
            let alex = try await service.person()
            let file = try await alex.client.put("content", at: "<b>&.txt").text("id")
            let token = try await link(file, alex).text("token")
            let page = try await service.anyone.get("/s/\(token)")
            #expect(page.status == 200)
            #expect(page.headers.first("Content-Type") == "text/html; charset=utf-8")
            let policy = page.headers.first("Content-Security-Policy") ?? ""
            #expect(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"))
            #expect(!policy.contains("script") && !page.text.contains("<script"))
            #expect(page.headers.first("X-Robots-Tag") == "noindex, nofollow")
            #expect(page.text.contains("&lt;b&gt;&amp;.txt") && !page.text.contains("<b>&.txt"))
            #expect(page.text.contains("Download") && page.text.contains("7 B"))
            let french = try await service.anyone.get("/s/\(token)", headers: [("Accept-Language", "fr-FR")])
            #expect(french.text.contains("Télécharger") && french.text.contains("lang=\"fr\""))
            // Looking at the page uses nothing up; its button does.
            let pressed = try await submit("", token, service)
            let sent = try await follow(try await follow(pressed, service.anyone), service.anyone)
            #expect(sent.text == "content")
            #expect(
                try await alex.client.get("/api/files/\(file)/links").member("links", "0", "downloads") == .integer(1))
        }
    }

    @Test func thePageSaysHowLongTheLinkIsGood() async throws {
        try await withService { service in
            let alex = try await service.person()
            let folder = try await alex.client.folder("Plans")
            let made = try await alex.client.post(
                "/api/files/\(folder)/links", json: #"{"expires_in_days":3,"max_downloads":2}"#)
            let target = "/s/\(made.text("token"))"
            let page = try await service.anyone.get(target).text
            #expect(page.contains("A folder, downloaded as a ZIP"))
            #expect(page.contains("Valid until 2024-10-29 (UTC)"))
            #expect(page.contains("2 downloads left"))
            let french = try await service.anyone.get(target, headers: [("Accept-Language", "fr")]).text
            #expect(french.contains("Valable jusqu’au 2024-10-29 (UTC)"))
            #expect(french.contains("Encore 2 téléchargements"))
        }
    }

    private func submit(_ form: String, _ token: String, _ service: Service) async throws -> HTTPTestResponse {
        try await service.anyone.send(
            .post, "/s/\(token)", headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: Array(form.utf8))
    }

    @Test func thePageAsksForThePasswordWithoutScripts() async throws {
        try await withService { service in
            let alex = try await service.person()
            let file = try await alex.client.put("content", at: "secret name.txt").text("id")
            let token = try await link(file, alex, #"{"password":"open & sesame"}"#).text("token")
            let page = try await service.anyone.get("/s/\(token)")
            #expect(page.text.contains("type=\"password\"") && !page.text.contains("secret"))
            let wrong = try await submit("password=guess", token, service)
            #expect(wrong.status == 403)
            #expect(wrong.text.contains("Wrong password") && wrong.text.contains("type=\"password\""))
            #expect(!wrong.text.contains("secret"))
            let right = try await submit("password=open+%26+sesame", token, service)
            let sent = try await follow(try await follow(right, service.anyone), service.anyone)
            #expect(sent.text == "content")
            for _ in 0..<9 { _ = try await submit("password=guess", token, service) }
            #expect(try await submit("password=open+%26+sesame", token, service).status == 429)
        }
    }

    @Test func allThatIsGoneLooksTheSame() async throws {
        try await withService { service in
            let alex = try await service.person()
            let file = try await alex.client.put("content", at: "a.txt").text("id")
            let unknown = Random.token(24)
            let revoked = try await link(file, alex)
            _ = try await alex.client.delete("/api/files/\(file)/links/\(revoked.text("id"))")
            let expired = try await link(file, alex, #"{"expires_in_days":1}"#).text("token")
            let other = try await alex.client.put("content", at: "b.txt").text("id")
            let trashed = try await link(other, alex).text("token")
            try #require(try await alex.client.delete("/api/files/\(other)").status == 200)
            service.world.clock.advance(seconds: 86_400)
            var answers: Set<[String]> = []
            for token in [unknown, "nonsense", revoked.text("token"), expired, trashed] {
                let page = try await service.anyone.get("/s/\(token)")
                let facts = try await service.anyone.get("/api/links/\(token)")
                let unlocked = try await service.anyone.post("/api/links/\(token)/unlock", json: "{}")
                let download = try await service.anyone.get("/api/links/\(token)/download")
                let pressed = try await submit("", token, service)
                for answer in [page, facts, unlocked, download, pressed] { #expect(answer.status == 404) }
                answers.insert([page.text, facts.text, unlocked.text, download.text, pressed.text])
            }
            #expect(answers.count == 1)
            #expect(answers.first?[0].contains("no longer valid") == true)
        }
    }
}
