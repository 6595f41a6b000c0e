import Crypto
import Testing
import VaultTesting

@testable import Journal

@Suite struct CompactRangeTests {
    @Test func rootsMatchThePublishedOnes() {
        var range = CompactRange()
        #expect(range.rootHash == MerkleVectors.emptyRoot)
        for (leaf, root) in zip(MerkleVectors.leaves, MerkleVectors.roots) {
            range.append(TreeHasher.leaf(leaf))
            #expect(range.rootHash == root)
        }
    }

    @Test func rootsMatchTheDefinitionAtEverySize() {
        let tree = NaiveTree(leafHashes: (0..<600).map { TreeHasher.leaf([UInt8($0 & 0xff), UInt8($0 >> 8)]) })
        var range = CompactRange()
        for size in 0...tree.leafHashes.count {
            #expect(range.size == Int64(size))
            #expect(range.rootHash == tree.rootHash(size: size))
            if size < tree.leafHashes.count { range.append(tree.leafHashes[size]) }
        }
    }

    @Test func everyCompletedSubtreeIsToldOnceWithItsHash() {
        let tree = NaiveTree(leafHashes: (0..<100).map { TreeHasher.leaf([$0]) })
        var range = CompactRange()
        var hasher = SHA256Hasher()
        var told: Set<Subtree> = []
        for leaf in tree.leafHashes {
            range.append(leaf, hasher: &hasher) { subtree, hash in
                #expect(told.insert(subtree).inserted)
                let start = Int(subtree.index) << subtree.height
                let leaves = Array(tree.leafHashes[start..<(start + 1 << subtree.height)])
                #expect(hash == NaiveTree(leafHashes: leaves).rootHash(size: leaves.count))
            }
        }
        #expect(told.count == 50 + 25 + 12 + 6 + 3 + 1)
    }

    @Test func aTakenUpRangeGoesOnAsTheOriginal() throws {
        let tree = NaiveTree(leafHashes: (0..<70).map { TreeHasher.leaf([$0]) })
        for size in 0..<70 {
            let parts = Subtree.covering(0..<Int64(size)).map { subtree in
                let start = Int(subtree.index) << subtree.height
                let leaves = Array(tree.leafHashes[start..<(start + 1 << subtree.height)])
                return NaiveTree(leafHashes: leaves).rootHash(size: leaves.count)
            }
            var range = try #require(CompactRange(size: Int64(size), hashes: parts))
            range.append(tree.leafHashes[size])
            #expect(range.rootHash == tree.rootHash(size: size + 1))
        }
        #expect(CompactRange(size: 3, hashes: [MerkleVectors.someHash]) == nil)
        #expect(CompactRange(size: -1, hashes: []) == nil)
    }
}
