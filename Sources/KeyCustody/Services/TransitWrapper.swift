package import Crypto
import HTTP
import Outbound
import Synchronization

/// Wraps a ring's unlocking key with a key of the transit engine of HashiCorp Vault or OpenBao, which never leaves it.
///
/// Source: the API of both, "Transit secrets engine": encrypt and decrypt with `associated_data`, which binds the wrapped key
/// to the vault; so the transit key must be of an AEAD type (`aes256-gcm96`, the default, or `chacha20-poly1305`).
package final class TransitWrapper: KeyWrapper {
    /// Who asks.
    package struct Credentials: Sendable {
        /// Nil for a token.
        fileprivate let role: String?
        fileprivate let secret: Secret

        package static func token(_ token: consuming SecretBytes) -> Credentials {
            Credentials(role: nil, secret: Secret(token))
        }

        /// Logs in with `role_id` and `secret_id` and uses the token that it is given.
        package static func role(_ id: String, secret: consuming SecretBytes) -> Credentials {
            Credentials(role: id, secret: Secret(secret))
        }
    }

    /// The one owner of a secret.
    fileprivate final class Secret: Sendable {
        let bytes: SecretBytes
        init(_ bytes: consuming SecretBytes) { self.bytes = bytes }

        /// For a request's buffer, which is not wiped.
        var text: String {
            bytes.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
        }
    }

    package let custodian = Custodian.transit
    private let client: ServiceClient
    private let mount: String
    private let key: String
    private let namespace: String?
    private let credentials: Credentials
    /// The token of a role, as long as it is good.
    private let roleToken = Mutex<Secret?>(nil)

    /// - Parameters:
    ///   - mount: where the engine is mounted, such as `transit`.
    ///   - key: name of the transit key, which exists.
    ///   - certificateAuthority: a file of certificates to trust instead of the system's.
    package init(
        address: KeyServiceAddress, mount: String, key: String, namespace: String?, credentials: Credentials,
        certificateAuthority: String?
    ) {
        client = ServiceClient(
            address: address, certificateAuthority: certificateAuthority,
            name: "the transit engine at \(address.origin)")
        self.mount = mount.split(separator: "/").map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
        self.key = key
        self.namespace = namespace
        self.credentials = credentials
    }

    package func wrap(_ key: borrowing SecretBytes, for vault: [UInt8]) throws(CryptoError) -> WrappedRingKey {
        let plain = key.withBytes { bytes in Base64.encode(bytes.indices.map { bytes[$0] }) }
        let data = try perform("encrypt", [("plaintext", plain), ("associated_data", Self.context(vault))])
        guard case .string(let text)? = data["ciphertext"], text.hasPrefix("vault:v"), text.utf8.count < 4_096,
            let wrapped = WrappedRingKey(custodian: custodian, names: names, bytes: Array(text.utf8))
        else { throw nonsense }
        return wrapped
    }

    package func unwrap(_ wrapped: WrappedRingKey, for vault: [UInt8]) throws(CryptoError) -> SecretBytes {
        guard wrapped.names == names else {
            throw CryptoError.custody(
                .refused(
                    "the ring is locked with the transit key \(wrapped.names.joined(separator: "/")), and the settings name "
                        + "\(names.joined(separator: "/")); correct --transit-mount and --transit-key"))
        }
        let text = String(decoding: wrapped.bytes, as: UTF8.self)
        let data = try perform("decrypt", [("ciphertext", text), ("associated_data", Self.context(vault))])
        guard case .string(let plain)? = data["plaintext"], let bytes = Base64.decode(plain) else { throw nonsense }
        return SecretBytes(copying: bytes)
    }

    /// One bit of what is behind `vault:v1:`.
    package func damaged(_ wrapped: WrappedRingKey) -> WrappedRingKey? {
        var bytes = wrapped.bytes
        let middle = bytes.count / 2
        bytes[middle] = bytes[middle] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        return WrappedRingKey(custodian: custodian, names: wrapped.names, bytes: bytes)
    }

    private var names: [String] { [mount, key] }

    private static func context(_ vault: [UInt8]) -> String {
        Base64.encode(Array("cloudspace ring key\u{0}".utf8) + vault)
    }

    private var nonsense: CryptoError {
        .custody(.nonsense("\(client.name) answers what no transit engine answers; is this its address?"))
    }

    private func perform(_ operation: String, _ members: [(String, String)]) throws(CryptoError) -> JSONValue {
        var json = JSONWriter()
        json.object { json in for (name, value) in members { json.field(name, value) } }
        let path = "/v1/\(mount)/\(operation)/\(PercentEncoding.encode(key))"
        var answer = try post(path, json.bytes, token: try token())
        if answer.status == 403, credentials.role != nil {
            // The token of a role ends; one more sign-in tells whether that was all.
            roleToken.withLock { $0 = nil }
            answer = try post(path, json.bytes, token: try token())
        }
        guard answer.status == 200 else { throw refusal(answer, isDecrypting: operation == "decrypt") }
        guard let data = answer.json["data"] else { throw nonsense }
        return data
    }

    private func post(_ path: String, _ body: [UInt8], token: String?) throws(CryptoError) -> ServiceClient.Answer {
        let namespace = namespace
        return try client.post(path, body) {
            var headers = [(name: "Content-Type", value: "application/json"), (name: "X-Vault-Request", value: "true")]
            if let token { headers.append(("X-Vault-Token", token)) }
            if let namespace { headers.append(("X-Vault-Namespace", namespace)) }
            return headers
        }
    }

    private func token() throws(CryptoError) -> String {
        guard let id = credentials.role else { return credentials.secret.text }
        if let token = roleToken.withLock({ $0 }) { return token.text }
        var json = JSONWriter()
        json.object { json in
            json.field("role_id", id)
            json.field("secret_id", credentials.secret.text)
        }
        let answer = try post("/v1/auth/approle/login", json.bytes, token: nil)
        guard answer.status == 200 else {
            if answer.status >= 500 || answer.status == 429 { throw refusal(answer, isDecrypting: false) }
            throw CryptoError.custody(
                .refused("\(client.name) refuses the AppRole; correct --transit-role-id and --transit-secret-id-file"))
        }
        guard case .string(let text)? = answer.json["auth"]?["client_token"], !text.isEmpty else { throw nonsense }
        roleToken.withLock { $0 = Secret(SecretBytes(copying: Array(text.utf8))) }
        return text
    }

    private func refusal(_ answer: ServiceClient.Answer, isDecrypting: Bool) -> CryptoError {
        let said = Self.errors(answer.json)
        switch answer.status {
        case 403:
            return .custody(
                .refused(
                    "\(client.name) denies the use of the key \(key): the token is wrong, over, or lacks the capability `update` "
                        + "on \(mount)/encrypt/\(key) and \(mount)/decrypt/\(key)"))
        case 404:
            return .custody(
                .refused(
                    "\(client.name) has no engine mounted at \(mount); correct --transit-mount or --transit-namespace"))
        case 400 where said.contains("key not found"):
            return .custody(.refused("\(client.name) has no key \(key); make it, or correct --transit-key"))
        case 400 where said.contains("associated"):
            return .custody(
                .refused("the transit key \(key) is of a type that takes no associated data; use aes256-gcm96"))
        case 400 where said.contains("disallowed") || said.contains("too old"):
            return .custody(
                .refused(
                    "the transit key \(key) no longer opens what this version wrapped; lower min_decryption_version"))
        case 400 where isDecrypting: return .openFailed
        case 429, 500...:
            return .custody(.away("\(client.name) cannot now (status \(answer.status)): it may be sealed"))
        default: return .custody(.refused("\(client.name) refuses with status \(answer.status)"))
        }
    }

    private static func errors(_ json: JSONValue) -> String {
        guard case .array(let texts)? = json["errors"] else { return "" }
        return texts.prefix(8).compactMap { if case .string(let text) = $0 { text.lowercased() } else { nil } }
            .joined(separator: "; ")
    }
}
