public import Crypto
package import Database
import Synchronization

/// Whose key a row of `file_keys` holds.
enum KeyOwner: Int64, Sendable {
    case node = 0, account = 1
    /// What people wrote about a retention policy, and about a legal hold.
    case retention = 10, hold = 11
}

/// The keys below the master key: one per node and account, wrapped in `file_keys`; deleting a row shreds all
/// that its key sealed (design, section 4).
public final class Keyring: Sendable {
    public let ring: KeyRing
    private let emailTagKey: SealingKey
    /// What share links are found by, and what signs the short-lived parts of their addresses.
    let linkKey: SealingKey
    let linkPassKey: SealingKey
    private let steady: any SteadyClock
    /// Keys of accounts and spaces are few and wanted by every request; keys of nodes are opened when used.
    private let opened = Mutex<[UInt128: Opened]>([:])
    private static let openedLimit = 4_096
    /// Another node may have destroyed the key: after a second its row is looked for again.
    private static let openedFor: Duration = .seconds(1)

    private struct Opened: Sendable {
        let key: SealingKey
        let since: Duration
    }

    public init(ring: KeyRing, steady: any SteadyClock = SystemSteadyClock()) {
        self.ring = ring
        self.steady = steady
        emailTagKey = ring.stableKey("cloudspace email lookup")
        linkKey = ring.stableKey("cloudspace share links")
        linkPassKey = ring.stableKey("cloudspace share link passes")
    }

    /// What an account is found by: no address rests in the clear.
    func emailTag(_ email: EmailAddress) -> [UInt8] { emailTagKey.tag(email.folded) }

    // MARK: Making and destroying

    /// Makes and stores the key of a new owner.
    func create(
        _ kind: KeyOwner, owner: UInt128, space: SpaceID, in transaction: borrowing Transaction
    ) throws -> SealingKey {
        let key = SealingKey.random()
        try store(key, kind, owner: owner, space: space, in: transaction)
        return key
    }

    /// Stores a key made before the transaction began, as uploads do.
    func store(
        _ key: SealingKey, _ kind: KeyOwner, owner: UInt128, space: SpaceID, in transaction: borrowing Transaction
    ) throws {
        let wrapped = ring.wrap(key, context: Self.context(kind, owner: owner, space: space))
        // Nothing is stored under a generation whose rows were counted and found gone: not by a node that slept through
        // the rotation either.
        let stored = try transaction.run(
            """
            INSERT INTO file_keys (owner_id, owner_kind, space_id, generation, wrapped, created_at, wrapped_at)
            SELECT \(owner), \(kind.rawValue), \(space), \(wrapped.generation), \(wrapped.bytes), \(transaction.now), \(transaction.now)
            WHERE NOT EXISTS (SELECT 1 FROM key_generations WHERE generation = \(wrapped.generation) AND retired_at IS NOT NULL)
            """)
        guard stored == 1 else { throw VaultError.unavailable }
    }

    /// Wraps the key of a row under the active generation.
    /// - Throws: `CryptoError` when it does not open.
    func rewrap(_ wrapped: WrappedKey, _ kind: KeyOwner, owner: UInt128, space: SpaceID) throws(CryptoError)
        -> WrappedKey
    {
        let context = Self.context(kind, owner: owner, space: space)
        return ring.wrap(try ring.unwrap(wrapped, context: context), context: context)
    }

    /// Destroys the key of one owner for ever.
    func shred(_ owner: UInt128, in transaction: borrowing Transaction) throws {
        try transaction.run("DELETE FROM file_keys WHERE owner_id = \(owner)")
        transaction.afterCommit { [self] in opened.withLock { _ = $0.removeValue(forKey: owner) } }
    }

    // MARK: Opening

    func nodeKey(_ node: NodeID, in reading: borrowing some SQLReading & ~Copyable) throws -> SealingKey {
        try open(.node, owner: node.value, in: reading)
    }

    package func accountKey(_ account: AccountID, in reading: borrowing some SQLReading & ~Copyable) throws
        -> SealingKey
    {
        try kept(account.value) { try open(.account, owner: account.value, in: reading) }
    }

    /// Key under which the name tags of a space are made: derived from the key of the space's root folder.
    func spaceKey(_ space: SpaceID, in reading: borrowing some SQLReading & ~Copyable) throws -> SealingKey {
        try kept(space.value) {
            try open(.node, owner: space.value, in: reading).derived("cloudspace name tags")
        }
    }

    /// The tag by which a name is found and kept unique within one folder.
    func nameTag(_ name: NodeName, in space: SpaceID, _ reading: borrowing some SQLReading & ~Copyable) throws
        -> [UInt8]
    {
        try spaceKey(space, in: reading).tag(name.folded)
    }

    func retentionKey(
        _ policy: RetentionPolicyID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> SealingKey {
        try open(.retention, owner: policy.value, in: reading)
    }

    func holdKey(_ hold: HoldID, in reading: borrowing some SQLReading & ~Copyable) throws -> SealingKey {
        try open(.hold, owner: hold.value, in: reading)
    }

    /// Unwraps a row that a larger query already read.
    func unwrapNodeKey(_ wrapped: WrappedKey, node: NodeID, space: SpaceID) throws -> SealingKey {
        try ring.unwrap(wrapped, context: Self.context(.node, owner: node.value, space: space))
    }

    private func kept(_ owner: UInt128, open: () throws -> SealingKey) rethrows -> SealingKey {
        let now = steady.elapsed()
        if let known = opened.withLock({ $0[owner] }), now - known.since < Self.openedFor { return known.key }
        let key = try open()
        opened.withLock { keys in
            if keys.count >= Self.openedLimit { keys.removeAll(keepingCapacity: true) }
            keys[owner] = Opened(key: key, since: now)
        }
        return key
    }

    /// Lets go of keys that would be opened anew anyway, so that none outlives its row in memory for long.
    func forgetOld() {
        let now = steady.elapsed()
        opened.withLock { keys in keys = keys.filter { now - $0.value.since < Self.openedFor } }
    }

    private func open(
        _ kind: KeyOwner, owner: UInt128, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> SealingKey {
        let row = try reading.first(
            "SELECT generation, wrapped, space_id FROM file_keys WHERE owner_id = \(owner) AND owner_kind = \(kind.rawValue)"
        ) { row in (WrappedKey(generation: row.int(0), bytes: row.bytes(1)), SpaceID(row.uuid(2))) }
        guard let (wrapped, space) = row else { throw VaultError.notFound(kind.subject) }
        return try ring.unwrap(wrapped, context: Self.context(kind, owner: owner, space: space))
    }

    private static func context(_ kind: KeyOwner, owner: UInt128, space: SpaceID) -> SealContext {
        switch kind {
        case .node: SealContext("cloudspace node key", owner, space.value)
        case .account: SealContext("cloudspace account key", owner, space.value)
        case .retention: SealContext("cloudspace retention key", owner, space.value)
        case .hold: SealContext("cloudspace legal hold key", owner, space.value)
        }
    }
}

extension KeyOwner {
    /// What is not there when the key is not.
    fileprivate var subject: VaultError.Subject {
        switch self {
        case .node: .file
        case .account: .account
        case .retention: .retentionPolicy
        case .hold: .hold
        }
    }
}
