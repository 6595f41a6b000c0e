import Journal
import Testing

@Suite struct TreeHasherTests {
    @Test func hashesMatchThePublishedOnes() {
        #expect(TreeHasher.emptyRoot == MerkleVectors.emptyRoot)
        #expect(
            TreeHasher.leaf([])
                == MerkleVectors.bytes("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"))
        #expect(
            TreeHasher.leaf(Array("L123456".utf8))
                == MerkleVectors.bytes("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"))
        #expect(
            TreeHasher.node(Array("N123".utf8), Array("N456".utf8))
                == MerkleVectors.bytes("aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"))
    }

    @Test func anInnerNodeCannotPassForALeaf() {
        let left = TreeHasher.leaf(Array("Hello".utf8))
        let right = TreeHasher.leaf(Array("World".utf8))
        #expect(TreeHasher.node(left, right) != TreeHasher.leaf(left + right))
        #expect(TreeHasher.node(left, right) != TreeHasher.node(right, left))
    }
}
