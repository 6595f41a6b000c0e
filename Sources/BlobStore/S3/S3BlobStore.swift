public import Outbound
import Synchronization

/// Blobs as objects in a bucket of any service that speaks the S3 protocol.
///
/// An object is named `prefix/ef/cd/<key>`, as a local store's file. What is up to one part (8 MiB) large is sent as one
/// object, anything larger as a multipart upload; either appears as a whole or not at all. All requests run on one
/// thread of the store's own, at most 64 at a time. A deleted blob cannot be read on, but for what a reader has in
/// memory. The bucket's other objects are never read, listed or removed.
public final class S3BlobStore: BlobStore {
    private let client: S3Client
    private let settings: Settings
    private let reachability = Reachability()

    /// - Throws: `BlobStoreError.refused` when the address cannot be used. Nothing is sent; see ``check()``.
    public convenience init(_ location: S3Location, credentials: AWSCredentials) throws(BlobStoreError) {
        try self.init(location, credentials: credentials, settings: Settings())
    }

    /// What tests make smaller.
    package struct Settings: Sendable {
        package var partSize = 8 << 20
        package var activeTransfers = 64
        package var waitingTransfers = 1_024
        package var waitLimit: Duration = .seconds(10)
        package var connectLimit: Duration = .seconds(5)
        package var stallSeconds = 30
        package var totalLimit: Duration = .seconds(60)
        package var retryAttempts = 4
        package var retryBase: Duration = .milliseconds(100)
        package var retryTotal: Duration = .seconds(5)
        /// Milliseconds since 1970, UTC.
        package var now: @Sendable () -> Int64 = { Directory.now() }

        package init() {}
    }

    package init(_ location: S3Location, credentials: AWSCredentials, settings: Settings) throws(BlobStoreError) {
        self.settings = settings
        var retry = RetryPolicy()
        retry.attempts = settings.retryAttempts
        retry.base = settings.retryBase
        retry.total = settings.retryTotal
        client = S3Client(
            location: location, credentials: credentials,
            engine: TransferEngine(
                limits: TransferLimits(
                    active: settings.activeTransfers, waiting: settings.waitingTransfers, wait: settings.waitLimit)),
            patience: TransferPatience(
                connect: settings.connectLimit, stall: settings.stallSeconds, total: settings.totalLimit),
            retry: retry, now: settings.now)
    }

    public func writer(_ key: BlobKey) async throws -> any BlobWriter {
        S3BlobWriter(key, client, PartSizes(first: settings.partSize))
    }

    public func reader(_ key: BlobKey) async throws -> any BlobReader {
        try await S3BlobReader.open(key, client)
    }

    public func delete(_ key: BlobKey) async throws {
        do {
            _ = try await client.send(S3Request(method: .delete, object: client.location.name(of: key)))
        } catch let failure as S3Failure where failure.isNotFound {
            return
        } catch {
            throw client.meaning(of: error)
        }
    }

    public func list(after: BlobKey?, limit: Int) async throws -> [BlobEntry] {
        do {
            return try await S3Listing(client: client).entries(after: after, limit: limit)
        } catch {
            throw client.meaning(of: error)
        }
    }

    /// Uploads under our prefix whose last part, or whose beginning when they have none, is that old.
    @discardableResult
    public func abandoned(olderThanMs age: Int64) async throws -> Int {
        do {
            return try await AbandonedUploads(client: client).abort(olderThanMs: age)
        } catch {
            throw client.meaning(of: error)
        }
    }

    /// No limit is known; but it throws when the bucket cannot be reached. An answer counts for a second.
    public func statistics() async throws -> BlobStoreStatistics {
        try await reachability.require(client)
        return BlobStoreStatistics(freeBytes: nil, totalBytes: nil)
    }

    /// Proves, before anything depends on it, that the bucket is there, the key may do what it must, and the clock is
    /// right: lists, and writes, reads and deletes a small object under the prefix.
    /// - Throws: `BlobStoreError.refused` or `.unavailable`, in words that say what to do.
    public func check() async throws {
        do {
            try await S3Probe(client: client).run()
        } catch {
            throw client.meaning(of: error)
        }
    }
}
