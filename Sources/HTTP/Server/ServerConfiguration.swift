/// Everything a server needs to know before it starts.
public struct ServerConfiguration: Sendable {
    /// The address to listen on: IPv4 or IPv6, as numbers.
    public var host: String
    /// The port; 0 lets the system pick one.
    public var port: UInt16
    /// Event threads, at least 1.
    public var threads: Int = 2
    /// Connections open at once; more wait in the system's queue.
    public var maximumConnections: Int = 4096
    /// Connections open at once from one address; more are closed at once. 0 for no limit.
    public var maximumConnectionsPerAddress: Int = 0
    /// Memory for one connection's head, in bytes; heads that do not fit are refused with 431.
    public var connectionMemory: Int = 32 << 10
    /// The longest request target, in bytes; longer ones are refused with 414.
    public var maximumTargetLength: Int = 8 << 10
    /// The most header fields; more are refused with 431.
    public var maximumHeaderCount: Int = 100
    /// How long a connection may stay open without a request, and a client may leave an answer untaken.
    public var idleTimeout: Duration = .seconds(60)
    /// How long a head may take from its first byte to its last.
    public var headerTimeout: Duration = .seconds(15)
    /// How long a client may send nothing while its body is awaited.
    public var bodyTimeout: Duration = .seconds(30)
    /// How long a handler may take to answer once the body has arrived; nil for no limit.
    public var handlerTimeout: Duration? = nil
    /// Bodies of streaming routes up to this size arrive buffered, in bytes.
    public var smallBody: Int = 64 << 10
    /// The size of a slab of a streamed body, in bytes.
    public var slabSize: Int = 256 << 10
    /// Slabs that may wait for the handler before the client is held back.
    public var slabCount: Int = 4
    /// The size of the buffer an answer is streamed through, in bytes.
    public var responseBlockSize: Int = 512 << 10
    /// Addresses of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    public var trustedProxies: Set<String> = []
    /// Certificate and key, when the server speaks TLS itself.
    public var tls: TLSFiles? = nil

    /// A configuration for an address; everything else has its default.
    public init(host: String = "127.0.0.1", port: UInt16 = 0) {
        self.host = host
        self.port = port
    }
}

/// Where a server's certificate lies.
public struct TLSFiles: Sendable, Equatable {
    /// The certificate chain, PEM.
    public let certificatePath: String
    /// The private key, PEM, not encrypted.
    public let keyPath: String

    /// Files by path.
    public init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }
}
