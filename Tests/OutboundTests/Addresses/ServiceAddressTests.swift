import Testing

@testable import Outbound

@Suite struct ServiceAddressTests {
    @Test func thePartsOfAnAddressAreFound() throws {
        let address = try #require(ServiceAddress("HTTPS://hooks.Example.com:8443/in/box?tenant=7&x=%20"))
        #expect(address.scheme == "https" && address.host == "hooks.example.com" && address.port == 8_443)
        #expect(address.path == "/in/box" && address.query == "tenant=7&x=%20" && address.user == nil)
        #expect(address.authority == "hooks.example.com:8443")
        let mail = try #require(ServiceAddress("smtps://vault@[2001:DB8::1]:465"))
        #expect(mail.user == "vault" && mail.host == "2001:db8::1" && mail.authority == "[2001:db8::1]:465")
        #expect(ServiceAddress("smtp://relay")?.port == nil)
    }

    @Test(arguments: [
        "", "relay", "https://", "https://:80/", "https://a:b@host/", "https://host:0/", "https://host:65536/",
        "https://host:/", "https://ho st/", "https://host/#part", "https://host/\n", "https://host\r\nX: y/",
        "https://[::1", "https://[::1]x/", "https://[relay]/", "https://ho%73t/", "https://hôst/", "https://@host/",
        "https://host\\@other/", "https://a@b@c/",
    ])
    func whatHidesItsHostIsRefused(_ text: String) {
        #expect(ServiceAddress(text) == nil)
    }

    @Test(arguments: [
        ("http://127.0.0.1/", true), ("http://127.8.9.10:1/", true), ("http://localhost/", true),
        ("http://[::1]/", true),
        ("http://127.0.0.1.example.com/", false), ("http://127.1/", false), ("http://localhost.example/", false),
        ("http://128.0.0.1/", false), ("http://0.0.0.0/", false),
    ])
    func onlyThisMachineIsThisMachine(_ text: String, _ isLoopback: Bool) throws {
        #expect(try #require(ServiceAddress(text)).isLoopback == isLoopback)
    }
}
