import Crypto
import Database
import Testing
import VaultTesting

@testable import Journal

@Suite struct JournalProofTests {
    @Test func proofsFromTheStoreMatchTheDefinition() async throws {
        let world = try await JournalWorld()
        try await world.append(777)
        try await world.sequencer.catchUp()
        let naive = NaiveTree(leafHashes: try await world.rows().map(\.leafHash))
        try await world.database.read { snapshot in
            var tree = StoredTree()
            for size in [1, 2, 255, 256, 257, 511, 512, 513, 700, 777] {
                for index in Set([0, 1, 127, 254, 255, 256, 257, 511, 512, size / 2, size - 1]) where index < size {
                    let proof = try tree.inclusionProof(leafIndex: Int64(index), treeSize: Int64(size), in: snapshot)
                    #expect(proof.hashes == naive.inclusion(of: index, size: size))
                }
            }
        }
        let journal = world.journal
        try await world.database.read { snapshot in
            for to in [0, 1, 256, 300, 512, 777] {
                for from in [0, 1, 2, 255, 256, 257, 300, 511, 512, 777] where from <= to {
                    let proof = try journal.consistencyProof(from: Int64(from), to: Int64(to), in: snapshot)
                    #expect(proof.hashes == naive.consistency(from: from, to: to))
                }
            }
        }
    }

    /// Far beyond the first stored height, with made-up leaves so that it stays quick.
    @Test func proofsReachOverSeveralStoredHeights() async throws {
        let world = try await JournalWorld()
        let count = 66_000
        try await world.database.write { transaction in
            var edge = TreeEdge()
            var hasher = SHA256Hasher()
            for index in 0..<Int64(count) {
                let hash = TreeHasher.leaf([UInt8](index.description.utf8))
                try transaction.run("INSERT INTO journal_leaves VALUES (\(index), \(index + 1), \(hash))")
                _ = try edge.append(hash, sequence: index + 1, time: 0, hasher: &hasher) { subtree, hash in
                    guard subtree.height % 8 == 0 else { return }
                    try transaction.run(
                        "INSERT INTO journal_nodes VALUES (\(subtree.height), \(subtree.index), \(hash))")
                }
            }
        }
        let journal = world.journal
        try await world.database.read { snapshot in
            let head = try journal.treeHead(in: snapshot)
            var range = CompactRange()
            for index in 0..<count { range.append(TreeHasher.leaf([UInt8](index.description.utf8))) }
            #expect(head == TreeHead(size: Int64(count), rootHash: range.rootHash))
            var tree = StoredTree()
            for index in [0, 65_535, 65_536, 65_999] {
                let proof = try tree.inclusionProof(leafIndex: Int64(index), treeSize: head.size, in: snapshot)
                let leaf = TreeHasher.leaf([UInt8](index.description.utf8))
                #expect(proof.verifies(leafHash: leaf, rootHash: head.rootHash))
            }
            for from in [1, 256, 65_535, 65_536, 65_537] as [Int64] {
                let old = try journal.treeHead(size: from, in: snapshot)
                let proof = try journal.consistencyProof(from: from, to: head.size, in: snapshot)
                #expect(proof.verifies(fromRoot: old.rootHash, toRoot: head.rootHash))
            }
        }
    }

    @Test func whatIsNotInTheTreeHasNoProof() async throws {
        let world = try await JournalWorld()
        try await world.append(5)
        try await world.sequencer.catchUp()
        try await world.append(1, from: 5)
        let journal = world.journal
        func refused(_ expected: JournalError, _ body: @escaping @Sendable (borrowing Snapshot) throws -> Void) async {
            await #expect(throws: expected) { try await world.database.read(body) }
        }
        await refused(.outsideTree) { _ = try journal.inclusionProof(leafIndex: 5, treeSize: 5, in: $0) }
        await refused(.outsideTree) { _ = try journal.inclusionProof(leafIndex: 0, treeSize: 6, in: $0) }
        await refused(.outsideTree) { _ = try journal.inclusionProof(leafIndex: -1, treeSize: 5, in: $0) }
        await refused(.outsideTree) { _ = try journal.inclusionProof(leafIndex: 0, treeSize: -5, in: $0) }
        await refused(.outsideTree) { _ = try journal.inclusionProof(sequence: 5, treeSize: 4, in: $0) }
        await refused(.notSequenced(sequence: 6)) { _ = try journal.inclusionProof(sequence: 6, treeSize: 5, in: $0) }
        await refused(.unknownEvent(sequence: 7)) { _ = try journal.inclusionProof(sequence: 7, treeSize: 5, in: $0) }
        await refused(.outsideTree) { _ = try journal.consistencyProof(from: 3, to: 6, in: $0) }
        await refused(.outsideTree) { _ = try journal.consistencyProof(from: 4, to: 3, in: $0) }
        await refused(.outsideTree) { _ = try journal.consistencyProof(from: -1, to: 3, in: $0) }
        await refused(.outsideTree) { _ = try journal.treeHead(size: 6, in: $0) }
    }
}
