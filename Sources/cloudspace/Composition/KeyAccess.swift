import Crypto

/// The key provider that the settings name, and its work on a thread of its own.
struct KeyAccess: Sendable {
    let directory: String
    let kind: KeyProviderKind
    let provider: any KeyProvider
    /// Where shares for commands beside the server stand.
    private let shareFile: String?

    /// - Throws: `ProgramError.setting` when what the provider needs is missing or unreadable, or given to another one. A
    ///   passphrase and shares may come later.
    init(_ configuration: Configuration) throws(ProgramError) {
        try self.init(configuration, kind: try configuration[Settings.keyProvider])
    }

    /// - Parameter kind: instead of the one that the settings name.
    init(_ configuration: Configuration, kind: KeyProviderKind) throws(ProgramError) {
        directory = try configuration[Settings.keys]
        self.kind = kind
        shareFile = kind == .shares ? try configuration[Settings.shareFile] : nil
        if kind == .file, try configuration[Settings.keyProvider] == .file,
            try configuration[Settings.passphraseFile] != nil
        {
            throw .setting(
                "\(configuration.origin(of: Settings.passphraseFile)) is given, but the key provider is file; "
                    + "set --key-provider passphrase")
        }
        provider = try KeyProviders.make(kind, in: directory, configuration)
    }

    /// The same place with another provider.
    init(_ other: KeyAccess, provider: any KeyProvider) {
        directory = other.directory
        kind = other.kind
        shareFile = nil
        self.provider = provider
    }

    /// Without anything that a person gave: what a vault that was sealed keeps.
    var withoutSecrets: KeyAccess {
        switch kind {
        case .passphrase: KeyAccess(self, provider: PassphraseKeyProvider(directory: directory))
        case .shares: KeyAccess(self, provider: SharesKeyProvider(directory: directory))
        case .file, .pkcs11, .transit, .awsKMS: self
        }
    }

    /// Whether the provider can unlock without anybody giving anything.
    var needsNobody: Bool {
        switch kind {
        case .passphrase, .shares: false
        case .file, .pkcs11, .transit, .awsKMS: true
        }
    }

    /// Tests the provider, then reads and opens the ring.
    func unlock() async throws -> KeyRing {
        if let shareFile { try await addShares(from: shareFile) }
        let provider = provider
        return try await KeyThread.run { () throws(CryptoError) in
            try provider.selfTest()
            return try provider.unlock()
        }
    }

    /// Makes a new ring, for a vault with a new id.
    func create() async throws -> KeyRing {
        let provider = provider
        return try await KeyThread.run { () throws(CryptoError) in
            let ring = try provider.create(vaultID: VaultParts.newVaultID())
            try provider.selfTest()
            return ring
        }
    }

    /// Replaces the stored ring.
    func save(_ ring: KeyRing) async throws {
        let provider = provider
        try await KeyThread.run { () throws(CryptoError) in try provider.save(ring) }
    }

    /// Locks a ring that another provider had.
    func adopt(_ ring: KeyRing) async throws {
        let provider = provider
        try await KeyThread.run { () throws(CryptoError) in
            switch provider {
            case let shares as SharesKeyProvider: try shares.adopt(ring)
            case let file as FileKeyProvider: try file.adopt(ring)
            case let custody as CustodyKeyProvider: try custody.adopt(ring)
            default: try provider.save(ring)
            }
        }
    }

    /// - Throws: `CryptoError` when the provider does not do what it must, or does not answer.
    func selfTest() async throws {
        let provider = provider
        try await KeyThread.run { () throws(CryptoError) in try provider.selfTest() }
    }

    private func addShares(from file: String) async throws {
        guard let shares = provider as? SharesKeyProvider else { return }
        for line in try SecretFile.lines(of: file, setting: "--\(Settings.shareFile.name)") {
            do {
                _ = try shares.add(try KeyShare(parsing: line.secret))
            } catch CryptoError.custody(.share(.repeated)) {
                continue
            }
        }
    }
}

/// Key providers block on files, on Argon2id, on a token or on a service, for seconds: they have a thread of their own.
enum KeyThread {
    private static let pool = WorkerPool(threads: 1, queueLimit: 16)

    static func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(CryptoError) -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = pool.submit {
                do throws(CryptoError) {
                    let value = try work()
                    continuation.resume(returning: value)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
            if !isTaken { continuation.resume(throwing: CryptoError.unavailable("too much waits for the keys")) }
        }
    }
}
