import Testing

@testable import Crypto

@Suite struct ContentHasherTests {
    /// SHA-256 from FIPS 180-4, MD5 from RFC 1321, appendix A.5.
    @Test func hashesAreThePublishedOnes() {
        var hasher = ContentHasher(md5: true)
        hasher.update(Array("ab".utf8))
        hasher.update([])
        hasher.update(Array("c".utf8))
        let digest = hasher.finish()
        #expect(Hex.encode(digest.sha256) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(digest.md5.map(Hex.encode) == "900150983cd24fb0d6963f7d28e17f72")
        // It starts over.
        let empty = hasher.finish()
        #expect(Hex.encode(empty.sha256) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(empty.md5.map(Hex.encode) == "d41d8cd98f00b204e9800998ecf8427e")
    }

    @Test func md5IsThereOnlyWhenAskedFor() {
        var hasher = ContentHasher(md5: false)
        hasher.update([1])
        #expect(hasher.finish().md5 == nil)
    }

    @Test func merkleHashesPrefixWhatTheyHash() {
        let a = Random.bytes(32)
        let b = Random.bytes(32)
        #expect(SHA256Hash.of(1, a, b) == SHA256Hash.of([1] + a + b))
        #expect(SHA256Hash.of(0, a) == SHA256Hash.of([0] + a))
    }
}
