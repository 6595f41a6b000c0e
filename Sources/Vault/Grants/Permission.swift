package import Crypto

/// What somebody may do with one node, weakest first (requirements/1, SharedFile).
public enum Permission: Int64, Sendable, Comparable, CaseIterable {
    case viewer = 1, editor = 2, owner = 3

    public static func < (left: Permission, right: Permission) -> Bool { left.rawValue < right.rawValue }
}

/// A kind of access that code can demand in its signature.
public protocol PermissionKind {
    static var needed: Permission { get }
    static var capability: Capability { get }
}

/// See content, details and history.
public enum Read: PermissionKind {
    public static var needed: Permission { .viewer }
    public static var capability: Capability { .readContent }
}

/// Rename, comment, add versions, create below.
public enum Edit: PermissionKind {
    public static var needed: Permission { .editor }
    public static var capability: Capability { .writeContent }
}

/// Move, trash, purge, lock, share.
public enum Own: PermissionKind {
    public static var needed: Permission { .owner }
    public static var capability: Capability { .writeContent }
}

/// See what only an owner sees, such as the links that were made.
public enum Oversee: PermissionKind {
    public static var needed: Permission { .owner }
    public static var capability: Capability { .readContent }
}

/// Proof that someone may do `Kind` to `record`, checked inside the current transaction.
///
/// Not copyable, so it cannot leave the transaction it was made in.
package struct Access<Kind: PermissionKind>: ~Copyable {
    package let record: NodeRecord
    /// The node's own key, unwrapped.
    package let key: SealingKey
    package let principal: Principal

    fileprivate init(record: NodeRecord, key: SealingKey, principal: Principal) {
        self.record = record
        self.key = key
        self.principal = principal
    }
}

extension Grants {
    func makeAccess<Kind: PermissionKind>(
        _: Kind.Type, record: NodeRecord, principal: Principal
    ) throws -> Access<Kind> {
        Access(record: record, key: try record.key(keyring), principal: principal)
    }
}
