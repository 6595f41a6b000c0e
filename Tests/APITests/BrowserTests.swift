import API
import HTTP
import Testing
import Vault
import VaultTesting

/// What browsers and intermediaries see: security fields, CORS, the cookie, languages.
@Suite struct BrowserTests {
    @Test func everyAnswerCarriesTheSecurityFields() async throws {
        try await withService { service in
            let alex = try await service.person()
            for answer in [
                try await alex.client.get("/api/me"), try await service.anyone.get("/api/me"),
                try await service.anyone.get("/nowhere"), try await service.anyone.send(.put, "/api/me", body: []),
                try await service.anyone.get("/health"), try await service.anyone.get("/"),
            ] {
                #expect(answer.headers.first("X-Content-Type-Options") == "nosniff")
                #expect(answer.headers.first("X-Frame-Options") == "DENY")
                #expect(answer.headers.first("Referrer-Policy") == "no-referrer")
                #expect(answer.headers.first("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
                #expect(answer.headers.first("Cache-Control") == "no-store")
                #expect(answer.headers.first("X-Request-ID")?.isEmpty == false)
                #expect(answer.headers.first("Strict-Transport-Security") == nil)
            }
        }
    }

    @Test func preflightsOfTheClientsOriginsAreAnswered() async throws {
        try await withService { service in
            for origin in ["http://localhost:5173", "http://localhost"] {
                let answer = try await service.anyone.send(
                    .options, "/api/files/x/rename",
                    headers: [
                        ("Origin", origin), ("Access-Control-Request-Method", "PUT"),
                        ("Access-Control-Request-Headers", "authorization,content-type"),
                    ])
                #expect(answer.status == 204)
                #expect(answer.headers.first("Access-Control-Allow-Origin") == origin)
                #expect(answer.headers.first("Access-Control-Allow-Methods")?.contains("PUT") == true)
                #expect(answer.headers.first("Access-Control-Allow-Headers")?.contains("Authorization") == true)
                #expect(answer.headers.first("Access-Control-Allow-Credentials") == nil)
                #expect(answer.headers.first("Vary") == "Origin")
            }
            let plain = try await service.anyone.get("/api/me", headers: [("Origin", "http://localhost:5173")])
            #expect(plain.status == 401)
            #expect(plain.headers.first("Access-Control-Allow-Origin") == "http://localhost:5173")
            #expect(plain.headers.first("Access-Control-Expose-Headers")?.contains("ETag") == true)
        }
    }

    @Test func otherOriginsAreNotLetIn() async throws {
        try await withService { service in
            for origin in ["https://evil.example", "null", "http://localhost:5173.evil.example", "http://localhost:9"] {
                let answer = try await service.anyone.send(
                    .options, "/api/me", headers: [("Origin", origin), ("Access-Control-Request-Method", "GET")])
                #expect(answer.headers.first("Access-Control-Allow-Origin") == nil)
                #expect(answer.headers.first("Vary") == "Origin")
            }
        }
    }

    @Test func signingInSetsACookieThatScriptsCannotRead() async throws {
        try await withService { service in
            let alex = try await service.person()
            let body = #"{"email":"\#(alex.account.profile.email)","password":"\#(World.password)"}"#
            let answer = try await service.anyone.post("/api/auth/login", json: body)
            let cookie = answer.headers.first("Set-Cookie") ?? ""
            #expect(cookie.hasPrefix("access_token=\(answer.text("token")); "))
            #expect(cookie.contains("HttpOnly"))
            #expect(cookie.contains("SameSite=Strict"))
            #expect(cookie.contains("Path=/"))
            #expect(!cookie.contains("Secure"))
            let browser = service.anyone.with("Cookie", "theme=dark; access_token=\(answer.text("token"))")
            #expect(try await browser.get("/api/me").status == 200)
            let foreign = try await service.anyone.post(
                "/api/auth/login", json: body, headers: [("Origin", "https://evil.example")])
            #expect(foreign.headers.first("Set-Cookie") == nil)
            let out = try await browser.send(
                .post, "/api/auth/logout", headers: [("Origin", "http://127.0.0.1:\(service.port)")], body: [])
            #expect(out.headers.first("Set-Cookie")?.contains("Max-Age=0") == true)
            #expect(try await browser.get("/api/me").status == 401)
        }
    }

    @Test func theCookieMayBeMarkedSecureForAProxy() async throws {
        var settings = ApplicationSettings()
        settings.cookie.secure = .always
        try await withService(application: settings) { service in
            let alex = try await service.person()
            let answer = try await service.anyone.post(
                "/api/auth/login", json: #"{"email":"\#(alex.account.profile.email)","password":"\#(World.password)"}"#)
            #expect(answer.headers.first("Set-Cookie")?.hasSuffix("; Secure") == true)
        }
    }

    @Test func changesByCookieMustComeFromThisSite() async throws {
        try await withService { service in
            let alex = try await service.person()
            let browser = service.anyone.with("Cookie", "access_token=\(alex.token)")
            func make(_ name: String, _ origins: [String]) async throws -> Int {
                try await browser.post(
                    "/api/drive/folders", json: "{\"name\":\"\(name)\"}", headers: origins.map { ("Origin", $0) }
                ).status
            }
            let own = "http://127.0.0.1:\(service.port)"
            #expect(try await make("a", [own]) == 201)
            #expect(try await make("b", ["https://127.0.0.1:\(service.port)"]) == 201)
            #expect(try await make("c", []) == 403)
            for origin in [
                "https://evil.example", "null", "http://127.0.0.1", "\(own).evil.example", "http://localhost:5173",
            ] {
                #expect(try await make("d", [origin]) == 403)
            }
            #expect(try await make("d", [own, own]) == 403)
        }
    }

    @Test func messagesSpeakFrenchWhenAsked() async throws {
        try await withService { service in
            let alex = try await service.person()
            let french = alex.client.with("Accept-Language", "fr-FR,fr;q=0.9")
            let answer = try await french.get("/api/files/nonsense")
            #expect(answer.error == "Fichier introuvable")
            #expect(answer.code == "file_not_found")
            #expect(answer.headers.first("Content-Language") == "fr")
            #expect(try await french.get("/nowhere").error == "Introuvable")
        }
    }

    @Test func wrongPathsAndMethodsAreToldApart() async throws {
        try await withService { service in
            let lost = try await service.anyone.get("/api/nothing")
            #expect(lost.status == 404)
            #expect(lost.code == "not_found")
            let wrong = try await service.anyone.delete("/api/me")
            #expect(wrong.status == 405)
            #expect(wrong.code == "method_not_allowed")
            #expect(wrong.headers.first("Allow") == "GET, HEAD, OPTIONS")
            for target in [
                "/api/files/a%2Fb", "/api/files/%00", "/api/../etc/passwd", "/api/files/%zz", "/api/files/%ff",
            ] {
                #expect(try await service.anyone.get(target).status == 400)
            }
        }
    }
}
