import Crypto

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
        case .pkcs11, .transit, .awsKMS:
            throw .setting("--key-provider \(kind.rawValue) is not there yet")
        }
    }
}
