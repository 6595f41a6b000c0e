import Foundation
import Testing

/// Flags, environment and file: what wins, and what is refused before anything is made.
@Suite struct SettingsTests {
    private func isUntouched(_ place: Place) -> Bool {
        !FileManager.default.fileExists(atPath: place.data) && !FileManager.default.fileExists(atPath: place.keys)
    }

    @Test(arguments: [
        (["--listen", "nonsense"], "--listen is \"nonsense\"; expected HOST:PORT"),
        (["--listen", "127.0.0.1:70000"], "expected HOST:PORT"),
        (["--listen", "example.com:80"], "expected HOST:PORT with an address in numbers"),
        (["--listen", "::1:80"], "expected HOST:PORT"),
        (["--stop-grace", "soon"], "expected a time such as 30s"),
        (["--stop-grace", "2d"], "from 0 to 3600 seconds"),
        (["--max-content-length", "-1"], "expected a number of bytes above 0"),
        (["--max-content-length", "99999999999999999999"], "expected a number of bytes"),
        (["--max-connections", "0"], "expected a whole number from 1"),
        (["--log-format", "xml"], "expected one of text, json"),
        (["--key-provider", "hsm"], "expected one of file, passphrase"),
        (["--trusted-proxies", "10.0.0.1,proxy"], "expected addresses in numbers"),
        (["--allowed-origins", "vault.example.com"], "expected origins such as https://vault.example.com"),
        (["--access-log=maybe"], "--access-log takes no value"),
        (["--tls-key", "key.pem"], "--tls-key is given without --tls-certificate"),
        (["--tls-certificate", "/none", "--tls-key", "/none"], "--tls-certificate: /none cannot be read"),
        (["--key-provider", "passphrase"], "the passphrase is missing"),
        (["--passphrase-file", "/none"], "the key provider is file"),
        (["--key-provider", "passphrase", "--passphrase-file", "/none"], "/none cannot be read"),
        (["--checkpoint-webhook-url", "http://hooks.example.com/"], "expected an https address without user"),
        (
            ["--checkpoint-webhook-url", "https://hooks.example.com/"],
            "its secret is missing; set CHECKPOINT_WEBHOOK_SECRET"
        ),
        (
            ["--checkpoint-webhook-url", "https://a.example/", "--checkpoint-webhook-secret-file", "/none"],
            "/none cannot be read, or is empty"
        ),
        (["--checkpoint-email", "ama"], "expected addresses separated by commas"),
        (["--checkpoint-email", "ama@example.com"], "without a mail server; set SMTP_URL and MAIL_FROM"),
        (
            ["--checkpoint-email", "ama@example.com", "--smtp-url", "smtps://mail.example.com"],
            "the sender is missing; set MAIL_FROM"
        ),
        (
            ["--checkpoint-email", "a@example.com", "--mail-from", "v@example.com", "--smtp-url", "mail.example.com"],
            "--smtp-url: expected smtps://HOST"
        ),
        (["--mail-from", "vault"], "expected an address such as"),
        (["--outbound-ca", "/none"], "--outbound-ca: /none cannot be read"),
        (["--journal-export-dir", "/none"], "--journal-export-dir: /none is no directory"),
        (["--witness-strict"], "--witness-strict is given without --witness-file"),
        (["--config", "/none"], "the configuration file /none cannot be read"),
    ])
    func aWrongSettingIsOneLineAndChangesNothing(_ flags: [String], _ expected: String) async throws {
        let place = try Place()
        let result = try await Program.run(["serve"] + place.flags + flags)
        #expect(result.status == 2)
        #expect(result.errors.contains(expected), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(isUntouched(place))
    }

    @Test func aMissingPlaceIsNamedWithEveryWayToGiveIt() async throws {
        let result = try await Program.run(["serve"])
        #expect(result.status == 2)
        #expect(result.errors.contains("--data DIR is missing"))
        #expect(result.errors.contains("CLOUDSPACE_DATA"))
    }

    @Test func oneDirectoryForDataAndKeysIsRefused() async throws {
        let place = try Place()
        let result = try await Program.run(["serve", "--data", place.data, "--keys", place.data + "/."])
        #expect(result.status == 2)
        #expect(result.errors.contains("name the same directory"))
        #expect(isUntouched(place))
    }

    @Test func aWrongVariableIsNamedByItsOwnName() async throws {
        let place = try Place()
        let result = try await Program.run(
            ["serve"] + place.flags, environment: ["MAX_CONTENT_LENGTH": "lots"])
        #expect(result.status == 2)
        #expect(result.errors.contains("MAX_CONTENT_LENGTH is \"lots\"; expected a number of bytes"))
        #expect(isUntouched(place))
    }

    @Test(arguments: [
        ("listen = nowhere\n", "line 1: listen is \"nowhere\"; expected HOST:PORT"),
        ("# fine\n\nlisten 127.0.0.1:0\n", "line 3: expected `name = value`"),
        ("lisen = 127.0.0.1:0\n", "line 1: lisen is no setting; did you mean listen?"),
        ("listen = 127.0.0.1:0\nLISTEN = 127.0.0.1:1\n", "line 2: listen was set on line 1 already"),
        ("data = \"/tmp/x\n", "line 1: the quote is not closed"),
        ("passphrase = secret\n", "line 1: passphrase is no setting"),
    ])
    func aWrongLineOfTheFileIsNamedByItsNumber(_ text: String, _ expected: String) async throws {
        let place = try Place()
        let file = place.root + "/vault.conf"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let result = try await Program.run(["serve"] + place.flags + ["--config", file])
        #expect(result.status == 2)
        #expect(result.errors.contains(expected), "\(result.errors)")
        #expect(isUntouched(place))
    }

    /// `keys status` says which directory holds, so precedence shows without a server.
    @Test func aFlagWinsOverTheEnvironmentAndThatOverTheFile() async throws {
        let place = try Place()
        let file = place.root + "/vault.conf"
        try """
        # Settings of a test.
        data = \(place.data)
        KEYS = "\(place.root)/from # file"   # quoted
        """.write(toFile: file, atomically: true, encoding: .utf8)

        let fromFile = try await Program.run(["keys", "status", "--config", file])
        #expect(fromFile.output.contains("\(place.root)/from # file"), "\(fromFile.output) \(fromFile.errors)")

        let variables = ["CLOUDSPACE_CONFIG": file, "CLOUDSPACE_KEYS": place.root + "/from-environment"]
        let fromEnvironment = try await Program.run(["keys", "status"], environment: variables)
        #expect(fromEnvironment.output.contains("from-environment"))

        let fromFlag = try await Program.run(
            ["keys", "status", "--keys", place.root + "/from-flag"], environment: variables)
        #expect(fromFlag.output.contains("from-flag"))
    }

    @Test func anEmptyVariableCountsAsNotSet() async throws {
        let place = try Place()
        let result = try await Program.run(
            ["keys", "status"] + place.flags, environment: ["CLOUDSPACE_KEY_PROVIDER": ""])
        #expect(result.output.contains("provider     file"))
    }

    @Test func aMisspelledVariableIsPointedOut() async throws {
        let place = try Place()
        let server = try await RunningServer(place, environment: ["CLOUDSPACE_LISTN": "127.0.0.1:1"])
        #expect(await server.stop() == 0)
        #expect(server.child.errors.contains("CLOUDSPACE_LISTN is no setting; did you mean CLOUDSPACE_LISTEN?"))
    }
}
