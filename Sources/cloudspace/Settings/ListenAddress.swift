/// An address to listen on.
struct ListenAddress: Sendable, Equatable {
    /// An IPv4 or IPv6 address in numbers, without brackets.
    let host: String
    /// 0 lets the system pick one.
    let port: UInt16

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8080`, `[::1]:8080` and `localhost:8080`.
    init(parsing text: String) throws(BadValue) {
        let expectation = "HOST:PORT with an address in numbers, such as 127.0.0.1:8080, 0.0.0.0:80 or [::1]:8080"
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw BadValue(expectation)
        }
        var name = text[..<colon]
        if name.hasPrefix("["), name.hasSuffix("]") {
            name = name.dropFirst().dropLast()
        } else if name.contains(":") {
            throw BadValue(expectation)
        }
        let host = name == "localhost" ? "127.0.0.1" : String(name)
        guard NetworkAddress.isAddress(host) else { throw BadValue(expectation) }
        self.init(host: host, port: port)
    }

    /// `HOST:PORT` as a URL writes it.
    func authority(port: UInt16) -> String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads addresses separated by commas.
    @Sendable static func addressList(_ text: String) throws(BadValue) -> [String] {
        var addresses: [String] = []
        for part in text.split(separator: ",") {
            let address = String(part.filter { $0 != " " })
            guard NetworkAddress.isAddress(address) else {
                throw BadValue("addresses in numbers, separated by commas")
            }
            addresses.append(address)
        }
        return addresses
    }
}
