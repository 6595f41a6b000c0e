/// Keeps finished archives by name: a directory, or a prefix of a bucket. What it is given is sealed already.
///
/// An archive's volume is made as a file first, because a ZIP is finished by going back in it; the store then takes that
/// file over. Nothing is visible before ``keep(_:as:)`` returns, and it is durable when it does.
public protocol ArchiveStore: Sendable {
    /// A directory of this machine for volumes on their way; on the store's own file system where it has one, so that
    /// keeping is a change of name.
    var scratch: String { get }

    /// Takes over a finished file of ``scratch``; the file is gone when this returns.
    /// - Parameter name: of letters, digits, `.`, `-`, `_` and `/` between folders; what had that name is replaced.
    /// - Returns: bytes.
    /// - Throws: `BlobStoreError.full`, `.io`, `.unavailable`, `.refused`; the file is then still there.
    @discardableResult
    func keep(_ file: String, as name: ArchiveName) async throws -> Int64

    /// Keeps a few bytes, such as a list or a key bundle.
    func keep(_ bytes: [UInt8], as name: ArchiveName) async throws

    /// - Throws: `ArchiveStoreError.missing`.
    func reader(_ name: ArchiveName) async throws -> any ArchiveFile

    /// Names that begin with `prefix`, in order, those behind `after`, at most `limit`.
    func list(prefix: String, after: ArchiveName?, limit: Int) async throws -> [ArchiveFileEntry]

    /// Removes a file; removing one that is not there succeeds.
    func delete(_ name: ArchiveName) async throws

    /// Removes what is left of files that were never finished and have not grown for `age` milliseconds.
    /// - Returns: how many there were.
    @discardableResult
    func abandoned(olderThanMs age: Int64) async throws -> Int

    /// The room there is.
    func statistics() async throws -> BlobStoreStatistics

    /// What an operator calls the place: a path, or an address of a bucket without secrets.
    var place: String { get }
}

/// A kept file, read at any offset by any number of tasks.
public protocol ArchiveFile: Sendable {
    /// Bytes.
    var size: Int64 { get }

    /// Reads `count` bytes from `offset` on, fewer only at the end.
    func read(at offset: Int64, count: Int) async throws -> [UInt8]
}

/// A kept file, as listed.
public struct ArchiveFileEntry: Sendable, Hashable {
    public let name: ArchiveName
    public let size: Int64
    /// Milliseconds since 1970, UTC.
    public let modified: Int64

    public init(name: ArchiveName, size: Int64, modified: Int64) {
        self.name = name
        self.size = size
        self.modified = modified
    }
}

/// A name that is safe in a file system and in a bucket: 1 to 200 characters, folders separated by one `/`, each of
/// `A…Z a…z 0…9 . - _`, none beginning with a dot.
public struct ArchiveName: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let text: String

    /// Nil for any other text.
    public init?(_ text: String) {
        guard (1...200).contains(text.utf8.count) else { return nil }
        for part in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let first = part.first, first != UInt8(ascii: "."), part.allSatisfy(Self.isPlain) else { return nil }
        }
        self.text = text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    public var description: String { text }

    public static func < (left: ArchiveName, right: ArchiveName) -> Bool { left.text < right.text }
}

public enum ArchiveStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    case missing(ArchiveName)

    public var description: String {
        switch self {
        case .missing(let name): "there is no file \(name) among the archives"
        }
    }
}
