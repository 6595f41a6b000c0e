public import BlobStore
import Crypto
public import Testing

/// What every store of archives must do, one rule at a time.
public enum ArchiveStoreContract {
    public static let rules: [ArchiveStoreRule] = [
        ArchiveStoreRule("a kept file is read back at any offset") { store in
            let bytes = Random.bytes(300_000)
            try await store.keep(bytes, as: name("one/0001.zip"))
            let file = try await store.reader(name("one/0001.zip"))
            #expect(file.size == 300_000)
            #expect(try await file.read(at: 0, count: 300_000) == bytes)
            #expect(try await file.read(at: 299_990, count: 100) == Array(bytes[299_990...]))
            #expect(try await file.read(at: 300_000, count: 1) == [])
            var read: [UInt8] = []
            while read.count < bytes.count { read += try await file.read(at: Int64(read.count), count: 65_536) }
            #expect(read == bytes)
            #expect(try await file.read(at: 7, count: 9) == Array(bytes[7..<16]))
        },
        ArchiveStoreRule("a finished file is taken over from the scratch directory, large ones in parts") { store in
            for size in [0, 1, 5 << 20, (20 << 20) + 17] {
                let bytes = Random.bytes(size)
                let path = "\(store.scratch)/made-\(size)"
                try ScratchFile.write(bytes, to: path)
                #expect(try await store.keep(path, as: name("two/\(size).zip")) == Int64(size))
                #expect(!ScratchFile.exists(path), "it was taken over")
                let file = try await store.reader(name("two/\(size).zip"))
                #expect(file.size == Int64(size))
                #expect(try await file.read(at: 0, count: size) == bytes)
            }
        },
        ArchiveStoreRule("what has a name already is replaced") { store in
            try await store.keep([1, 2, 3], as: name("three"))
            try await store.keep([4], as: name("three"))
            #expect(try await store.reader(name("three")).read(at: 0, count: 10) == [4])
        },
        ArchiveStoreRule("a file that was never kept is missing") { store in
            await #expect(throws: ArchiveStoreError.missing(name("nothing"))) {
                _ = try await store.reader(name("nothing"))
            }
        },
        ArchiveStoreRule("names are listed in order, by prefix and in pages") { store in
            for text in ["b/2", "a/1", "b/1", "c", "b/10"] { try await store.keep([0], as: name(text)) }
            #expect(try await names(store, "") == ["a/1", "b/1", "b/10", "b/2", "c"])
            #expect(try await names(store, "b/") == ["b/1", "b/10", "b/2"])
            let second = try await store.list(prefix: "b/", after: name("b/1"), limit: 1)
            #expect(second.map(\.name.text) == ["b/10"])
            #expect(second.first?.size == 1)
            #expect(try await names(store, "d/") == [])
        },
        ArchiveStoreRule("removing twice succeeds, and leaves the others") { store in
            try await store.keep([1], as: name("a/1"))
            try await store.keep([2], as: name("a/2"))
            try await store.delete(name("a/1"))
            try await store.delete(name("a/1"))
            #expect(try await names(store, "") == ["a/2"])
            #expect(try await store.reader(name("a/2")).size == 1)
        },
        ArchiveStoreRule("a source that is not there keeps nothing") { store in
            await #expect(throws: (any Error).self) {
                _ = try await store.keep("\(store.scratch)/nothing", as: name("a"))
            }
            let kept = try await names(store, "")
            #expect(kept == [])
        },
    ]

    private static func name(_ text: String) -> ArchiveName {
        guard let name = ArchiveName(text) else { preconditionFailure("\(text) is no name of an archive") }
        return name
    }

    private static func names(_ store: any ArchiveStore, _ prefix: String) async throws -> [String] {
        try await store.list(prefix: prefix, after: nil, limit: 100).map(\.name.text)
    }
}

/// One rule of the contract; its name is the sentence that must hold.
public struct ArchiveStoreRule: Sendable, CustomTestStringConvertible {
    public let name: String
    private let body: @Sendable (any ArchiveStore) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (any ArchiveStore) async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// Checks the rule on an empty store.
    public func check(_ store: any ArchiveStore) async throws { try await body(store) }

    public var testDescription: String { name }
}
