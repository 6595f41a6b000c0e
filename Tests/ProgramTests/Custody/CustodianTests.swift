import Foundation
import Testing

/// The real program with keys that others keep, as scripts/with-key-services starts them for the tests.
@Suite struct CustodianTests {
    private static let environment = ProcessInfo.processInfo.environment
    static var hasTransit: Bool { environment["CLOUDSPACE_TEST_TRANSIT"] != nil }
    static var hasKMS: Bool { environment["CLOUDSPACE_TEST_KMS"] != nil }
    static var hasToken: Bool { environment["CLOUDSPACE_TEST_PKCS11"] != nil }

    private func value(_ name: String) throws -> String { try #require(Self.environment["CLOUDSPACE_TEST_" + name]) }

    private func port(_ url: String) throws -> UInt16 {
        try #require(url.split(separator: ":").last.flatMap { UInt16($0.filter(\.isNumber)) })
    }

    /// Made while the service is there, served while it is not: sealed, then open by itself.
    private func goesAndComesBack(
        _ provider: String, through relay: Relay, _ flags: [String], _ environment: [String: String]
    ) async throws {
        let vault = try await LockedVault(provider, flags, environment: environment)
        relay.shut()
        let server = try await vault.serve(environment: environment)
        #expect(try await server.get("/ready").string("sealed") == "key_custodian_unavailable")
        let refused = try await server.post("/api/admin/unseal", [:])
        #expect(refused.status == 503 && refused.string("code") == "key_custodian_unavailable", "\(refused.text)")
        relay.open()
        try await server.wait(for: "/ready") { $0.status == 200 }
        let token = try await server.signIn()
        let actions = try await server.actions(token)
        #expect(actions.contains("vault_sealed") && actions.contains("vault_unsealed"))
        // Once open it needs the service no more.
        relay.shut()
        #expect(try await server.get("/ready").status == 200)
        relay.open()
        for secret in environment.values { #expect(!server.child.errors.contains(secret)) }
        #expect(await server.stop() == 0)
        let status = try await Program.run(["keys", "status"] + vault.flags, environment: environment)
        #expect(
            status.status == 0 && status.output.contains("self-test    passed"), "\(status.output) \(status.errors)")
        let doctor = try await Program.run(["doctor"] + vault.flags, environment: environment)
        #expect(doctor.status == 0, "\(doctor.output)")
    }

    @Test(.enabled("no OpenBao: run through scripts/with-key-services") { CustodianTests.hasTransit })
    func theTransitEngineGoesAndComesBack() async throws {
        let relay = try Relay(to: try port(try value("TRANSIT")))
        try await goesAndComesBack(
            "transit", through: relay,
            ["--transit-url", "https://127.0.0.1:\(relay.port)", "--transit-ca", try value("TRANSIT_CA")],
            ["CLOUDSPACE_TRANSIT_TOKEN": try value("TRANSIT_TOKEN")])
    }

    @Test(.enabled("no moto: run through scripts/with-key-services") { CustodianTests.hasKMS })
    func theKMSGoesAndComesBack() async throws {
        let relay = try Relay(to: try port(try value("KMS")))
        try await goesAndComesBack(
            "aws-kms", through: relay,
            ["--kms-endpoint", "http://127.0.0.1:\(relay.port)", "--kms-key", try value("KMS_KEY")],
            ["AWS_ACCESS_KEY_ID": "an-access-key", "AWS_SECRET_ACCESS_KEY": "its-secret-key"])
    }

    @Test(.enabled("no SoftHSM2: run through scripts/with-key-services") { CustodianTests.hasToken })
    func aTokenKeepsTheKeyAndAWrongPINIsTriedOnce() async throws {
        let root = try Scratch.directory()
        let pin = root + "/pin"
        try "1234\n".write(toFile: pin, atomically: true, encoding: .utf8)
        let flags = [
            "--pkcs11-module", try value("PKCS11"), "--pkcs11-token", "cloudspace test", "--pkcs11-key", "program",
            "--pkcs11-pin-file", pin,
        ]
        let environment = ["SOFTHSM2_CONF": try #require(Self.environment["SOFTHSM2_CONF"])]
        let vault = try await LockedVault("pkcs11", flags, environment: environment)
        let status = try await Program.run(["keys", "status"] + vault.flags, environment: environment)
        #expect(status.output.contains("key          cloudspace test, program"), "\(status.output) \(status.errors)")

        try "9999\n".write(toFile: pin, atomically: true, encoding: .utf8)
        let server = try await vault.serve(environment: environment)
        #expect(try await server.get("/ready").string("sealed") == "key_custodian_refuses")
        #expect(server.child.errors.contains("the PIN of the token cloudspace test is wrong"))
        #expect(!server.child.errors.contains("9999"))
        let asked = try await server.post("/api/admin/unseal", [:])
        #expect(asked.status == 502 && asked.string("code") == "key_custodian_refuses")
        #expect(await server.stop() == 0)

        try "1234\n".write(toFile: pin, atomically: true, encoding: .utf8)
        let again = try await vault.serve(environment: environment)
        _ = try await again.signIn()
        #expect(await again.stop() == 0)
    }
}
