import Crypto
public import Outbound

/// Archives as objects under one prefix of a bucket; volumes are made in a directory of this machine and sent from there.
///
/// A volume is one multipart upload and appears as a whole. The bucket's other objects, the vault's own blobs among them when
/// they share it, are never read, listed or removed.
public final class S3ArchiveStore: ArchiveStore {
    private let client: S3Client
    private let sizes: PartSizes
    private let reachability = Reachability()
    private let threads: LocalScratch

    public let scratch: String

    /// - Parameter scratch: a directory for volumes on their way; made if it is missing, its parent must exist.
    /// - Throws: `BlobStoreError.refused` when the address cannot be used. Nothing is sent; see ``check()``.
    public convenience init(
        _ location: S3Location, credentials: AWSCredentials, scratch: String
    ) throws(BlobStoreError) {
        try self.init(location, credentials: credentials, scratch: scratch, settings: S3BlobStore.Settings())
    }

    package init(
        _ location: S3Location, credentials: AWSCredentials, scratch: String, settings: S3BlobStore.Settings
    ) throws(BlobStoreError) {
        self.scratch = scratch
        threads = try LocalScratch(scratch)
        sizes = PartSizes(first: settings.partSize)
        var retry = RetryPolicy()
        retry.attempts = settings.retryAttempts
        retry.base = settings.retryBase
        retry.total = settings.retryTotal
        // A few transfers at once: people's requests to the same service come first.
        client = S3Client(
            location: location, credentials: credentials,
            engine: TransferEngine(
                limits: TransferLimits(active: 8, waiting: settings.waitingTransfers, wait: .seconds(120))),
            patience: TransferPatience(
                connect: settings.connectLimit, stall: settings.stallSeconds, total: settings.totalLimit),
            retry: retry, now: settings.now)
    }

    public var place: String { client.location.description }

    private func object(_ name: ArchiveName) -> String { client.location.namePrefix + name.text }

    public func keep(_ file: String, as name: ArchiveName) async throws -> Int64 {
        do {
            let source = try await threads.open(file)
            var rest = source.size
            if rest <= Int64(sizes.size(1)) {
                try await put(try await threads.read(source, at: 0, count: Int(rest)), as: name)
            } else {
                let upload = try await MultipartUpload.start(object(name), client, sizes)
                do {
                    while rest > Int64(sizes.size(upload.partCount + 1)) {
                        let count = sizes.size(upload.partCount + 1)
                        try await upload.add(try await payload(source, at: source.size - rest, count: count))
                        rest -= Int64(count)
                    }
                } catch {
                    await upload.abort()
                    throw error
                }
                let last = try await payload(source, at: source.size - rest, count: Int(rest))
                try await upload.finish(last, size: source.size)
            }
            try await threads.remove(file)
            return source.size
        } catch {
            throw client.meaning(of: error)
        }
    }

    /// Reads and hashes a part on a thread of its own.
    private func payload(_ source: LocalScratch.Source, at offset: Int64, count: Int) async throws -> S3Payload {
        let checksum = client.location.checksum
        return try await threads.run { () throws(BlobStoreError) in
            S3Payload(try source.file.read(at: offset, count: count), checksum: checksum)
        }
    }

    public func keep(_ bytes: [UInt8], as name: ArchiveName) async throws {
        do { try await put(bytes, as: name) } catch { throw client.meaning(of: error) }
    }

    private func put(_ bytes: [UInt8], as name: ArchiveName) async throws {
        let payload = S3Payload(bytes, checksum: client.location.checksum)
        _ = try await client.send(
            S3Request(
                method: .put, object: object(name),
                headers: [(name: "Content-Type", value: "application/octet-stream"), payload.checksumHeader],
                payload: payload))
    }

    public func reader(_ name: ArchiveName) async throws -> any ArchiveFile {
        do {
            return try await S3ArchiveFile.open(object(name), client)
        } catch let failure as S3Failure where failure.isNotFound {
            throw ArchiveStoreError.missing(name)
        } catch {
            throw client.meaning(of: error)
        }
    }

    public func list(prefix: String, after: ArchiveName?, limit: Int) async throws -> [ArchiveFileEntry] {
        do {
            return try await entries(prefix: prefix, after: after, limit: limit)
        } catch {
            throw client.meaning(of: error)
        }
    }

    private func entries(prefix: String, after: ArchiveName?, limit: Int) async throws -> [ArchiveFileEntry] {
        let own = client.location.namePrefix
        var entries: [ArchiveFileEntry] = []
        var position = own + (after?.text ?? "")
        while entries.count < limit {
            let page = try await S3Listing(client: client).page(
                below: own + prefix, after: position, limit: min(1_000, limit - entries.count))
            for object in page.objects where object.name.hasPrefix(own) {
                // What is no archive of ours, such as an empty object that stands for a folder, is passed over.
                guard let name = ArchiveName(String(object.name.dropFirst(own.count))) else { continue }
                entries.append(ArchiveFileEntry(name: name, size: object.size, modified: object.modified))
            }
            guard !page.isLast, let last = page.objects.last else { break }
            position = last.name
        }
        return entries
    }

    public func delete(_ name: ArchiveName) async throws {
        do {
            _ = try await client.send(S3Request(method: .delete, object: object(name)))
        } catch let failure as S3Failure where failure.isNotFound {
            return
        } catch {
            throw client.meaning(of: error)
        }
    }

    /// No limit is known; but it throws when the bucket cannot be reached. An answer counts for a second.
    public func statistics() async throws -> BlobStoreStatistics {
        try await reachability.require(client)
        return BlobStoreStatistics(freeBytes: nil, totalBytes: nil)
    }

    /// Proves that the bucket is there, the key may do what it must, and the clock is right.
    /// - Throws: `BlobStoreError.refused` or `.unavailable`, in words that say what to do.
    public func check() async throws {
        do { try await S3Probe(client: client).run() } catch { throw client.meaning(of: error) }
    }

    /// Has the service forget volumes that were never finished and have not grown for `age` milliseconds.
    @discardableResult
    public func abandoned(olderThanMs age: Int64) async throws -> Int {
        let own = client.location.namePrefix
        do {
            return try await AbandonedUploads(client: client) { name in
                name.hasPrefix(own) && ArchiveName(String(name.dropFirst(own.count))) != nil
            }
            .abort(olderThanMs: age)
        } catch {
            throw client.meaning(of: error)
        }
    }
}

/// Files of this machine, read and removed on threads of their own.
private struct LocalScratch: Sendable {
    struct Source: Sendable {
        let file: OpenFile
        let size: Int64
    }

    private let threads = IOThreads(WorkerPool(threads: 2, queueLimit: 64))

    init(_ directory: String) throws(BlobStoreError) { try Directory.make(directory) }

    func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws(BlobStoreError) -> Result
    ) async throws -> Result {
        try await threads.run(body)
    }

    func open(_ path: String) async throws -> Source {
        try await threads.run { () throws(BlobStoreError) in
            guard let file = try OpenFile(reading: path) else { throw .unavailable("\(path) is gone") }
            return Source(file: file, size: try file.size())
        }
    }

    func read(_ source: Source, at offset: Int64, count: Int) async throws -> [UInt8] {
        try await threads.run { () throws(BlobStoreError) in try source.file.read(at: offset, count: count) }
    }

    func remove(_ path: String) async throws {
        _ = try await threads.run { () throws(BlobStoreError) in try Directory.removeFile(path) }
    }
}
