import BlobStore
import Crypto
import Testing

extension BlobStoreContract {
    static let writingRules: [BlobStoreRule] = [
        BlobStoreRule("what is stored in pieces comes back as one, whatever their sizes") { store in
            let plain = bytes(3_000_000)
            let sealer = try StreamSealer(key: dataKey, suite: .aes256GCM, context: context)
            let writer = try await store.writer(BlobKey(1))
            var expected: [UInt8] = []
            var position = 0
            for size in [0, 1, 100, 16_384, 70_000, 500_000, 1_200_000, 3_000_000] {
                let end = min(plain.count, position + size)
                let piece = sealer.seal(Array(plain[position..<end]))
                expected += piece.bytes
                try await writer.append(piece)
                position = end
            }
            let last = sealer.finish()
            expected += last.bytes
            try await writer.append(last)
            #expect(try await writer.finish() == Int64(expected.count))

            let reader = try await store.reader(BlobKey(1))
            #expect(reader.sealedSize == Int64(expected.count))
            #expect(try await reader.read(at: 0, count: expected.count) == expected)
        },
        BlobStoreRule("a blob is not there before it is finished") { store in
            let writer = try await store.writer(BlobKey(2))
            try await writer.append(seal(bytes(100_000)))
            await #expect(throws: BlobStoreError.missing(BlobKey(2))) { try await store.reader(BlobKey(2)) }
            #expect(try await store.list(after: nil, limit: 10).isEmpty)
            _ = try await writer.finish()
            #expect(try await store.list(after: nil, limit: 10).map(\.key) == [BlobKey(2)])
        },
        BlobStoreRule("a cancelled blob never appears, and cancelling after the end changes nothing") { store in
            let writer = try await store.writer(BlobKey(3))
            try await writer.append(seal(bytes(2_000_000)))
            await writer.cancel()
            await writer.cancel()
            await #expect(throws: BlobStoreError.self) { try await writer.append(seal([1])) }
            await #expect(throws: BlobStoreError.self) { try await writer.finish() }
            await #expect(throws: BlobStoreError.missing(BlobKey(3))) { try await store.reader(BlobKey(3)) }

            let finished = try await store.writer(BlobKey(4))
            try await finished.append(seal([1, 2, 3]))
            _ = try await finished.finish()
            await finished.cancel()
            #expect(try await store.reader(BlobKey(4)).sealedSize > 0)
        },
        BlobStoreRule("a blob is finished once") { store in
            let writer = try await store.writer(BlobKey(5))
            try await writer.append(seal([1]))
            _ = try await writer.finish()
            await #expect(throws: BlobStoreError.self) { try await writer.finish() }
            await #expect(throws: BlobStoreError.self) { try await writer.append(seal([1])) }
        },
        BlobStoreRule("a writer that is let go of leaves nothing to see") { store in
            do {
                let writer = try await store.writer(BlobKey(6))
                try await writer.append(seal(bytes(50_000)))
            }
            #expect(try await store.list(after: nil, limit: 10).isEmpty)
        },
        BlobStoreRule("deleting twice succeeds, and the blob is gone") { store in
            try await put([1, 2, 3], as: BlobKey(7), in: store)
            try await store.delete(BlobKey(7))
            try await store.delete(BlobKey(7))
            await #expect(throws: BlobStoreError.missing(BlobKey(7))) { try await store.reader(BlobKey(7)) }
            #expect(try await store.list(after: nil, limit: 10).isEmpty)
        },
        BlobStoreRule("pages of the list join without gaps or repeats") { store in
            var generator = SystemRandomNumberGenerator()
            var keys: [BlobKey] = [BlobKey(0), BlobKey(.max), BlobKey(0x0100), BlobKey(0x01)]
            for _ in 0..<60 { keys.append(BlobKey(UInt128.random(in: 1_000_000...UInt128.max, using: &generator))) }
            for key in keys { try await put([UInt8](repeating: 7, count: 9), as: key, in: store) }
            for limit in [1, 7, 1000] {
                var listed: [BlobEntry] = []
                while true {
                    let page = try await store.list(after: listed.last?.key, limit: limit)
                    #expect(page.count <= limit)
                    if page.isEmpty { break }
                    listed += page
                }
                #expect(listed.map(\.key) == keys.sorted())
                #expect(listed.allSatisfy { $0.size == StreamFormat.sealedSize(plain: 9) && $0.modified > 0 })
            }
        },
        BlobStoreRule("many blobs may be written at once") { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let plain = bytes(10_000 * number)
                        let sealed = try await put(plain, as: BlobKey(UInt128(number)), in: store)
                        let reader = try await store.reader(BlobKey(UInt128(number)))
                        #expect(try await reader.read(at: 0, count: sealed.count) == sealed)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.list(after: nil, limit: 100).count == 40)
        },
    ]
}
