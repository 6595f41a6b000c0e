import Crypto
import Outbound
import Testing
import VaultTesting

@testable import KeyCustody

/// On AWS KMS as moto imitates it.
@Suite(.enabled("no moto: run through scripts/with-key-services") { KeyServices.kms != nil })
struct KMSTests {
    private let vault = [UInt8](repeating: 7, count: 16)

    private func wrap(_ wrapper: KMSWrapper) -> String {
        custodyWords { _ = try wrapper.wrap(SecretBytes(count: 32), for: vault) }
    }

    private func newKey() async throws -> String {
        let made = try await KeyServices.callKMS("CreateKey", "{}")
        return try #require((made["KeyMetadata"] as? [String: Any])?["KeyId"] as? String)
    }

    @Test func itIsAKeyProviderLikeAnyOther() async throws {
        let other = try await newKey()
        try KeyProviderContract(
            "aws-kms", make: { CustodyKeyProvider(directory: $0, wrapper: try KeyServices.kms()) },
            stranger: { CustodyKeyProvider(directory: $0, wrapper: try KeyServices.kms(key: other)) }
        ).check()
    }

    @Test func aMissingKeyIsNamed() throws {
        let words = wrap(try KeyServices.kms(key: "11111111-2222-3333-4444-555555555555"))
        #expect(words.hasPrefix("refused:") && words.contains("has no key 11111111"))
    }

    @Test(arguments: ["arn:aws:kms:eu-west-3:111122223333:key/1", "alias/x", "arn:aws:s3:::b"])
    func theRegionIsThatOfTheKey(_ key: String) throws {
        let credentials = try AWSCredentials(accessKeyID: "a", secretAccessKey: KeyServices.secret("b"))
        let wrapper = KMSWrapper(
            key: key, region: nil, endpoint: nil, credentials: credentials, certificateAuthority: nil)
        #expect((wrapper != nil) == key.contains("eu-west-3"))
    }
}
