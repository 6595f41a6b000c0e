/// What unlocks the key ring, and where to find it. Secrets come from files and the environment: command lines are seen by
/// every user of the machine.
extension Settings {
    static let keyProvider = Setting<KeyProviderKind>.choice(
        "key-provider",
        summary:
            "What unlocks the key ring: a key file beside it, a passphrase, shares of a split key, a key on a PKCS#11 "
            + "token, a transit key of HashiCorp Vault or OpenBao, a key of AWS KMS", fallback: .file)
    static let passphraseFile = Setting<String?>.path(
        "passphrase-file", summary: "File whose first line is the passphrase, with --key-provider passphrase")
    static let passphrase = Setting<String?>(
        "passphrase", placeholder: "TEXT", summary: "The passphrase itself, where a file is impossible",
        places: [.environment], fallback: .some(nil), absence: ""
    ) { $0 }
    static let shareFile = Setting<String?>.path(
        "share-file",
        summary: "File with shares, one a line, with --key-provider shares; for commands beside the server")

    static let pkcs11Module = Setting<String?>.path(
        "pkcs11-module", summary: "The token's PKCS#11 library, with --key-provider pkcs11")
    static let pkcs11Token = text(
        "pkcs11-token", placeholder: "LABEL", summary: "Label of the token that holds the key")
    static let pkcs11Key = text(
        "pkcs11-key", placeholder: "LABEL", summary: "Label of the AES key on it; `keys init` makes one", "cloudspace")
    static let pkcs11PINFile = Setting<String?>.path(
        "pkcs11-pin-file", summary: "File whose first line is the user PIN of the token")
    static let pkcs11PIN = secret("pkcs11-pin", summary: "The user PIN itself, where a file is impossible")

    static let transitURL = text(
        "transit-url", placeholder: "URL",
        summary: "Address of the server, https://HOST:8200, with --key-provider transit")
    static let transitMount = text(
        "transit-mount", placeholder: "PATH", summary: "Where its transit engine is mounted", "transit")
    static let transitKey = text("transit-key", placeholder: "NAME", summary: "Name of the transit key", "cloudspace")
    static let transitNamespace = text(
        "transit-namespace", placeholder: "NAME", summary: "Namespace, where there are any")
    static let transitTokenFile = Setting<String?>.path(
        "transit-token-file", summary: "File whose first line is a token of the server")
    static let transitToken = secret("transit-token", summary: "The token itself, where a file is impossible")
    static let transitRole = text(
        "transit-role-id", placeholder: "ID", summary: "Role of an AppRole, instead of a token")
    static let transitSecretFile = Setting<String?>.path(
        "transit-secret-id-file", summary: "File whose first line is the secret of that AppRole")
    static let transitAuthority = Setting<String?>.path(
        "transit-ca", summary: "Certificates (PEM) to trust for that server, instead of the system's")

    static let kmsKey = text(
        "kms-key", placeholder: "ID", summary: "Id, ARN or alias of the key, with --key-provider aws-kms")
    static let kmsRegion = text("kms-region", placeholder: "REGION", summary: "Region of the key; else that of its ARN")
    static let kmsEndpoint = text(
        "kms-endpoint", placeholder: "URL", summary: "Where the service is, if not at AWS: https://HOST")
    static let kmsAuthority = Setting<String?>.path(
        "kms-ca", summary: "Certificates (PEM) to trust for that endpoint, instead of the system's")
    static let kmsAccessKeyID = text(
        "kms-access-key-id", placeholder: "ID", summary: "Access key for the service, if not AWS_ACCESS_KEY_ID",
        places: [.environment, .file])
    static let kmsSecretKey = secret("kms-secret-access-key", summary: "Its secret, if not AWS_SECRET_ACCESS_KEY")

    /// All of it.
    static let custody: [any SettingDescription] = [
        keyProvider, passphraseFile, passphrase, shareFile, pkcs11Module, pkcs11Token, pkcs11Key, pkcs11PINFile,
        pkcs11PIN,
        transitURL, transitMount, transitKey, transitNamespace, transitTokenFile, transitToken, transitRole,
        transitSecretFile, transitAuthority, kmsKey, kmsRegion, kmsEndpoint, kmsAuthority, kmsAccessKeyID, kmsSecretKey,
    ]

    private static func text(
        _ name: String, placeholder: String, summary: String, _ fallback: String? = nil,
        places: [SettingPlace] = [.flag, .environment, .file]
    ) -> Setting<String?> {
        Setting(
            name, placeholder: placeholder, summary: summary, places: places, fallback: .some(fallback),
            absence: fallback ?? ""
        ) { text throws(BadValue) in
            guard (1...512).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
                throw BadValue("a text of 1 to 512 bytes")
            }
            return text
        }
    }

    private static func secret(_ name: String, summary: String) -> Setting<String?> {
        Setting(
            name, placeholder: "SECRET", summary: summary, places: [.environment], fallback: .some(nil), absence: ""
        ) { $0 }
    }
}
