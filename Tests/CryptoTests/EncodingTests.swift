import Foundation
import Testing

@testable import Crypto

@Suite struct EncodingTests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", "", "", ""), ("f", "Zg==", "MY", "66"), ("fo", "Zm8=", "MZXQ", "666f"), ("foo", "Zm9v", "MZXW6", "666f6f"),
        ("foob", "Zm9vYg==", "MZXW6YQ", "666f6f62"), ("fooba", "Zm9vYmE=", "MZXW6YTB", "666f6f6261"),
        ("foobar", "Zm9vYmFy", "MZXW6YTBOI", "666f6f626172"),
    ])
    func theyAreThoseOfRFC4648(_ vector: (plain: String, base64: String, base32: String, hex: String)) {
        let bytes = Array(vector.plain.utf8)
        #expect(Base64.encode(bytes) == vector.base64)
        #expect(Base64.decode(vector.base64) == bytes)
        let unpadded = String(vector.base64.prefix { $0 != "=" })
        #expect(Base64URL.encode(bytes) == unpadded)
        #expect(Base64URL.decode(unpadded) == bytes)
        #expect(Base32.encode(bytes) == vector.base32)
        #expect(Base32.decode(vector.base32) == bytes)
        #expect(Hex.encode(bytes) == vector.hex)
        #expect(Hex.decode(vector.hex) == bytes)
        #expect(Hex.decode(vector.hex.uppercased()) == bytes)
    }

    @Test func theyAgreeWithFoundation() {
        for count in 0...70 {
            let bytes = Random.bytes(count)
            #expect(Base64.encode(bytes) == Data(bytes).base64EncodedString())
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            #expect(Base32.decode(Base32.encode(bytes)) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "=", "Zm9v\n", " Zm9v", "Zm-v", "Zm_v", "Zm9vZg==Zg==",
        "Zg==Zm9v",
        "Zm9v====", "Zmé=",
    ])
    func otherSpellingsOfBase64AreRefused(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Zg==", "Zh", "Zm9", "Z", "Zm9v=", "Zm+v", "Zm/v", "Zm9v\n", "Zm.v"])
    func otherSpellingsOfBase64URLAreRefused(_ text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test(arguments: ["M", "MZ", "mzxw6", "MZX", "MZXW6===", "MZXW61", "MZXW6Y", "M0"])
    func otherSpellingsOfBase32AreRefused(_ text: String) {
        #expect(Base32.decode(text) == nil)
    }

    @Test(arguments: ["0", "0g", "0x", " 00", "00 ", "é0", "000"])
    func otherSpellingsOfHexAreRefused(_ text: String) {
        #expect(Hex.decode(text) == nil)
    }
}
