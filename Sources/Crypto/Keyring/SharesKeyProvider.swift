import Synchronization

/// A key ring unlocked by a random key that nobody has whole: it was split into shares, of which a few suffice.
///
/// Once unlocked it keeps the key, so that the ring can be saved while the vault serves.
public final class SharesKeyProvider: KeyProvider {
    public let name = "shares"
    private let directory: KeyDirectory
    /// For a ring that is made here.
    private let scheme: ShareScheme?
    private let collection = ShareCollection()
    private let state = Mutex(State())

    private struct State {
        var key: SealingKey?
        var scheme: ShareScheme?
        /// Shares of a ring just made, until somebody takes them.
        var made: [KeyShare] = []
    }

    /// - Parameters:
    ///   - directory: where the ring is; made on ``create(vaultID:)``.
    ///   - threshold: how many shares unlock; for a ring that is made.
    ///   - count: how many shares there shall be; for a ring that is made.
    /// - Returns: nil unless 2 ≤ `threshold` ≤ `count` ≤ 255.
    public init?(directory: String, threshold: Int, count: Int) {
        guard let scheme = ShareScheme(threshold: threshold, count: count) else { return nil }
        self.directory = KeyDirectory(path: directory)
        self.scheme = scheme
    }

    /// A provider for a ring that is there.
    public init(directory: String) {
        self.directory = KeyDirectory(path: directory)
        scheme = nil
    }

    public func exists() -> Bool { directory.exists(FileKeyProvider.ringName) }

    public func create(vaultID: UInt128) throws(CryptoError) -> KeyRing {
        guard !exists() else {
            throw CryptoError.keyFile(
                "\(ringPath) is there already: this vault has its keys. To start a new vault, use another directory.")
        }
        try directory.prepare()
        let ring = KeyRing(newFor: vaultID)
        try split(for: ring, .new)
        return ring
    }

    /// Locks a ring that exists with a new key, split anew: every earlier share is worthless for the new file.
    package func adopt(_ ring: KeyRing) throws(CryptoError) {
        try directory.prepare()
        try split(for: ring, .replacing)
    }

    private func split(for ring: KeyRing, _ writing: KeyDirectory.Writing) throws(CryptoError) {
        guard let scheme else {
            throw CryptoError.keyFile("say into how many shares the key is split, and how many of them unlock it")
        }
        let key = SealingKey.random()
        var vault: [UInt8] = []
        vault.append(bigEndian: ring.vaultID)
        let shares = KeySplit.split(key.secret, into: scheme.count, threshold: scheme.threshold).map {
            KeyShare(vault: vault, set: scheme.set, threshold: scheme.threshold, point: $0)
        }
        let file = KeyRingFile.seal(ring, unlocking: .shares(scheme), with: key)
        try directory.write(file.span, to: FileKeyProvider.ringName, writing)
        state.withLock { $0 = State(key: key, scheme: scheme, made: shares) }
    }

    /// Hands out the shares of the ring that ``create(vaultID:)`` or ``adopt(_:)`` just made: once.
    package func takeShares() -> [KeyShare] {
        state.withLock { state in
            defer { state.made = [] }
            return state.made
        }
    }

    /// Takes one share more.
    ///
    /// - Returns: how many are here, and how many unlock.
    /// - Throws: `.custody(.share(…))` for one that does not help; those that were here stay.
    package func add(_ share: KeyShare) throws(CryptoError) -> (provided: Int, threshold: Int) {
        let (header, scheme, _) = try read()
        return (try collection.add(share, vault: header.vault, scheme: scheme), scheme.threshold)
    }

    /// How many shares are here, and how many unlock.
    package func progress() throws(CryptoError) -> (provided: Int, threshold: Int) {
        let (_, scheme, _) = try read()
        return (collection.count, scheme.threshold)
    }

    /// Forgets the shares that came in so far.
    package func forgetShares() { collection.removeAll() }

    public func unlock() throws(CryptoError) -> KeyRing {
        let (_, scheme, file) = try read()
        let here = collection.count
        guard let key = state.withLock({ $0.key }) ?? collection.combine(scheme) else {
            throw CryptoError.custody(.sharesNeeded(threshold: scheme.threshold, provided: here))
        }
        do {
            let ring = try KeyRingFile.open(file, with: key)
            state.withLock { $0 = State(key: key, scheme: scheme) }
            return ring
        } catch .openFailed {
            throw CryptoError.custody(.share(.wrongTogether(count: here)))
        }
    }

    /// Under the same key, so that the same shares go on to unlock it.
    public func save(_ ring: KeyRing) throws(CryptoError) {
        let file = try seal(ring)
        try directory.write(file.span, to: FileKeyProvider.ringName, .replacing)
    }

    /// As ``save(_:)``: whoever unlocks a ring of the same shares opens this one.
    public func seal(_ ring: KeyRing) throws(CryptoError) -> [UInt8] {
        let (key, scheme) = state.withLock { ($0.key, $0.scheme) }
        guard let key, let scheme else {
            throw CryptoError.custody(.sharesNeeded(threshold: try progress().threshold, provided: collection.count))
        }
        return KeyRingFile.seal(ring, unlocking: .shares(scheme), with: key)
    }

    /// With the key that unlocked the ring here.
    public func open(_ sealed: [UInt8]) throws(CryptoError) -> KeyRing {
        let header = try KeyRingFile.header(of: sealed)
        guard case .shares(let scheme) = header.unlocking else {
            throw header.unlocking.refusal(to: "shares of a split key", at: ringPath)
        }
        guard let key = state.withLock({ $0.key }) else {
            throw CryptoError.custody(.sharesNeeded(threshold: scheme.threshold, provided: collection.count))
        }
        do {
            return try KeyRingFile.open(sealed, with: key)
        } catch .openFailed {
            throw CryptoError.keyFile(
                "the ring was locked with other shares than \(ringPath) here; put back the newest ring")
        }
    }

    public func selfTest() throws(CryptoError) {
        guard let scheme = ShareScheme(threshold: 3, count: 5) else { return }
        let key = SealingKey.random()
        let points = KeySplit.split(key.secret, into: 5, threshold: 3)
        let whole = SealingKey(KeySplit.combine([points[4], points[0], points[2]], size: SealingKey.size))
        let less = SealingKey(KeySplit.combine([points[4], points[0]], size: SealingKey.size))
        guard whole.isSame(as: key), !less.isSame(as: key) else {
            throw CryptoError.custody(.nonsense("a key that was split does not come back from its shares"))
        }
        try KeyRingFile.selfTest(.shares(scheme), with: whole)
    }

    public var problems: [String] {
        var problems = directory.problems(with: [FileKeyProvider.ringName])
        if !exists() { problems.append(KeyRingFile.missingRing(ringPath)) }
        return problems
    }

    private var ringPath: String { directory.path(of: FileKeyProvider.ringName) }

    private func read() throws(CryptoError) -> (header: KeyRingFile.Header, scheme: ShareScheme, bytes: [UInt8]) {
        let file = try KeyRingFile.read(from: directory, FileKeyProvider.ringName)
        guard case .shares(let scheme) = file.header.unlocking else {
            throw file.header.unlocking.refusal(to: "shares of a split key", at: ringPath)
        }
        return (file.header, scheme, file.bytes)
    }
}
