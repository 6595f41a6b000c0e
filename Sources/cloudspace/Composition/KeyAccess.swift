import Crypto

/// The key provider that the settings name.
struct KeyAccess: Sendable {
    let directory: String
    let kind: KeyProviderKind
    let provider: any KeyProvider

    /// - Throws: `ProgramError.setting` when the passphrase is missing or unreadable, or given to the file provider.
    init(_ configuration: Configuration) throws(ProgramError) {
        directory = try configuration[Settings.keys]
        kind = try configuration[Settings.keyProvider]
        let file = try configuration[Settings.passphraseFile]
        let text = try configuration[Settings.passphrase]
        switch kind {
        case .file:
            if file != nil {
                throw .setting(
                    "\(configuration.origin(of: Settings.passphraseFile)) is given, but the key provider is file; "
                        + "set --key-provider passphrase")
            }
            provider = FileKeyProvider(directory: directory)
        case .passphrase:
            let secret = try Self.passphrase(file: file, text: text, configuration)
            provider = PassphraseKeyProvider(directory: directory, passphrase: secret)
        }
    }

    private static func passphrase(
        file: String?, text: String?, _ configuration: Configuration
    ) throws(ProgramError) -> SecretBytes {
        if let file {
            guard let bytes = FileSystem.bytes(of: file, limit: 64 << 10) else {
                throw .setting("\(configuration.origin(of: Settings.passphraseFile)): \(file.printable) cannot be read")
            }
            // A line break at the end belongs to the editor, not to the passphrase.
            let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            guard !line.isEmpty else {
                throw .setting("\(configuration.origin(of: Settings.passphraseFile)): \(file.printable) is empty")
            }
            return SecretBytes(copying: Array(line))
        }
        guard let text, !text.isEmpty else {
            throw .setting(
                "the passphrase is missing; give --passphrase-file or \(Settings.passphrase.environment)")
        }
        return SecretBytes(copying: Array(text.utf8))
    }
}
