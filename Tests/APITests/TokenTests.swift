import Crypto
import HTTP
import Testing
import Vault
import VaultTesting

/// Tokens that were not given by this vault.
@Suite struct TokenTests {
    private func encode(_ json: String) -> String { Base64URL.encode(Array(json.utf8)) }

    @Test func noAlgorithmGameIsPlayed() async throws {
        try await withService { service in
            let alex = try await service.person()
            let parts = alex.token.split(separator: ".").map(String.init)
            let claims = parts[1]
            let forged = [
                "\(encode(#"{"alg":"none","typ":"JWT"}"#)).\(claims).",
                "\(encode(#"{"alg":"None"}"#)).\(claims).\(parts[2])",
                "\(encode(#"{"alg":"RS256","typ":"JWT"}"#)).\(claims).\(parts[2])",
                "\(encode(#"{"alg":"HS512","typ":"JWT"}"#)).\(claims).\(parts[2])",
                "\(parts[0]).\(claims).", "\(parts[0]).\(claims)", "\(parts[0]).\(claims).\(parts[2]).\(parts[2])",
                "\(parts[0]).\(encode(#"{"sub":"\#(alex.id)"}"#)).\(parts[2])", "..", "a.b.c", "",
                String(repeating: "a", count: 4_000), alex.token + "A", String(alex.token.dropLast()),
                flipped(alex.token),
            ]
            for token in forged {
                let answer = try await service.anyone.signedIn(token).get("/api/me")
                #expect(answer.status == 401, "\(token)")
                #expect(answer.code == "not_signed_in")
            }
            #expect(try await alex.client.get("/api/me").status == 200)
        }
    }

    /// The token with one bit of its signature flipped.
    private func flipped(_ token: String) -> String {
        var bytes = Array(token.utf8)
        let index = bytes.count - 20
        bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aTokenOfAnotherVaultIsNoToken() async throws {
        try await withService { service in
            try await withService { other in
                let stranger = try await other.person()
                #expect(try await service.anyone.signedIn(stranger.token).get("/api/me").status == 401)
            }
        }
    }

    @Test func twoCredentialsAreNone() async throws {
        try await withService { service in
            let alex = try await service.person()
            let answer = try await alex.client.get("/api/me", headers: [("Authorization", "Bearer x")])
            #expect(answer.status == 401)
        }
    }
}
