import Crypto
import KeyCustody
import Outbound

/// Makes the key provider of each kind from its settings.
enum KeyProviders {
    /// - Throws: `ProgramError.setting` naming what is missing.
    static func make(
        _ kind: KeyProviderKind, in directory: String, _ configuration: Configuration
    ) throws(ProgramError) -> any KeyProvider {
        switch kind {
        case .file: return FileKeyProvider(directory: directory)
        case .passphrase:
            guard
                let passphrase = try configuration.secret(
                    file: Settings.passphraseFile, variable: Settings.passphrase)
            else { return PassphraseKeyProvider(directory: directory) }
            return PassphraseKeyProvider(directory: directory, passphrase: passphrase)
        case .shares: return SharesKeyProvider(directory: directory)
        case .pkcs11: return CustodyKeyProvider(directory: directory, wrapper: try token(configuration))
        case .transit: return CustodyKeyProvider(directory: directory, wrapper: try transit(configuration))
        case .awsKMS: return CustodyKeyProvider(directory: directory, wrapper: try service(configuration))
        }
    }

    private static func token(_ configuration: Configuration) throws(ProgramError) -> PKCS11Wrapper {
        guard
            let pin = try configuration.secret(file: Settings.pkcs11PINFile, variable: Settings.pkcs11PIN)
        else {
            throw .setting(
                "the token's PIN is missing; give --pkcs11-pin-file or \(Settings.pkcs11PIN.environment)")
        }
        return PKCS11Wrapper(
            module: try configuration.needed(Settings.pkcs11Module),
            token: try configuration.needed(Settings.pkcs11Token), key: try configuration.needed(Settings.pkcs11Key),
            pin: pin)
    }

    private static func transit(_ configuration: Configuration) throws(ProgramError) -> TransitWrapper {
        let url = try configuration.needed(Settings.transitURL)
        guard let address = KeyServiceAddress(url) else { throw badAddress(Settings.transitURL, url, configuration) }
        let credentials: TransitWrapper.Credentials
        if let role = try configuration[Settings.transitRole] {
            guard let secret = try configuration.secret(file: Settings.transitSecretFile) else {
                throw .setting("the AppRole's secret is missing; give --transit-secret-id-file")
            }
            credentials = .role(role, secret: secret)
        } else {
            guard
                let token = try configuration.secret(
                    file: Settings.transitTokenFile, variable: Settings.transitToken)
            else {
                throw .setting(
                    "the token of the transit engine is missing; give --transit-token-file, "
                        + "\(Settings.transitToken.environment), or an AppRole")
            }
            credentials = .token(token)
        }
        return TransitWrapper(
            address: address, mount: try configuration.needed(Settings.transitMount),
            key: try configuration.needed(Settings.transitKey), namespace: try configuration[Settings.transitNamespace],
            credentials: credentials, certificateAuthority: try configuration[Settings.transitAuthority])
    }

    private static func service(_ configuration: Configuration) throws(ProgramError) -> KMSWrapper {
        let key = try configuration.needed(Settings.kmsKey)
        var endpoint: KeyServiceAddress?
        if let url = try configuration[Settings.kmsEndpoint] {
            guard let address = KeyServiceAddress(url) else { throw badAddress(Settings.kmsEndpoint, url, configuration) }
            endpoint = address
        }
        let wrapper = KMSWrapper(
            key: key, region: try configuration[Settings.kmsRegion], endpoint: endpoint,
            credentials: try awsCredentials(configuration),
            certificateAuthority: try configuration[Settings.kmsAuthority])
        guard let wrapper else {
            throw .setting("the region of the key is missing; give --kms-region, or the key's ARN as --kms-key")
        }
        return wrapper
    }

    private static func awsCredentials(_ configuration: Configuration) throws(ProgramError) -> AWSCredentials {
        let own = try configuration[Settings.kmsAccessKeyID]
        let shared = try configuration[Settings.s3KeyID]
        let id = own ?? shared
        let secret = own == nil ? try configuration[Settings.s3Secret] : try configuration[Settings.kmsSecretKey]
        guard let id, let secret else {
            throw .setting(
                "the access key of the KMS is missing; set \(Settings.s3KeyID.environment) and "
                    + "\(Settings.s3Secret.environment), or \(Settings.kmsAccessKeyID.environment) and "
                    + "\(Settings.kmsSecretKey.environment)")
        }
        let token = own == nil ? try configuration[Settings.s3Token] : nil
        do {
            guard let token else {
                return try AWSCredentials(
                    accessKeyID: id, secretAccessKey: SecretBytes(copying: Array(secret.utf8)))
            }
            return try AWSCredentials(
                accessKeyID: id, secretAccessKey: SecretBytes(copying: Array(secret.utf8)),
                sessionToken: SecretBytes(copying: Array(token.utf8)))
        } catch {
            throw .setting(error.description)
        }
    }

    private static func badAddress(
        _ setting: Setting<String?>, _ text: String, _ configuration: Configuration
    ) -> ProgramError {
        .setting(
            "\(configuration.origin(of: setting)) is \"\(text.printable)\"; expected https://HOST, without credentials or "
                + "query (http:// only on this machine)")
    }
}

extension Configuration {
    /// A text that this kind of key provider cannot do without.
    fileprivate func needed(_ setting: Setting<String?>) throws(ProgramError) -> String {
        guard let text = try self[setting] else {
            throw .setting(
                "--\(setting.name) is missing; give the flag, \(setting.environment), or a line `\(setting.name) = …` in a "
                    + "file named by --config")
        }
        return text
    }
}
