public import Database

/// An identifier that cannot be confused with one of another entity.
///
/// 128 bits, a UUID version 7 (RFC 9562): the first 48 bits are the UTC milliseconds of its making, the rest is random.
public struct ID<Entity>: Hashable, Sendable, CustomStringConvertible {
    /// As two words: see `Words128`.
    @Words128 public private(set) var value: UInt128

    public init(_ value: UInt128) { _value = Words128(wrappedValue: value) }

    /// Parses the 36-character form; `nil` when the text is anything else.
    public init?(_ text: String) {
        guard text.utf8.count == 36, let value = UUIDText.parse(Array(text.utf8)) else { return nil }
        self.init(value)
    }

    public init?(_ text: Substring) { self.init(String(text)) }

    /// The 36-character lower-case form of RFC 9562.
    public var description: String { UUIDText.format(value) }

    /// The same value as an identifier of another entity; used where two entities share one identity (a space and its root).
    package func rebound<Other>(to _: Other.Type = Other.self) -> ID<Other> { ID<Other>(value) }
}

extension ID: SQLBindable {
    public var sqlValue: SQLValue { .uuid(value) }
}

public enum AccountEntity {}
public enum SpaceEntity {}
public enum NodeEntity {}
public enum VersionEntity {}
public enum BlobEntity {}
public enum SessionEntity {}
public enum CompanyEntity {}

public typealias AccountID = ID<AccountEntity>
public typealias SpaceID = ID<SpaceEntity>
public typealias NodeID = ID<NodeEntity>
public typealias VersionID = ID<VersionEntity>
public typealias BlobID = ID<BlobEntity>
public typealias SessionID = ID<SessionEntity>

extension Row {
    func id<Entity>(_ column: Int, as _: Entity.Type = Entity.self) -> ID<Entity> { ID(uuid(column)) }
    func optionalID<Entity>(_ column: Int, as _: Entity.Type = Entity.self) -> ID<Entity>? {
        optionalUUID(column).map(ID.init)
    }
}
