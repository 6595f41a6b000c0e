public import Crypto

/// Keeps sealed bytes by key. It never sees plaintext or keys of content: what it is given is sealed already.
///
/// A blob is written once, as a whole, under a fresh key, and is invisible until it is finished.
public protocol BlobStore: Sendable {
    /// Begins a blob. Nothing of it can be read before ``BlobWriter/finish()``; whoever finishes one key twice
    /// keeps the later.
    func writer(_ key: BlobKey) async throws -> any BlobWriter

    /// - Throws: `BlobStoreError.missing` if there is no finished blob of that key.
    func reader(_ key: BlobKey) async throws -> any BlobReader

    /// Removes a blob; removing one that is not there succeeds. Who reads it at the moment may read on
    /// what the reader has in memory, and from a local store all of it.
    func delete(_ key: BlobKey) async throws

    /// The finished blobs behind `after`, in the order of ``BlobKey``, at most `limit`.
    func list(after: BlobKey?, limit: Int) async throws -> [BlobEntry]

    /// Removes what is left of uploads that were never finished and have not grown for `age` milliseconds.
    /// - Returns: how many there were.
    @discardableResult
    func abandoned(olderThanMs age: Int64) async throws -> Int

    func statistics() async throws -> BlobStoreStatistics
}

/// Takes one blob, piece by piece. Used by one task at a time.
///
/// Let go of without `finish()` it leaves nothing behind.
public protocol BlobWriter: Sendable {
    /// Takes the next piece. It may return before the piece is stored, as long as little is outstanding; a failure
    /// then comes with a later call.
    func append(_ chunk: SealedChunk) async throws

    /// Stores what is outstanding and makes the blob visible; durable on return.
    /// - Returns: the size of the blob in bytes.
    func finish() async throws -> Int64

    /// Gives the blob up. Does nothing after `finish()`.
    func cancel() async
}

/// Reads one blob at any offset. May be shared between tasks.
public protocol BlobReader: Sendable {
    var key: BlobKey { get }

    /// Size of the blob in bytes.
    var sealedSize: Int64 { get }

    /// Fills `buffer` from `offset` on with what is in memory now. Never blocks.
    /// - Returns: how many bytes were read: fewer than asked for at the end of the blob, or when only so many are in
    ///   memory; nil when none are, so that `read` is needed.
    func readNow(at offset: Int64, into buffer: inout MutableRawSpan) throws -> Int?

    /// Reads `count` bytes from `offset` on, fewer only at the end of the blob.
    func read(at offset: Int64, count: Int) async throws -> [UInt8]
}

extension BlobReader {
    /// The `count` bytes from `offset` on (fewer only at the end of the blob) if all are in memory now, else nil.
    /// Never blocks.
    public func readNow(at offset: Int64, count: Int) throws -> [UInt8]? {
        let wanted = min(Int64(max(count, 0)), max(0, sealedSize - offset))
        var bytes = [UInt8](repeating: 0, count: Int(wanted))
        let read = try bytes.withMutableBytes { try readNow(at: offset, into: &$0) }
        guard read == bytes.count else { return nil }
        return bytes
    }
}

/// A finished blob, as listed.
public struct BlobEntry: Hashable, Sendable {
    public let key: BlobKey
    /// Bytes, sealed.
    public let size: Int64
    /// When it was finished: milliseconds since 1970 in UTC.
    public let modified: Int64

    public init(key: BlobKey, size: Int64, modified: Int64) {
        self.key = key
        self.size = size
        self.modified = modified
    }
}

/// The room a store has.
public struct BlobStoreStatistics: Hashable, Sendable {
    /// Bytes that can still be written; nil where there is no known limit.
    public let freeBytes: Int64?
    /// Bytes the store could hold if it were empty; nil where there is no known limit.
    public let totalBytes: Int64?

    public init(freeBytes: Int64?, totalBytes: Int64?) {
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
    }
}
