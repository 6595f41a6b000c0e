import Crypto
import Foundation
import Testing
import VaultTesting

@testable import KeyCustody

/// On a real module with a token in software.
@Suite(.serialized, .enabled("no SoftHSM2: run through scripts/with-key-services") { KeyServices.module != nil })
struct PKCS11Tests {
    private let vault = [UInt8](repeating: 7, count: 16)

    @Test func itIsAKeyProviderLikeAnyOther() throws {
        try KeyServices.token().prepare()
        try KeyServices.token(key: "another").prepare()
        try KeyProviderContract(
            "pkcs11", make: { CustodyKeyProvider(directory: $0, wrapper: try KeyServices.token()) },
            stranger: { CustodyKeyProvider(directory: $0, wrapper: try KeyServices.token(key: "another")) }
        ).check()
    }

    @Test func theKeyIsMadeOnTheTokenAndCannotLeaveIt() throws {
        let wrapper = try KeyServices.token(key: "made here")
        #expect(custodyWords { _ = try wrapper.wrap(SecretBytes(count: 32), for: vault) }.contains("has no AES key"))
        try wrapper.prepare()
        try wrapper.prepare()
        #expect(wrapper.keyCanLeave() == false)
        let secret = SecretBytes(count: 32)
        let wrapped = try wrapper.wrap(secret, for: vault)
        #expect(wrapped.names == ["cloudspace test", "made here"])
        #expect(wrapped.bytes.count == 12 + 32 + 16)
        let again = try wrapper.unwrap(wrapped, for: vault)
        #expect(
            secret.withBytes { one in again.withBytes { other in one.indices.allSatisfy { one[$0] == other[$0] } } })
    }

    @Test func aWrongPINIsTriedOnce() throws {
        let wrapper = try KeyServices.token(pin: "0000")
        let first = custodyWords { _ = try wrapper.wrap(SecretBytes(count: 32), for: vault) }
        #expect(first.contains("the PIN of the token cloudspace test is wrong"))
        #expect(first.hasPrefix("refused:") && !first.contains("0000"))
        // Many more calls would have locked a token that was asked each time.
        for _ in 0..<20 { #expect(custodyWords { _ = try wrapper.wrap(SecretBytes(count: 32), for: vault) } == first) }
        _ = try KeyServices.token(key: "made here too").prepare()
    }

    @Test func whatIsMissingIsNamed() throws {
        let noToken = custodyWords { try KeyServices.token(label: "nowhere").prepare() }
        #expect(
            noToken.hasPrefix("away: no token is labelled nowhere (there are: ") && noToken.contains("cloudspace test"))
        let noModule = PKCS11Wrapper(
            module: "/nowhere/module.so", token: "t", key: "k", pin: KeyServices.secret("1234"))
        #expect(custodyWords { try noModule.prepare() }.contains("cannot be loaded"))
        let notAModule = PKCS11Wrapper(
            module: "libc.so.6", token: "t", key: "k", pin: KeyServices.secret("1234"))
        #expect(custodyWords { try notAModule.prepare() }.contains("is no PKCS#11 module"))
    }
}
