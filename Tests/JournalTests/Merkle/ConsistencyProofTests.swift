import Testing
import VaultTesting

@testable import Journal

@Suite struct ConsistencyProofTests {
    @Test func publishedProofsVerifyAndEveryCorruptionIsRefused() {
        for vector in MerkleVectors.consistencies {
            let proof = ConsistencyProof(fromSize: vector.from, toSize: vector.to, hashes: vector.hashes)
            let from = MerkleVectors.roots[Int(vector.from) - 1]
            let to = MerkleVectors.roots[Int(vector.to) - 1]
            #expect(proof.verifies(fromRoot: from, toRoot: to))
            if vector.from != vector.to { expectCorruptionsRefused(proof, from, to) }
        }
    }

    @Test func proofsMatchTheDefinitionAtEverySize() {
        let tree = NaiveTree(
            leafHashes: (0..<300).map { TreeHasher.leaf([UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)]) })
        let roots = (0...300).map(tree.rootHash)
        for to in 0...300 {
            // Every older size for the small trees, some for the larger ones.
            let older = to <= 66 ? Array(0...to) : [0, 1, 2, 63, 64, to / 3, to / 2, to - 1, to]
            for from in older {
                let hashes = ProofLayout.consistency(from: Int64(from), to: Int64(to)).map(tree.hash)
                #expect(hashes == tree.consistency(from: from, to: to))
                let proof = ConsistencyProof(fromSize: Int64(from), toSize: Int64(to), hashes: hashes)
                #expect(proof.verifies(fromRoot: roots[from], toRoot: roots[to]))
            }
        }
    }

    @Test(arguments: [(1, 256), (2, 300), (255, 257), (256, 512), (300, 511), (511, 512)])
    func corruptionsOfLargerProofsAreRefused(_ from: Int, _ to: Int) {
        let tree = NaiveTree(
            leafHashes: (0..<to).map { TreeHasher.leaf([UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)]) })
        let proof = ConsistencyProof(
            fromSize: Int64(from), toSize: Int64(to), hashes: tree.consistency(from: from, to: to))
        #expect(proof.verifies(fromRoot: tree.rootHash(size: from), toRoot: tree.rootHash(size: to)))
        expectCorruptionsRefused(proof, tree.rootHash(size: from), tree.rootHash(size: to))
    }

    /// The table of `TestVerifyConsistency` in transparency-dev/merkle, with one difference: there any 32 bytes pass as
    /// the root of an empty tree, here only the hash of nothing does.
    @Test func edgesAreSettled() {
        let (one, two) = (MerkleVectors.roots[0], MerkleVectors.roots[1])
        let empty = MerkleVectors.emptyRoot
        func verifies(_ from: Int64, _ to: Int64, _ fromRoot: [UInt8], _ toRoot: [UInt8], _ hashes: [[UInt8]]) -> Bool {
            ConsistencyProof(fromSize: from, toSize: to, hashes: hashes).verifies(fromRoot: fromRoot, toRoot: toRoot)
        }
        #expect(verifies(0, 0, empty, empty, []))
        #expect(verifies(0, 1, empty, one, []))
        #expect(verifies(1, 1, two, two, []))

        #expect(!verifies(0, 0, empty, one, []))
        #expect(!verifies(0, 0, one, one, []))
        #expect(!verifies(0, 1, one, two, []))
        #expect(!verifies(1, 1, one, two, []))
        #expect(!verifies(1, 0, one, two, []))
        #expect(!verifies(2, 1, one, two, []))
        #expect(!verifies(-1, 1, one, two, []))
        #expect(!verifies(1, 2, one, two, []))
        #expect(!verifies(0, 0, empty, empty, [empty]))
        #expect(!verifies(0, 1, empty, empty, [empty]))
        #expect(!verifies(1, 1, empty, empty, [empty]))
        #expect(!verifies(1, 1, [], [], []))
    }

    /// The corruptions of `corruptConsistencyProof` in `proof/verify_test.go` of transparency-dev/merkle.
    private func expectCorruptionsRefused(_ proof: ConsistencyProof, _ from: [UInt8], _ to: [UInt8]) {
        func refused(
            _ fromSize: Int64, _ toSize: Int64, _ hashes: [[UInt8]], _ from: [UInt8], _ to: [UInt8],
            _ location: SourceLocation = #_sourceLocation
        ) {
            let corrupt = ConsistencyProof(fromSize: fromSize, toSize: toSize, hashes: hashes)
            #expect(!corrupt.verifies(fromRoot: from, toRoot: to), sourceLocation: location)
        }
        let (fromSize, toSize, hashes) = (proof.fromSize, proof.toSize, proof.hashes)
        for wrong in [fromSize - 1, fromSize + 1, fromSize ^ 2] { refused(wrong, toSize, hashes, from, to) }
        for wrong in [toSize * 2, toSize / 2] { refused(fromSize, wrong, hashes, from, to) }
        refused(fromSize, toSize, hashes, Array("WrongRoot".utf8), to)
        refused(fromSize, toSize, hashes, from, Array("WrongRoot".utf8))
        refused(fromSize, toSize, hashes, MerkleVectors.someHash, to)
        refused(fromSize, toSize, hashes, from, MerkleVectors.someHash)
        refused(fromSize, toSize, hashes, to, from)
        refused(fromSize, toSize, [], from, to)
        for extra in [[], from, to, hashes[0]] {
            refused(fromSize, toSize, hashes + [extra], from, to)
            refused(fromSize, toSize, [extra] + hashes, from, to)
        }
        refused(fromSize, toSize, hashes.dropLast(), from, to)
        for position in hashes.indices {
            var changed = hashes
            changed[position][0] ^= 16
            refused(fromSize, toSize, changed, from, to)
        }
    }
}
