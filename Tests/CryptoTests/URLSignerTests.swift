import Testing

@testable import Crypto

@Suite struct URLSignerTests {
    let signer = URLSigner(key: .random())

    @Test func aSignedRequestVerifiesUntilItExpires() {
        let signature = signer.signature(method: "GET", path: "/storage/a/b", expiresAt: 1000)
        #expect(signature.utf8.count == 43)
        #expect(signer.verify(signature, method: "GET", path: "/storage/a/b", expiresAt: 1000, now: 999))
        #expect(!signer.verify(signature, method: "GET", path: "/storage/a/b", expiresAt: 1000, now: 1000))
    }

    @Test func anyOtherRequestIsRefused() {
        let extras = [(name: "download", value: "1")]
        let signature = signer.signature(method: "GET", path: "/a/b", expiresAt: 1000, extras: extras)
        func verify(
            _ method: String = "GET", _ path: String = "/a/b", _ expiresAt: Int64 = 1000,
            _ extras: [(name: String, value: String)] = [(name: "download", value: "1")]
        ) -> Bool {
            signer.verify(signature, method: method, path: path, expiresAt: expiresAt, extras: extras, now: 0)
        }
        #expect(verify())
        #expect(!verify("PUT"))
        #expect(!verify("get"))
        #expect(!verify("GET", "/a/c"))
        #expect(!verify("GET/", "a/b"))
        #expect(!verify("GET", "/a/b", 2000))
        #expect(!verify("GET", "/a/b", 1000, []))
        #expect(!verify("GET", "/a/b", 1000, [("download", "2")]))
        #expect(!verify("GET", "/a/b", 1000, [("download1", "")]))
        #expect(!verify("GET", "/a/b", 1000, extras + extras))
        #expect(
            !URLSigner(key: .random()).verify(
                signature, method: "GET", path: "/a/b", expiresAt: 1000, extras: extras, now: 0))
    }

    @Test func theOrderOfExtrasDoesNotMatter() {
        let one = signer.signature(method: "GET", path: "/", expiresAt: 1, extras: [("a", "2"), ("a", "1"), ("b", "")])
        let two = signer.signature(method: "GET", path: "/", expiresAt: 1, extras: [("b", ""), ("a", "1"), ("a", "2")])
        #expect(one == two)
    }

    @Test func aChangedSignatureIsRefused() {
        let signature = Array(signer.signature(method: "GET", path: "/a", expiresAt: 10).utf8)
        for index in signature.indices {
            var changed = signature
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let text = String(decoding: changed, as: UTF8.self)
            #expect(!signer.verify(text, method: "GET", path: "/a", expiresAt: 10, now: 0))
        }
        for text in ["", "=", String(decoding: signature, as: UTF8.self) + "="] {
            #expect(!signer.verify(text, method: "GET", path: "/a", expiresAt: 10, now: 0))
        }
    }
}
