package import Crypto
import Glibc
import HTTP
package import Outbound

/// Wraps a ring's unlocking key with a key of AWS KMS, which never leaves it.
///
/// Source: AWS KMS API Reference, `Encrypt` and `Decrypt`, JSON 1.1; requests are signed with Signature Version 4. The
/// encryption context binds the wrapped key to the vault and stands in the key's own audit trail.
package final class KMSWrapper: KeyWrapper {
    package let custodian = Custodian.awsKMS
    private let client: ServiceClient
    private let key: String
    private let region: String
    private let credentials: AWSCredentials
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - key: id, ARN or alias (`alias/…`) of a symmetric key.
    ///   - region: nil for that of the ARN.
    ///   - endpoint: nil for the one of the region at AWS.
    ///   - now: milliseconds since 1970, UTC.
    /// - Returns: nil without a region.
    package init?(
        key: String, region: String?, endpoint: KeyServiceAddress?, credentials: AWSCredentials,
        certificateAuthority: String?, now: @escaping @Sendable () -> Int64 = KMSWrapper.clock
    ) {
        guard let region = region ?? Self.region(ofARN: key), Self.isRegion(region) else { return nil }
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        guard let address = endpoint ?? KeyServiceAddress("https://kms.\(region).\(domain)") else { return nil }
        client = ServiceClient(
            address: address, certificateAuthority: certificateAuthority, name: "the KMS at \(address.origin)")
        self.key = key
        self.region = region
        self.credentials = credentials
        self.now = now
    }

    package static let clock: @Sendable () -> Int64 = { Int64(time(nil)) * 1_000 }

    /// `arn:aws:kms:eu-west-3:111122223333:key/…`
    static func region(ofARN text: String) -> String? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count >= 6 && parts[0] == "arn" && parts[2] == "kms" ? String(parts[3]) : nil
    }

    private static func isRegion(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (0x30...0x39).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }

    package func wrap(_ key: borrowing SecretBytes, for vault: [UInt8]) throws(CryptoError) -> WrappedRingKey {
        let plain = key.withBytes { bytes in Base64.encode(bytes.indices.map { bytes[$0] }) }
        let answer = try perform("Encrypt", "Plaintext", plain, vault)
        guard case .string(let text)? = answer["CiphertextBlob"], let bytes = Base64.decode(text),
            let name = answer.shortText("KeyId"),
            let wrapped = WrappedRingKey(custodian: custodian, names: [name], bytes: bytes)
        else { throw nonsense }
        return wrapped
    }

    package func unwrap(_ wrapped: WrappedRingKey, for vault: [UInt8]) throws(CryptoError) -> SecretBytes {
        let answer = try perform("Decrypt", "CiphertextBlob", Base64.encode(wrapped.bytes), vault)
        guard case .string(let text)? = answer["Plaintext"], let bytes = Base64.decode(text) else { throw nonsense }
        return SecretBytes(copying: bytes)
    }

    private var nonsense: CryptoError {
        .custody(.nonsense("\(client.name) answers what no KMS answers; is this its address?"))
    }

    private func perform(
        _ operation: String, _ member: String, _ value: String, _ vault: [UInt8]
    ) throws(CryptoError) -> JSONValue {
        var json = JSONWriter()
        json.object { json in
            // Said when decrypting, too: another key of the account must not open it.
            json.field("KeyId", key)
            json.field(member, value)
            json.object("EncryptionContext") { $0.field("cloudspace-vault", Hex.encode(vault)) }
        }
        let body = json.bytes
        let answer = try client.post(client.address.prefix.isEmpty ? "/" : "", body) { [self] in
            headers(operation, body)
        }
        guard answer.status == 200 else { throw refusal(answer, isDecrypting: operation == "Decrypt") }
        return answer.json
    }

    private func headers(_ operation: String, _ body: [UInt8]) -> [(name: String, value: String)] {
        let moment = SigningTime(milliseconds: now())
        var headers = [
            (name: "Host", value: client.address.authority),
            (name: "Content-Type", value: "application/x-amz-json-1.1"),
            (name: "X-Amz-Date", value: moment.dateTime), (name: "X-Amz-Target", value: "TrentService.\(operation)"),
        ]
        if let token = credentials.securityToken { headers.append(("X-Amz-Security-Token", token)) }
        let path = client.address.prefix.isEmpty ? "/" : client.address.prefix
        let authorization = SigV4(credentials: credentials, region: region, service: "kms").authorization(
            for: SigV4.Canonical(
                method: "POST", path: path, query: [], headers: headers, payloadHash: Hex.encode(SHA256Hash.of(body))),
            at: moment)
        headers.append(("Authorization", authorization))
        return headers
    }

    private func refusal(_ answer: ServiceClient.Answer, isDecrypting: Bool) -> CryptoError {
        // `com.amazonaws.kms#NotFoundException`, with or without what stands before the sign.
        let type = answer.json.shortText("__type")?.split(separator: "#").last.map(String.init) ?? ""
        let words: String
        switch type {
        case "InvalidCiphertextException", "IncorrectKeyException":
            if isDecrypting { return .openFailed }
            words = "refuses the key \(key)"
        case "NotFoundException": words = "has no key \(key) in \(region); correct --kms-key or --kms-region"
        case "DisabledException": words = "says that the key \(key) is disabled; enable it"
        case "KMSInvalidStateException":
            words = "says that the key \(key) cannot be used as it is: it may be about to be deleted; look at its state"
        case "InvalidKeyUsageException", "UnsupportedOperationException":
            words = "says that the key \(key) is not for encrypting and decrypting; name a symmetric one"
        case "AccessDeniedException":
            words = "denies kms:Encrypt and kms:Decrypt on the key \(key); allow them in the key's policy"
        case "ExpiredTokenException": words = "says that the session token is over; renew the credentials"
        case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
            "IncompleteSignatureException", "MissingAuthenticationTokenException", "SignatureDoesNotMatch":
            words =
                isClockWrong(answer)
                ? "is at another time than this machine by more than five minutes; set the clock"
                : "does not accept the access key, or not for the region \(region); correct AWS_ACCESS_KEY_ID, "
                    + "AWS_SECRET_ACCESS_KEY and --kms-region"
        case "ThrottlingException", "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException",
            "ServiceUnavailable", "InternalFailure":
            return .custody(.away("\(client.name) cannot now (\(type))"))
        default:
            if answer.status == 429 || answer.status >= 500 {
                return .custody(.away("\(client.name) cannot now (status \(answer.status))"))
            }
            words = "refuses with status \(answer.status)\(type.isEmpty ? "" : " (\(type))")"
        }
        return .custody(.refused("\(client.name) \(words)"))
    }

    private func isClockWrong(_ answer: ServiceClient.Answer) -> Bool {
        guard let date = answer.headers["date"].flatMap(CivilTime.seconds(http:)) else { return false }
        return abs(date - now() / 1_000) > 300
    }
}
