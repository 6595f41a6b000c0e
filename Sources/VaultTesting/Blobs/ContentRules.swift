import BlobStore
import Crypto
import Testing

extension BlobStoreContract {
    /// Sizes at which chunk arithmetic goes wrong first.
    static let interestingSizes = [
        0, 1, 100, 16_383, 16_384, 16_385, 32_768, 262_143, 262_144, 262_145, 278_528, 1_048_576, 1_100_000,
    ]

    static let contentRules: [BlobStoreRule] = [
        BlobStoreRule("a content comes back whole, at every size and in both suites") { store in
            for suite in StreamSuite.allCases {
                for (number, size) in interestingSizes.enumerated() {
                    let plain = bytes(size)
                    let key = BlobKey(UInt128(number + 100 * Int(suite.rawValue)))
                    let writer = try await store.writer(key)
                    try await writer.append(seal(plain, suite: suite))
                    _ = try await writer.finish()
                    let content = try await ContentReader(
                        reader: store.reader(key), key: dataKey, suite: suite, context: context)
                    #expect(content.size == Int64(size))
                    #expect(try await content.readAll(limit: size) == plain)
                }
            }
        },
        BlobStoreRule("a content can be read from any position into a buffer of any size") { store in
            let plain = bytes(600_000)
            try await put(plain, as: BlobKey(1), in: store)
            let content = try await ContentReader(
                reader: store.reader(BlobKey(1)), key: dataKey, suite: .aes256GCM, context: context)
            for (position, room) in [
                (0, 1), (0, 16_384), (0, 600_000), (0, 700_000), (1, 16_384), (16_383, 2), (16_384, 65_536),
                (100_000, 262_144),
                (590_000, 16_384), (599_999, 100), (5, 0),
            ] {
                let expected = Array(plain[position..<min(plain.count, position + room)])
                // A store that has only a part in memory gives that part first.
                var read: [UInt8] = []
                while read.count < expected.count {
                    let part = try await content.bytes(at: position + read.count, room: room - read.count)
                    try #require(!part.isEmpty)
                    read += part
                }
                #expect(read == expected)
            }
            #expect(try await content.bytes(at: 600_000, room: 10) == [])
            // As a client reads that takes what it gets.
            for room in [1_000, 16_384, 50_000, 262_144] {
                var position = 0
                while position < plain.count {
                    let part = try await content.bytes(at: position, room: room)
                    try #require(!part.isEmpty)
                    #expect(part == Array(plain[position..<position + part.count]))
                    position += part.count
                }
            }
        },
        BlobStoreRule("another key or context does not open a content") { store in
            try await put(bytes(100), as: BlobKey(2), in: store)
            let reader = try await store.reader(BlobKey(2))
            await #expect(throws: BlobStoreError.tampered(BlobKey(2))) {
                try await ContentReader(reader: reader, key: .random(), suite: .aes256GCM, context: context)
            }
            await #expect(throws: BlobStoreError.tampered(BlobKey(2))) {
                try await ContentReader(reader: reader, key: dataKey, suite: .aes256GCM, context: [1])
            }
            await #expect(throws: BlobStoreError.tampered(BlobKey(2))) {
                try await ContentReader(reader: reader, key: dataKey, suite: .xchacha20Poly1305, context: context)
            }
        },
        BlobStoreRule("more than the limit is not taken into memory") { store in
            try await put(bytes(1_000), as: BlobKey(3), in: store)
            let content = try await ContentReader(
                reader: store.reader(BlobKey(3)), key: dataKey, suite: .aes256GCM, context: context)
            await #expect(throws: BlobStoreError.self) { try await content.readAll(limit: 999) }
            #expect(try await content.readAll(limit: 1_000).count == 1_000)
        },
    ]
}

extension ContentReader {
    /// Reads once, after preparing where that is needed.
    package func bytes(at position: Int, room: Int) async throws -> [UInt8] {
        while true {
            var bytes = [UInt8](repeating: 0, count: room)
            let count = try bytes.withMutableBytes { try readNow(at: Int64(position), into: &$0) }
            if let count { return Array(bytes.prefix(count)) }
            try await prepare(at: Int64(position))
        }
    }
}
