/// Changes the stored key ring of a running program: one process at a time, on a thread of its own, and the ring in use
/// follows once the change is durable.
public final class KeyKeeper: Sendable {
    /// The ring in use, which everything else holds, too.
    public let ring: KeyRing
    private let provider: any KeyProvider
    private let directory: KeyDirectory
    private let pool = WorkerPool(threads: 1, queueLimit: 16)

    /// - Parameters:
    ///   - ring: as `provider` unlocked it.
    ///   - directory: where the stored ring is; locked while it changes.
    public init(_ provider: any KeyProvider, ring: KeyRing, directory: String) {
        self.provider = provider
        self.ring = ring
        self.directory = KeyDirectory(path: directory)
    }

    /// The provider's name, for status displays.
    public var providerName: String { provider.name }

    /// What is not as it should be with the stored ring.
    public func problems() async -> [String] {
        (try? await run { [provider] () throws(CryptoError) in provider.problems }) ?? []
    }

    /// Reads the stored ring, lets `body` change it, and stores it again. A generation that only the ring in use has is
    /// kept: an older file that was put back does not lose it.
    ///
    /// - Throws: `CryptoError`, with neither the stored ring nor the one in use changed.
    public func change(_ body: @escaping @Sendable (KeyRing) throws(CryptoError) -> Void) async throws(CryptoError) {
        try await run { [provider, ring, directory] () throws(CryptoError) in
            let stored = try directory.locked { () throws(CryptoError) in
                let stored = try provider.unlock()
                try stored.merge(ring)
                try body(stored)
                try provider.save(stored)
                return stored
            }
            try ring.follow(stored)
        }
    }

    /// Takes over what another process stored.
    public func refresh() async throws(CryptoError) {
        try await run { [provider, ring] () throws(CryptoError) in try ring.merge(try provider.unlock()) }
    }

    /// The ring as it is handed to other nodes: sealed with the provider's unlocking key.
    public func sealedRing() async throws(CryptoError) -> [UInt8] {
        try await run { [provider, ring] () throws(CryptoError) in try provider.seal(ring) }
    }

    /// Takes over and stores a ring that another node handed on.
    ///
    /// - Throws: `CryptoError` when it is not of this vault, or was sealed with another unlocking key; nothing is changed.
    public func adopt(_ sealed: [UInt8]) async throws(CryptoError) {
        let provider = provider
        let handed = try await run { () throws(CryptoError) in try provider.open(sealed) }
        try await change { (stored) throws(CryptoError) in try stored.merge(handed) }
    }

    private func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(CryptoError) -> Value
    ) async throws(CryptoError) -> Value {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, CryptoError>, Never>) in
            let accepted = pool.submit {
                let result: Result<Value, CryptoError>
                do throws(CryptoError) { result = .success(try work()) } catch { result = .failure(error) }
                continuation.resume(returning: result)
            }
            if !accepted {
                continuation.resume(returning: .failure(.unavailable("the key provider is busy; try again")))
            }
        }
        return try result.get()
    }
}
