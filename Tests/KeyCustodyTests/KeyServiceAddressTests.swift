import Testing

@testable import KeyCustody

@Suite struct KeyServiceAddressTests {
    @Test(arguments: ["https://vault.example.com:8200", "https://h/prefix/", "http://127.0.0.1:5000", "http://[::1]:1"])
    func secureOrLocalAddressesAreTaken(_ text: String) {
        #expect(KeyServiceAddress(text) != nil)
    }

    @Test(arguments: [
        "http://vault.example.com", "ftp://h", "https://", "https://user:secret@h", "https://h/?token=x",
        "https://h/#x",
        "http://127.0.0.1.example.com", "http://localhost.example.com", "https://h\r\nX: y", "",
    ])
    func othersAreRefused(_ text: String) {
        #expect(KeyServiceAddress(text) == nil)
    }

    @Test func aPathIsKeptBelowWhichTheServiceIs() throws {
        let address = try #require(KeyServiceAddress("https://H.example.com/keys/"))
        #expect(address.origin == "https://h.example.com")
        #expect(address.prefix == "/keys")
        #expect(!address.isLocal)
    }
}
