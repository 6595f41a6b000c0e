import Testing
import VaultTesting

@testable import Journal

@Suite struct InclusionProofTests {
    @Test func publishedProofsVerifyAndEveryCorruptionIsRefused() {
        for vector in MerkleVectors.inclusions {
            let leaf = TreeHasher.leaf(MerkleVectors.leaves[Int(vector.index)])
            let root = MerkleVectors.roots[Int(vector.size) - 1]
            let proof = InclusionProof(leafIndex: vector.index, treeSize: vector.size, hashes: vector.hashes)
            #expect(proof.verifies(leafHash: leaf, rootHash: root))
            expectCorruptionsRefused(proof, leaf, root)
        }
    }

    @Test func proofsMatchTheDefinitionAtEverySize() {
        let tree = NaiveTree(
            leafHashes: (0..<300).map { TreeHasher.leaf([UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)]) })
        for size in 1...300 {
            let root = tree.rootHash(size: size)
            // Every leaf of the small trees, some of the larger ones.
            let indices = size <= 66 ? Array(0..<size) : [0, 1, size / 3, size / 2, 64, size - 2, size - 1]
            for index in indices {
                let hashes = ProofLayout.inclusion(leafIndex: Int64(index), treeSize: Int64(size)).map(tree.hash)
                #expect(hashes == tree.inclusion(of: index, size: size))
                let proof = InclusionProof(leafIndex: Int64(index), treeSize: Int64(size), hashes: hashes)
                #expect(proof.verifies(leafHash: tree.leafHashes[index], rootHash: root))
            }
        }
    }

    @Test(arguments: [255, 256, 257, 300, 511, 513]) func corruptionsOfLargerProofsAreRefused(_ size: Int) {
        let tree = NaiveTree(
            leafHashes: (0..<size).map { TreeHasher.leaf([UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)]) })
        let root = tree.rootHash(size: size)
        for index in [0, 1, size / 2, size - 2, size - 1] {
            let proof = InclusionProof(
                leafIndex: Int64(index), treeSize: Int64(size), hashes: tree.inclusion(of: index, size: size))
            #expect(proof.verifies(leafHash: tree.leafHashes[index], rootHash: root))
            expectCorruptionsRefused(proof, tree.leafHashes[index], root)
        }
    }

    @Test func placesOutsideTheTreeAreRefused() {
        for (index, size) in [(0, 0), (1, 0), (1, 1), (2, 1), (-1, 1), (-1, -1), (0, -1)] as [(Int64, Int64)] {
            let proof = InclusionProof(leafIndex: index, treeSize: size, hashes: [])
            for root in [[], MerkleVectors.emptyRoot, MerkleVectors.someHash] {
                #expect(!proof.verifies(leafHash: MerkleVectors.someHash, rootHash: root))
                #expect(!proof.verifies(leafHash: [], rootHash: root))
            }
        }
        let alone = InclusionProof(leafIndex: 0, treeSize: 1, hashes: [])
        #expect(!alone.verifies(leafHash: [], rootHash: []))
    }

    /// The corruptions of `corruptInclusionProof` in `proof/verify_test.go` of transparency-dev/merkle.
    private func expectCorruptionsRefused(_ proof: InclusionProof, _ leaf: [UInt8], _ root: [UInt8]) {
        func refused(
            _ index: Int64, _ size: Int64, _ hashes: [[UInt8]], leaf: [UInt8], root: [UInt8],
            _ location: SourceLocation = #_sourceLocation
        ) {
            let corrupt = InclusionProof(leafIndex: index, treeSize: size, hashes: hashes)
            #expect(!corrupt.verifies(leafHash: leaf, rootHash: root), sourceLocation: location)
        }
        let (index, size, hashes) = (proof.leafIndex, proof.treeSize, proof.hashes)
        refused(index - 1, size, hashes, leaf: leaf, root: root)
        refused(index + 1, size, hashes, leaf: leaf, root: root)
        refused(index ^ 2, size, hashes, leaf: leaf, root: root)
        refused(index, size * 2, hashes, leaf: leaf, root: root)
        refused(index, size / 2, hashes, leaf: leaf, root: root)
        refused(index, size, hashes, leaf: Array("WrongLeaf".utf8), root: root)
        refused(index, size, hashes, leaf: MerkleVectors.someHash, root: root)
        refused(index, size, hashes, leaf: leaf, root: MerkleVectors.emptyRoot)
        refused(index, size, hashes, leaf: leaf, root: MerkleVectors.someHash)
        for extra in [[], root, leaf] {
            refused(index, size, hashes + [extra], leaf: leaf, root: root)
            refused(index, size, [extra] + hashes, leaf: leaf, root: root)
        }
        for position in hashes.indices {
            var changed = hashes
            changed[position][0] ^= 8
            refused(index, size, changed, leaf: leaf, root: root)
            changed = hashes
            changed[position].removeLast()
            refused(index, size, changed, leaf: leaf, root: root)
            changed = hashes
            changed.remove(at: position)
            refused(index, size, changed, leaf: leaf, root: root)
            changed = hashes
            changed.insert(MerkleVectors.someHash, at: position)
            refused(index, size, changed, leaf: leaf, root: root)
        }
    }
}

extension NaiveTree {
    /// MTH of a range of leaves that the RFC hashes as one tree.
    func hash(_ leaves: Range<Int64>) -> [UInt8] {
        let part = Array(leafHashes[Int(leaves.lowerBound)..<Int(leaves.upperBound)])
        return NaiveTree(leafHashes: part).rootHash(size: part.count)
    }
}
