/// What nodes on one database do one after the other.
enum NodeLock: String {
    /// Writing where transactions conflict.
    case writing
    /// Changing the schema.
    case migrating
}

/// Advisory locks of the server's sessions: held across transactions, let go of by the server when a connection ends
/// (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
///
/// Their keys are numbers common to a whole database, so ours are made of this program's name and the schema's.
struct NodeLocks: Sendable {
    private let schema: String

    init(schema: String) {
        self.schema = schema
    }

    func locking(_ lock: NodeLock) -> String { "SELECT pg_advisory_lock(\(key(lock)))" }

    /// For a transaction that runs beside others: until it ends nobody holds the lock, and while somebody holds it, or waits
    /// for it, it waits. Without this, whoever holds the lock could lose to short transactions for ever.
    func sharing(_ lock: NodeLock) -> String { "SELECT pg_advisory_xact_lock_shared(\(key(lock)))" }

    func unlocking(_ lock: NodeLock) -> String { "SELECT pg_advisory_unlock(\(key(lock)))" }

    /// FNV-1a of 64 bits (RFC 9923): the same on every node and in every release.
    private func key(_ lock: NodeLock) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "cloudspace/\(schema)/\(lock.rawValue)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return Int64(bitPattern: hash)
    }
}
