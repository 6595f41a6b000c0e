public import Crypto
public import Vault

/// Why a vault is sealed. The words are stable: they stand in `/health` and `/ready`.
public enum SealReason: String, Sendable, CaseIterable {
    /// Its passphrase was not given, or is another one.
    case passphraseNeeded = "passphrase_needed"
    /// Its key is split, and too few shares are here.
    case sharesNeeded = "shares_needed"
    /// The token or service that holds the key does not answer; it is asked again by itself.
    case custodianAway = "key_custodian_unavailable"
    /// The token or service answers and refuses, or answers nonsense: an operator must change something.
    case custodianRefuses = "key_custodian_refuses"
    /// The key ring or its key file is missing, damaged or open to others.
    case keysMissing = "keys_missing"
    /// An administrator sealed it.
    case sealedByAdministrator = "sealed_by_administrator"
    /// It was unlocked and could not be opened all the same; the operator's log says why.
    case cannotOpen = "cannot_open"
}

/// How it stands with the key of a vault.
public struct SealStatus: Sendable, Equatable {
    /// Nil once the vault is open.
    public let reason: SealReason?
    /// The word of the key provider.
    public let provider: String
    /// How many shares unlock it; nil for providers without shares.
    public let threshold: Int?
    /// How many are here.
    public let provided: Int

    public init(reason: SealReason?, provider: String, threshold: Int? = nil, provided: Int = 0) {
        self.reason = reason
        self.provider = provider
        self.threshold = threshold
        self.provided = provided
    }
}

/// What a sealed vault can do, as its HTTP side needs it. Answered by the program.
public protocol SealedVaultState: Sendable {
    var status: SealStatus { get }
    /// Verifies the journal with its public key.
    var verification: VerificationRun { get }

    /// Whether rows can be read.
    func databaseAnswers() async -> Bool

    /// Tries to unlock with a passphrase, or takes a share.
    ///
    /// Returns when the vault serves, or when more shares are needed.
    /// - Throws: `UnsealRefusal`.
    func offer(_ secret: consuming SecretBytes, as kind: UnsealSecret, from origin: RequestOrigin) async throws
        -> SealStatus

    /// Asks the custodian of the key once more, now.
    ///
    /// - Throws: `UnsealRefusal`.
    func tryAgain(from origin: RequestOrigin) async throws -> SealStatus
}

/// What is offered to unseal a vault.
public enum UnsealSecret: String, Sendable { case passphrase, share }

/// Why an attempt to unseal came to nothing.
public enum UnsealRefusal: Error, Equatable, Sendable {
    /// The vault has another kind of key provider.
    case notOfThisKind(UnsealSecret, provider: String)
    case passphraseWrong
    case share(ShareRefusal)
    /// The custodian does not answer.
    case custodianAway
    /// The custodian refuses; the operator's log says how.
    case custodianRefuses
    /// A ring is missing, damaged, of another vault or older than the data; the operator's log says which.
    case cannotOpen
    /// Sealed by an administrator, and nothing but the machine itself is needed to open it: that takes a restart.
    case atTheMachineOnly
    /// Somebody else's attempt is under way.
    case busy
    /// Too many attempts lately. In seconds.
    case tooMany(retryAfter: Int)
}
