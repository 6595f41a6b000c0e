import Vault

/// Ids as people read them.
enum UUIDForm {
    static func text(_ value: UInt128) -> String { NodeID(value).description }
}
