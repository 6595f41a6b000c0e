public import Crypto
import Synchronization

/// A key provider that cannot save, or cannot be reached, when it is told so: wraps another one.
public final class FaultyKeyProvider: KeyProvider {
    private struct Mood: Sendable {
        var saves = true
        var answers = true
        var saved = 0
    }

    private let provider: any KeyProvider
    private let mood = Mutex(Mood())

    public init(_ provider: any KeyProvider) { self.provider = provider }

    /// Has every save fail from now on.
    public func failSaving() { mood.withLock { $0.saves = false } }

    /// Has everything that needs the unlocking key fail from now on.
    public func goAway() { mood.withLock { $0.answers = false } }

    public func heal() {
        mood.withLock { mood in
            mood.saves = true
            mood.answers = true
        }
    }

    /// Saves that went well.
    public var saved: Int { mood.withLock { $0.saved } }

    public var name: String { provider.name }
    public var problems: [String] { provider.problems }
    public func exists() -> Bool { provider.exists() }

    public func create(vaultID: UInt128) throws(CryptoError) -> KeyRing {
        try answer()
        return try provider.create(vaultID: vaultID)
    }

    public func unlock() throws(CryptoError) -> KeyRing {
        try answer()
        return try provider.unlock()
    }

    public func save(_ ring: KeyRing) throws(CryptoError) {
        try answer()
        guard mood.withLock({ $0.saves }) else { throw CryptoError.keyFile("cannot write ring.sealed: told to fail") }
        try provider.save(ring)
        mood.withLock { $0.saved += 1 }
    }

    public func seal(_ ring: KeyRing) throws(CryptoError) -> [UInt8] {
        try answer()
        return try provider.seal(ring)
    }

    public func open(_ sealed: [UInt8]) throws(CryptoError) -> KeyRing {
        try answer()
        return try provider.open(sealed)
    }

    public func selfTest() throws(CryptoError) {
        try answer()
        try provider.selfTest()
    }

    private func answer() throws(CryptoError) {
        guard mood.withLock({ $0.answers }) else { throw CryptoError.unavailable("the key provider is away") }
    }
}
