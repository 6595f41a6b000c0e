import Crypto

/// Archives as files below one directory, for their owner only.
public final class DirectoryArchiveStore: ArchiveStore {
    private let root: String
    private let threads = IOThreads(WorkerPool(threads: 2, queueLimit: 1_024))

    /// - Parameter directory: made if it is missing, its parent must exist.
    public init(directory: String) throws(BlobStoreError) {
        root = directory
        try Directory.make(root)
        try Directory.make("\(root)/\(Self.scratchName)")
        try Directory.sync(root)
    }

    /// A place that is only read from: nothing is made there.
    public init(reading directory: String) { root = directory }

    /// A file anywhere, such as a key bundle that somebody brought.
    public static func file(_ path: String) async throws -> any ArchiveFile {
        let threads = IOThreads(WorkerPool(threads: 1, queueLimit: 16))
        let opened = try await threads.run { () throws(BlobStoreError) -> (OpenFile, Int64)? in
            guard let file = try OpenFile(reading: path) else { return nil }
            return (file, try file.size())
        }
        guard let (file, size) = opened else { throw BlobStoreError.unavailable("there is no file \(path)") }
        return DirectoryArchiveFile(file, size, threads)
    }

    /// No archive is called so: names do not begin with a dot.
    private static let scratchName = ".unfinished"

    public var scratch: String { "\(root)/\(Self.scratchName)" }
    public var place: String { root }

    public func keep(_ file: String, as name: ArchiveName) async throws -> Int64 {
        try await threads.run { [root] () throws(BlobStoreError) in
            guard let source = try OpenFile(reading: file) else { throw .unavailable("\(file) is gone") }
            let size = try source.size()
            try source.sync()
            try Self.publish(file, as: name, below: root)
            return size
        }
    }

    public func keep(_ bytes: [UInt8], as name: ArchiveName) async throws {
        let path = "\(scratch)/\(Hex.encode(Random.bytes(16)))"
        try await threads.run { [root] () throws(BlobStoreError) in
            do throws(BlobStoreError) {
                let file = try OpenFile(creating: path)
                try file.write(bytes)
                try file.sync()
                try Self.publish(path, as: name, below: root)
            } catch {
                _ = try? Directory.removeFile(path)
                throw error
            }
        }
    }

    /// Gives a synced file its name; its folders are made. Durable on return.
    private static func publish(_ file: String, as name: ArchiveName, below root: String) throws(BlobStoreError) {
        var folder = root
        for part in name.text.split(separator: "/").dropLast() {
            let inner = "\(folder)/\(part)"
            if try Directory.make(inner) { try Directory.sync(folder) }
            folder = inner
        }
        guard try Directory.rename(file, to: "\(root)/\(name)") else { throw .unavailable("\(file) is gone") }
        try Directory.sync(folder)
    }

    public func reader(_ name: ArchiveName) async throws -> any ArchiveFile {
        let path = "\(root)/\(name)"
        let opened = try await threads.run { () throws(BlobStoreError) -> (OpenFile, Int64)? in
            guard let file = try OpenFile(reading: path) else { return nil }
            return (file, try file.size())
        }
        guard let (file, size) = opened else { throw ArchiveStoreError.missing(name) }
        return DirectoryArchiveFile(file, size, threads)
    }

    public func list(prefix: String, after: ArchiveName?, limit: Int) async throws -> [ArchiveFileEntry] {
        try await threads.run { [root] () throws(BlobStoreError) in
            var names: [ArchiveName] = []
            try Self.collect(below: root, "", &names, depth: 0)
            names = names.filter { name in name.text.hasPrefix(prefix) && (after.map { name > $0 } ?? true) }
            var entries: [ArchiveFileEntry] = []
            for name in names.sorted() where entries.count < limit {
                // Gone since its folder was read: it was deleted.
                guard let status = try Directory.status("\(root)/\(name)") else { continue }
                entries.append(ArchiveFileEntry(name: name, size: status.size, modified: status.modified))
            }
            return entries
        }
    }

    private static func collect(
        below root: String, _ folder: String, _ names: inout [ArchiveName], depth: Int
    ) throws(BlobStoreError) {
        for name in try Directory.names(folder.isEmpty ? root : "\(root)/\(folder)") {
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            guard let archive = ArchiveName(path) else { continue }
            if depth < 4, try Directory.isDirectory("\(root)/\(path)") {
                try collect(below: root, path, &names, depth: depth + 1)
            } else {
                names.append(archive)
            }
        }
    }

    public func delete(_ name: ArchiveName) async throws {
        try await threads.run { [root] () throws(BlobStoreError) in
            guard try Directory.removeFile("\(root)/\(name)") else { return }
            let folder = name.text.split(separator: "/").dropLast().joined(separator: "/")
            try Directory.sync(folder.isEmpty ? root : "\(root)/\(folder)")
            if !folder.isEmpty { Directory.removeIfEmpty("\(root)/\(folder)") }
        }
    }

    @discardableResult
    public func abandoned(olderThanMs age: Int64) async throws -> Int {
        try await threads.run { [scratch] () throws(BlobStoreError) in
            try Directory.removeFiles(in: scratch, olderThanMs: age)
        }
    }

    public func statistics() async throws -> BlobStoreStatistics {
        try await threads.run { [root] () throws(BlobStoreError) in try Directory.space(root) }
    }
}

private final class DirectoryArchiveFile: ArchiveFile {
    let size: Int64
    private let file: OpenFile
    private let threads: IOThreads

    init(_ file: OpenFile, _ size: Int64, _ threads: IOThreads) {
        self.file = file
        self.size = size
        self.threads = threads
    }

    func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        let wanted = Int(min(Int64(max(0, count)), max(0, size - offset)))
        return try await threads.run { [file] () throws(BlobStoreError) in try file.read(at: offset, count: wanted) }
    }
}
