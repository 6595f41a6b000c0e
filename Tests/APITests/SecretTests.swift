import Crypto
import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct SecretTests {
    @Test func changingThePasswordAnswersAsDocumented() async throws {
        try await withService { service in
            let alex = try await service.person()
            func change(_ current: String, _ new: String) async throws -> HTTPTestResponse {
                try await alex.client.post(
                    "/api/user/password/change", json: #"{"current_password":"\#(current)","new_password":"\#(new)"}"#)
            }
            let wrong = try await change("ancien_mdp", "nouveau_mdp")
            #expect(wrong.status == 401)
            #expect(wrong.error == "Current password is incorrect")
            let short = try await change(World.password, "court")
            #expect(short.status == 400)
            #expect(short.error == "New password must be at least 8 characters")
            let done = try await change(World.password, "nouveau_mdp")
            #expect(done.status == 200)
            #expect(done.string("message") == "Password changed successfully")
            #expect(try await alex.client.get("/api/me").status == 200)
        }
    }

    @Test func theSecondFactorIsSetUpConfirmedUsedAndTakenAway() async throws {
        try await withService { service in
            let alex = try await service.person()
            let first = try await alex.client.send(.post, "/api/user/2fa/toggle", body: [])
            #expect(first.status == 200)
            #expect(try first.member("two_factor_enabled") == .boolean(false))
            #expect(first.headers.first("Cache-Control") == "no-store")
            guard case .string(let secret)? = try first.member("setup", "secret"),
                case .string(let picture)? = try first.member("setup", "qr_png")
            else {
                Issue.record("no set-up: \(first.text)")
                return
            }
            #expect(picture.hasPrefix("data:image/png;base64,iVBOR"))
            let totp = TOTP(secret: try #require(Base32.decode(secret)))
            func code() -> String { totp.code(at: service.world.clock.now().milliseconds / 1_000) }

            let early = try await alex.client.post("/api/user/2fa/toggle", json: #"{"code":"000000"}"#)
            #expect(early.status == 400)
            #expect(early.code == "wrong_code")
            let on = try await alex.client.post("/api/user/2fa/toggle", json: #"{"code":"\#(code())"}"#)
            #expect(try on.member("two_factor_enabled") == .boolean(true))
            #expect(on.string("message") == "2FA enabled")

            let login = try await service.anyone.post(
                "/api/auth/login",
                json: #"{"email":"\#(alex.account.profile.email.text)","password":"\#(World.password)"}"#)
            #expect(login.status == 200)
            #expect(login.string("token") == nil)
            #expect(login.headers.first("Set-Cookie") == nil)
            #expect(try login.member("two_factor_required") == .boolean(true))
            let challenge = login.text("challenge")
            let wrong = try await service.anyone.post(
                "/api/auth/login/2fa", json: #"{"challenge":"\#(challenge)","code":"000000"}"#)
            #expect(wrong.status == 401)
            service.world.clock.advance(seconds: 30)
            let right = try await service.anyone.post(
                "/api/auth/login/2fa", json: #"{"challenge":"\#(challenge)","code":"\#(code())"}"#)
            #expect(right.status == 200)
            #expect(try await service.anyone.signedIn(right.text("token")).get("/api/me").status == 200)

            let bare = try await alex.client.send(.post, "/api/user/2fa/toggle", body: [])
            #expect(bare.status == 400)
            #expect(bare.code == "code_required")
            service.world.clock.advance(seconds: 30)
            let off = try await alex.client.post("/api/user/2fa/toggle", json: #"{"code":"\#(code())"}"#)
            #expect(try off.member("two_factor_enabled") == .boolean(false))
            #expect(off.string("message") == "2FA disabled")
        }
    }

    @Test func appearanceIsReadAndChangedInPart() async throws {
        try await withService { service in
            let alex = try await service.person()
            let standard = try await alex.client.get("/api/settings/appearance")
            #expect(
                standard.text
                    == #"{"theme":"dark","font_size":"medium","compact_mode":false,"sidebar_position":"left"}"#)
            let changed = try await alex.client.send(
                .put, "/api/settings/appearance", body: Array(#"{"theme":"midnight"}"#.utf8))
            #expect(
                changed.text
                    == #"{"theme":"midnight","font_size":"medium","compact_mode":false,"sidebar_position":"left"}"#)
            for bad in [#"{"theme":"pink"}"#, #"{"compact_mode":"yes"}"#, "[]", #"{"font_size":12}"#] {
                let answer = try await alex.client.send(.put, "/api/settings/appearance", body: Array(bad.utf8))
                #expect(answer.status == 400, "\(bad)")
                #expect(answer.code == "invalid_field")
            }
        }
    }
}
