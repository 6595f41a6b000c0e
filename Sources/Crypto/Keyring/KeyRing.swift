import Synchronization

/// The vault's master keys, numbered by generation, one of them active, and a root for what must outlive rotation.
///
/// A generation above the active one is *staged*: it opens what it wrapped, and wraps nothing until ``activate(_:)``. So
/// every holder of the ring can have a new generation before anything is stored that only it opens.
///
/// Thread-safe. Changes live in memory until a ``KeyProvider`` saves the ring.
public final class KeyRing: Sendable {
    /// The vault this ring belongs to.
    public let vaultID: UInt128
    private let root: SealingKey
    private let state: Mutex<State>

    private struct State {
        var active: Int
        var masters: [Int: MasterKey]
    }

    /// One generation. The master key itself only derives; keys are wrapped under a key derived from it.
    struct MasterKey: Sendable {
        let key: SealingKey
        let wrapping: SealingKey

        init(_ key: SealingKey) {
            self.key = key
            wrapping = SealingKey(key.derivedSecret("key ring wrapping", protection: .guarded))
        }

        static func random() -> MasterKey {
            MasterKey(KeyRing.guardedRandomKey())
        }
    }

    /// A new ring: generation 1 and a new root.
    init(newFor vaultID: UInt128) {
        self.vaultID = vaultID
        root = Self.guardedRandomKey()
        state = Mutex(State(active: 1, masters: [1: .random()]))
    }

    /// A ring as it was saved.
    ///
    /// - Returns: nil unless the active generation is there and all numbers are 1 or more.
    init?(vaultID: UInt128, root: SealingKey, active: Int, masters: [Int: SealingKey]) {
        guard masters[active] != nil, masters.keys.allSatisfy({ $0 >= 1 }) else { return nil }
        self.vaultID = vaultID
        self.root = root
        state = Mutex(State(active: active, masters: masters.mapValues { MasterKey($0) }))
    }

    /// The generation that wraps.
    public var activeGeneration: Int { state.withLock { $0.active } }

    /// All generations that can unwrap, ascending.
    public var generations: [Int] { state.withLock { $0.masters.keys.sorted() } }

    /// Whether the ring holds this generation.
    public func holds(generation: Int) -> Bool {
        state.withLock { $0.masters[generation] != nil }
    }

    /// Wraps `key` under the active generation.
    public func wrap(_ key: SealingKey, context: SealContext) -> WrappedKey {
        let (generation, master) = activeMaster()
        let bytes = master.wrapping.wrap(key, generation: UInt32(generation), context: context)
        return WrappedKey(generation: generation, bytes: bytes)
    }

    /// Opens a wrapped key.
    ///
    /// - Throws: `.unknownGeneration` when the ring does not hold (or no longer holds) its generation; `.openFailed`
    ///   when it was wrapped for another context or generation, or changed; `.unsupportedFormat`.
    public func unwrap(_ wrapped: WrappedKey, context: SealContext) throws(CryptoError) -> SealingKey {
        let master = try master(wrapped.generation)
        return try master.wrapping.unwrap(wrapped.bytes, generation: UInt32(wrapped.generation), context: context)
    }

    /// A key for one purpose that changes with the generation, such as the one that signs tokens.
    ///
    /// - Parameter generation: nil for the active one.
    /// - Throws: `.unknownGeneration`.
    public func derivedKey(_ label: StaticString, generation: Int? = nil) throws(CryptoError) -> SealingKey {
        guard let generation else { return activeMaster().master.key.derived(label) }
        return try master(generation).key.derived(label)
    }

    /// A key for one purpose that no rotation changes, from the ring's own random root: journal signing, e-mail tags.
    public func stableKey(_ label: StaticString) -> SealingKey {
        root.derived(label)
    }

    /// Adds a master key that opens and does not wrap yet.
    ///
    /// - Returns: its number, one above the highest there is.
    @discardableResult
    public func stage() -> Int {
        let master = MasterKey.random()
        return state.withLock { state in
            // The active generation cannot be destroyed, nor one above it, so no number comes again.
            let number = (state.masters.keys.max() ?? state.active) + 1
            state.masters[number] = master
            return number
        }
    }

