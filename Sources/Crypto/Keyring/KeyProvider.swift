/// Where the key ring is kept and what unlocks it.
///
/// Implementations block on files or on a key derivation of a second: call them at start-up or on a thread of their own.
public protocol KeyProvider: Sendable {
    /// A word for status displays: `"file"`, `"passphrase"`, `"shares"`, `"pkcs11"`, `"transit"`, `"aws-kms"`.
    var name: String { get }

    /// Makes a new ring with one generation and stores it durably.
    ///
    /// - Throws: `.keyFile` when there is a ring already (it is never overwritten) or it cannot be written.
    func create(vaultID: UInt128) throws(CryptoError) -> KeyRing

    /// Reads and opens the ring.
    ///
    /// - Throws: `.keyFile` when a file is missing, damaged, foreign or open to others; `.passphraseWrong`; `.custody` when
    ///   what unlocks it is not at hand; `.unsupportedFormat` for a ring of a newer program.
    func unlock() throws(CryptoError) -> KeyRing

    /// Whether there is a ring to unlock.
    func exists() -> Bool

    /// Replaces the stored ring by `ring`, in one step and durably.
    func save(_ ring: KeyRing) throws(CryptoError)

    /// The bytes that ``save(_:)`` would store: the ring, sealed so that any node with the same unlocking key opens it.
    func seal(_ ring: KeyRing) throws(CryptoError) -> [UInt8]

    /// Opens a ring that another node's provider of this kind sealed, without storing it.
    ///
    /// - Throws: `.keyFile` when it is damaged, or was sealed with another unlocking key; `.passphraseWrong`;
    ///   `.unsupportedFormat`.
    func open(_ sealed: [UInt8]) throws(CryptoError) -> KeyRing

    /// Locks something of no worth and unlocks it again, and has what must be refused refused: another vault's, and
    /// something changed. Leaves nothing behind.
    ///
    /// - Throws: `.custody(.nonsense)` when it does not do what it must; else as ``unlock()``.
    func selfTest() throws(CryptoError)

    /// What is not as it should be (permissions, missing parts), in sentences that say what to do. For `doctor`.
    var problems: [String] { get }
}
