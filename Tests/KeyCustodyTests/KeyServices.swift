import Crypto
import Foundation
import Outbound
import Testing

@testable import KeyCustody

/// What `scripts/with-key-services` started for this run of the tests.
enum KeyServices {
    private static func value(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }

    static var module: String? { value("CLOUDSPACE_TEST_PKCS11") }
    static var transit: String? { value("CLOUDSPACE_TEST_TRANSIT") }
    static var kms: String? { value("CLOUDSPACE_TEST_KMS") }

    static func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }

    static func token(
        label: String = "cloudspace test", key: String = "cloudspace", pin: String = "1234"
    ) throws -> PKCS11Wrapper {
        PKCS11Wrapper(module: try #require(module), token: label, key: key, pin: secret(pin))
    }

    static func transit(
        key: String = "cloudspace", mount: String = "transit", token: String? = nil, ca: String? = nil
    ) throws -> TransitWrapper {
        TransitWrapper(
            address: try transitAddress(), mount: mount, key: key, namespace: nil,
            credentials: .token(secret(token ?? value("CLOUDSPACE_TEST_TRANSIT_TOKEN") ?? "")),
            certificateAuthority: ca ?? value("CLOUDSPACE_TEST_TRANSIT_CA"))
    }

    private static func transitAddress() throws -> KeyServiceAddress {
        let text = try #require(transit)
        return try #require(KeyServiceAddress(text))
    }

    static func transitRole(secretID: String? = nil) throws -> TransitWrapper {
        TransitWrapper(
            address: try transitAddress(), mount: "transit", key: "cloudspace", namespace: nil,
            credentials: .role(
                value("CLOUDSPACE_TEST_TRANSIT_ROLE") ?? "",
                secret: secret(secretID ?? value("CLOUDSPACE_TEST_TRANSIT_SECRET") ?? "")),
            certificateAuthority: value("CLOUDSPACE_TEST_TRANSIT_CA"))
    }

    static func kms(key: String? = nil) throws -> KMSWrapper {
        let credentials = try AWSCredentials(accessKeyID: "test", secretAccessKey: secret("test"))
        let endpoint = try #require(kms)
        let wrapper = KMSWrapper(
            key: key ?? value("CLOUDSPACE_TEST_KMS_KEY") ?? "", region: "us-east-1",
            endpoint: KeyServiceAddress(endpoint), credentials: credentials, certificateAuthority: nil)
        return try #require(wrapper)
    }

    /// One call of the imitated service's own interface.
    static func callKMS(_ operation: String, _ body: String) async throws -> [String: Any] {
        let endpoint = try #require(kms)
        let answer = try await TransferEngine().perform(
            TransferRequest(
                method: "POST", url: endpoint + "/",
                headers: [
                    ("X-Amz-Target", "TrentService.\(operation)"), ("Content-Type", "application/x-amz-json-1.1"),
                    (
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kms/aws4_request,SignedHeaders=host,Signature=0"
                    ),
                ], body: [Array(body.utf8)], answerLimit: 65_536, patience: TransferPatience(), isLocal: true))
        // Some operations answer nothing, or `null`.
        let json = try? JSONSerialization.jsonObject(with: Data(answer.body), options: .fragmentsAllowed)
        return json as? [String: Any] ?? [:]
    }
}

/// What a custodian said, in words; or what else happened.
func custodyWords(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch CryptoError.custody(let failure) {
        switch failure {
        case .away(let words): return "away: \(words)"
        case .refused(let words): return "refused: \(words)"
        case .nonsense(let words): return "nonsense: \(words)"
        default: return "\(failure)"
        }
    } catch {
        return "\(error)"
    }
}
