/// One HTTP request, ready to be sent as it is.
struct TransferRequest: Sendable {
    /// GET, HEAD, PUT, POST or DELETE.
    var method: String
    /// Path and query are percent-encoded already.
    var url: String
    /// Names and values without line breaks; `Host` among them.
    var headers: [(name: String, value: String)]
    /// What is sent, in pieces; nil sends no body at all.
    var body: [[UInt8]]?
    /// Most bytes of body to take in an answer.
    var answerLimit: Int
    var patience: TransferPatience
    /// A file of certificates to trust instead of the system's.
    var certificateAuthority: String? = nil
    /// The host is this machine, to which no proxy leads.
    var isLocal = false
}

/// An answer, its body included.
struct TransferAnswer: Sendable {
    let status: Int
    let headers: TransferHeaders
    let body: [UInt8]
}

/// The fields of an answer's head.
struct TransferHeaders: Sendable {
    private var fields: [String: String] = [:]

    /// The last value of a field; `name` in lower case.
    subscript(name: String) -> String? { fields[name] }

    /// Takes one line of a head, `Name: value`, without its end; what is no field is left out.
    mutating func add(_ line: some Collection<UInt8>) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        var value = line[line.index(after: colon)...]
        while let first = value.first, first == 0x20 || first == 0x09 { value = value.dropFirst() }
        var end = Array(value)
        while let last = end.last, last == 0x20 || last == 0x09 || last == 0x0d || last == 0x0a { end.removeLast() }
        fields[name] = String(decoding: end, as: UTF8.self)
    }

    mutating func removeAll() { fields = [:] }
}

/// How long a transfer may take.
struct TransferPatience: Sendable {
    /// Until a connection stands, TLS included.
    var connect: Duration = .seconds(5)
    /// Whole seconds in which not one byte moves.
    var stall: Int = 30
    /// From the start of the transfer to its end; see ``covering(_:)``.
    var total: Duration = .seconds(60)

    /// With time for `byteCount` bytes at 64 KiB a second on top.
    func covering(_ byteCount: Int) -> TransferPatience {
        var patience = self
        patience.total += .seconds(byteCount / 65_536)
        return patience
    }
}

/// What a transfer engine takes on at a time.
struct TransferLimits: Sendable {
    /// Transfers under way.
    var active = 64
    /// Transfers that wait for their turn.
    var waiting = 1_024
    /// How long one may wait.
    var wait: Duration = .seconds(10)
}
