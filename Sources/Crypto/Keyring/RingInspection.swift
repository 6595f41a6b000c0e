/// What a ring's file says of itself without being unlocked. Not authenticated: for people, and for choosing whom to ask.
public struct RingInspection: Equatable, Sendable {
    /// The word of the key provider that unlocks it.
    public let provider: String
    /// The vault's id, 16 bytes, most significant first.
    public let vault: [UInt8]
    /// The vault's id.
    public var vaultID: UInt128 { vault.reduce(0) { $0 << 8 | UInt128($1) } }
    /// How many shares unlock it, of how many; nil for other providers.
    public let threshold: Int?
    public let shareCount: Int?
    /// What names the key where it is kept; empty for files, passphrases and shares.
    public let names: [String]

    /// - Throws: `.keyFile` when the file is missing, cut off or open to others; `.unsupportedFormat`.
    public init(directory: String) throws(CryptoError) {
        let file = try KeyRingFile.read(from: KeyDirectory(path: directory), FileKeyProvider.ringName)
        provider = file.header.unlocking.provider
        vault = file.header.vault
        switch file.header.unlocking {
        case .shares(let scheme):
            (threshold, shareCount, names) = (scheme.threshold, scheme.count, [])
        case .custody(let wrapped):
            (threshold, shareCount, names) = (nil, nil, wrapped.names)
        case .keyFile, .passphrase:
            (threshold, shareCount, names) = (nil, nil, [])
        }
    }
}
