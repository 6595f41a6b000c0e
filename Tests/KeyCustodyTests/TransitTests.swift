import Crypto
import Testing
import VaultTesting

@testable import KeyCustody

/// On a real OpenBao server, over TLS.
@Suite(.enabled("no OpenBao: run through scripts/with-key-services") { KeyServices.transit != nil })
struct TransitTests {
    private let vault = [UInt8](repeating: 7, count: 16)

    private func wrap(_ wrapper: TransitWrapper) -> String {
        custodyWords { _ = try wrapper.wrap(SecretBytes(count: 32), for: vault) }
    }

    @Test func itIsAKeyProviderLikeAnyOther() throws {
        try KeyProviderContract(
            "transit", make: { CustodyKeyProvider(directory: $0, wrapper: try KeyServices.transit()) },
            stranger: { CustodyKeyProvider(directory: $0, wrapper: try KeyServices.transit(key: "other")) }
        ).check()
    }

    @Test func anAppRoleLogsInByItself() throws {
        let provider = CustodyKeyProvider(
            directory: try TemporaryDirectory().path + "/keys", wrapper: try KeyServices.transitRole())
        try provider.selfTest()
        _ = try provider.create(vaultID: 5)
        #expect(try provider.unlock().vaultID == 5)
        #expect(wrap(try KeyServices.transitRole(secretID: "another")).contains("refuses the AppRole"))
    }

    @Test func aWrongTokenIsRefusedInWordsThatDoNotTellIt() throws {
        let words = wrap(try KeyServices.transit(token: "hvs.not-a-token"))
        #expect(words.hasPrefix("refused:") && words.contains("denies the use of the key cloudspace"))
        #expect(!words.contains("hvs."))
    }

    @Test func aWrongMountIsNamed() throws {
        #expect(wrap(try KeyServices.transit(mount: "elsewhere")).contains("no engine mounted at elsewhere"))
    }

    @Test func anUnknownAuthorityIsRefused() throws {
        let words = wrap(try KeyServices.transit(ca: "/etc/ssl/certs/ca-certificates.crt"))
        #expect(words.hasPrefix("away:") && words.contains("no secure connection"))
    }

    @Test func itCanBeAskedWhileTheWholePoolWaits() async throws {
        // As many callers as there may be threads in Swift's pool, all of them blocking it.
        let wrapper = try KeyServices.transit()
        let vault = vault
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { _ = try wrapper.wrap(SecretBytes(count: 32), for: vault) }
            }
            try await group.waitForAll()
        }
    }
}
