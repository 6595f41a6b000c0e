import BlobStore
import Testing

extension BlobStoreContract {
    static let readingRules: [BlobStoreRule] = [
        BlobStoreRule("any range can be read, and the end is the end") { store in
            let sealed = try await put(bytes(200_000), as: BlobKey(1), in: store)
            let reader = try await store.reader(BlobKey(1))
            #expect(reader.key == BlobKey(1))
            let end = Int(reader.sealedSize)
            for (offset, count) in [
                (0, 0), (0, 1), (1, 1), (16_383, 3), (100_000, 100_000), (end - 1, 1), (end - 1, 50), (end, 10),
                (end + 5, 10),
                (0, .max),
            ] {
                let expected = offset >= end ? [] : Array(sealed[offset..<min(end, offset + min(count, end))])
                #expect(try await reader.read(at: Int64(offset), count: count) == expected)
                if let now = try reader.readNow(at: Int64(offset), count: count) { #expect(now == expected) }
            }
        },
        BlobStoreRule("what was just read is in memory, or the store says it cannot tell") { store in
            let sealed = try await put(bytes(50_000), as: BlobKey(2), in: store)
            let reader = try await store.reader(BlobKey(2))
            _ = try await reader.read(at: 0, count: sealed.count)
            if let now = try reader.readNow(at: 10_000, count: 20_000) {
                #expect(now == Array(sealed[10_000..<30_000]))
            }
        },
        BlobStoreRule("who reads a blob may read on while it is deleted") { store in
            let sealed = try await put(bytes(100_000), as: BlobKey(3), in: store)
            let reader = try await store.reader(BlobKey(3))
            try await store.delete(BlobKey(3))
            #expect(try await reader.read(at: 0, count: sealed.count) == sealed)
        },
        BlobStoreRule("one reader serves many tasks") { store in
            let sealed = try await put(bytes(300_000), as: BlobKey(4), in: store)
            let reader = try await store.reader(BlobKey(4))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        let part = try await reader.read(at: Int64(number * 9_000), count: 20_000)
                        #expect(part == Array(sealed[number * 9_000..<number * 9_000 + 20_000]))
                    }
                }
                try await group.waitForAll()
            }
        },
        BlobStoreRule("there is room, or no known limit") { store in
            let statistics = try await store.statistics()
            #expect(statistics.freeBytes.map { $0 > 0 } ?? true)
            #expect(statistics.totalBytes.map { $0 >= statistics.freeBytes ?? 0 } ?? true)
        },
    ]
}
