/// One HTTP request, or one message to a mail server, ready to be sent as it is.
package struct TransferRequest: Sendable {
    /// GET, HEAD, PUT, POST or DELETE.
    package var method: String
    /// Path and query are percent-encoded already.
    package var url: String
    /// Names and values without line breaks; `Host` among them.
    package var headers: [(name: String, value: String)]
    /// What is sent, in pieces; nil sends no body at all, unless there is a `source`.
    package var body: [[UInt8]]?
    /// What is sent instead of `body`, read as it goes.
    package var source: (any TransferSource)?
    /// Most bytes of body to take in an answer.
    package var answerLimit: Int
    package var patience: TransferPatience
    /// A file of certificates to trust instead of the system's.
    package var certificateAuthority: String? = nil
    /// The host is this machine, to which no proxy leads.
    package var isLocal = false
    /// Makes it a message to a mail server instead of an HTTP request: `body` is the message, `headers` are not looked at.
    var mail: MailEnvelope?

    package init(
        method: String, url: String, headers: [(name: String, value: String)], body: [[UInt8]]?, answerLimit: Int,
        patience: TransferPatience, certificateAuthority: String? = nil, isLocal: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.answerLimit = answerLimit
        self.patience = patience
        self.certificateAuthority = certificateAuthority
        self.isLocal = isLocal
    }
}

/// A body that is not held in memory. Read on the engine's thread, which waits for it meanwhile: for local files.
package protocol TransferSource: Sendable {
    /// Exactly what will be read.
    var byteCount: Int64 { get }
    /// The next bytes, at most `count`; empty at the end.
    /// - Returns: nil when they cannot be read, which breaks the transfer off.
    func next(atMost count: Int) -> [UInt8]?
    /// Goes back to the start: the connection broke before the server read anything.
    func rewind() -> Bool
}

/// An answer, its body included.
package struct TransferAnswer: Sendable {
    package let status: Int
    package let headers: TransferHeaders
    package let body: [UInt8]
}

/// The fields of an answer's head.
package struct TransferHeaders: Sendable {
    private var fields: [String: String] = [:]

    /// The last value of a field; `name` in lower case.
    package subscript(name: String) -> String? { fields[name] }

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
package struct TransferPatience: Sendable {
    /// Until a connection stands, TLS included.
    package var connect: Duration = .seconds(5)
    /// Whole seconds in which not one byte moves.
    package var stall: Int = 30
    /// From the start of the transfer to its end; see ``covering(_:)``.
    package var total: Duration = .seconds(60)

    package init(connect: Duration = .seconds(5), stall: Int = 30, total: Duration = .seconds(60)) {
        self.connect = connect
        self.stall = stall
        self.total = total
    }

    /// With time for `byteCount` bytes at 64 KiB a second on top.
    package func covering(_ byteCount: Int) -> TransferPatience {
        var patience = self
        patience.total += .seconds(byteCount / 65_536)
        return patience
    }
}

/// What a transfer engine takes on at a time.
package struct TransferLimits: Sendable {
    /// Transfers under way.
    package var active = 64
    /// Transfers that wait for their turn.
    package var waiting = 1_024
    /// How long one may wait.
    package var wait: Duration = .seconds(10)

    package init(active: Int = 64, waiting: Int = 1_024, wait: Duration = .seconds(10)) {
        self.active = active
        self.waiting = waiting
        self.wait = wait
    }
}