    /// Makes a generation the one that wraps. One below the active one is left alone: there is no way back.
    ///
    /// - Throws: `.unknownGeneration` when the ring does not hold it.
    public func activate(_ generation: Int) throws(CryptoError) {
        let isThere = state.withLock { state in
            guard state.masters[generation] != nil else { return false }
            state.active = max(state.active, generation)
            return true
        }
        guard isThere else { throw CryptoError.unknownGeneration(generation) }
    }

    /// Adds a master key and makes it the active one.
    ///
    /// - Returns: its number.
    @discardableResult
    public func addGeneration() -> Int {
        let master = MasterKey.random()
        return state.withLock { state in
            state.active = (state.masters.keys.max() ?? state.active) + 1
            state.masters[state.active] = master
            return state.active
        }
    }

    /// Forgets a master key. What only it wrapped is lost for good once the ring is saved and no older copy exists.
    ///
    /// - Returns: false, with nothing changed, for the active generation, one above it, or one that is not there.
    @discardableResult
    public func destroy(generation: Int) -> Bool {
        state.withLock { state in
            guard generation < state.active else { return false }
            return state.masters.removeValue(forKey: generation) != nil
        }
    }

    /// Whether both are rings of the same vault with the same root: what one lacks may come from the other.
    public func isKin(of other: KeyRing) -> Bool {
        guard vaultID == other.vaultID else { return false }
        let question = Array("kin".utf8)
        return constantTimeEqual(
            stableKey("key ring kinship").tag(question), other.stableKey("key ring kinship").tag(question))
    }

    /// Takes over the generations of another copy of this ring that this one lacks.
    ///
    /// - Throws: `.keyFile` for a ring that is no copy of this one.
    func merge(_ other: KeyRing) throws(CryptoError) {
        guard isKin(of: other) else { throw Self.foreign }
        let (active, masters) = other.state.withLock { ($0.active, $0.masters) }
        state.withLock { state in
            state.masters.merge(masters) { own, _ in own }
            state.active = max(state.active, active)
        }
    }

    /// Becomes the same as another copy of this ring, but for an active generation further on.
    ///
    /// - Throws: `.keyFile` for a ring that is no copy of this one, or lacks the active generation.
    func follow(_ other: KeyRing) throws(CryptoError) {
        guard isKin(of: other) else { throw Self.foreign }
        let (active, masters) = other.state.withLock { ($0.active, $0.masters) }
        let isWhole = state.withLock { state in
            let next = max(state.active, active)
            guard masters[next] != nil else { return false }
            state = State(active: next, masters: masters)
            return true
        }
        guard isWhole else { throw Self.foreign }
    }

    private static var foreign: CryptoError {
        .keyFile("the stored key ring is another one than the one in use; put back the ring of this vault")
    }

    /// Lends everything that a saved ring holds, as of one moment.
    func withContents<Result: ~Copyable>(
        _ body: (_ root: SealingKey, _ active: Int, _ masters: [(generation: Int, key: SealingKey)]) -> Result
    ) -> Result {
        let (active, masters) = state.withLock { ($0.active, $0.masters) }
        let ordered = masters.map { (generation: $0.key, key: $0.value.key) }.sorted { $0.generation < $1.generation }
        return body(root, active, ordered)
    }

    private func activeMaster() -> (generation: Int, master: MasterKey) {
        let found = state.withLock { state in state.masters[state.active].map { (state.active, $0) } }
        guard let found else { preconditionFailure("the active generation is always there: no code removes it") }
        return found
    }

    private func master(_ generation: Int) throws(CryptoError) -> MasterKey {
        guard let master = state.withLock({ $0.masters[generation] }) else {
            throw CryptoError.unknownGeneration(generation)
        }
        return master
    }

    private static func guardedRandomKey() -> SealingKey {
        var secret = SecretBytes(zeroed: SealingKey.size, protection: .guarded)
        secret.fillRandom()
        return SealingKey(secret)
    }
}
