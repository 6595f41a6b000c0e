import Database
import HTTP

/// `cloudspace serve`
enum ServeCommand {
    static let name = "serve"

    static let command = Command(
        name, summary: "Serve the vault over HTTP",
        details: """
            Makes the data directory and the keys on the first start and says where. Prints `listening on http://HOST:PORT` on \
            standard output once requests are answered; the log goes to standard error. SIGTERM, SIGINT and SIGHUP stop it: \
            no new connections, requests in flight finish (see --stop-grace), then the journal is signed and the database \
            closed. A second signal ends it at once; nothing acknowledged is lost either way.
            A vault whose keys cannot be unlocked yet (a passphrase or shares are awaited, the token or service that keeps the \
            key is away) is served sealed: health, metrics and the verification of the journal; everything else answers 503 \
            until it is unsealed, by itself or with `cloudspace keys unseal`.
            """,
        settings: Settings.vault + Settings.service,
        examples: [
            "serve --data data --keys keys",
            "serve --data /srv/vault --keys /etc/cloudspace/keys --listen 0.0.0.0:443 --tls-certificate cert.pem --tls-key key.pem",
            "serve --config /etc/cloudspace.conf --log-format json",
        ]
    ) { invocation in
        let configuration = invocation.configuration
        let log = Log(format: try configuration[Settings.logFormat])
        let server = try ServerSettings(configuration)
        for (variable, meant) in Configuration.misspelledVariables(in: ProcessEnvironment.names) {
            log.warning("\(variable) is no setting; did you mean \(meant)?")
        }
        ProcessLimits.raiseOpenFiles()
        let start = try await VaultStart(
            configuration, .serving,
            VaultPlace.Threads(
                readers: try configuration[Settings.databaseReaders],
                writers: try configuration[Settings.databaseWriters]))
        let service = try Service(start, server, configuration, program: invocation.program, log: log)
        return try await service.run(try await start.openOrSeal(), until: StopSignals.shared)
    }
}

/// The settings of the listening side, checked before anything is made.
struct ServerSettings: Sendable {
    let address: ListenAddress
    let http: ServerConfiguration
    let stopGrace: Int64

    init(_ configuration: Configuration) throws(ProgramError) {
        address = try configuration[Settings.listen]
        stopGrace = try configuration[Settings.stopGrace]
        _ = try WitnessPlace(configuration)
        var http = ServerConfiguration(host: address.host, port: address.port)
        http.threads = try configuration[Settings.httpThreads]
        http.maximumConnections = try configuration[Settings.maximumConnections]
        http.maximumConnectionsPerAddress = try configuration[Settings.connectionsPerAddress]
        http.trustedProxies = Set(try configuration[Settings.trustedProxies])
        http.tls = try Self.tls(configuration)
        self.http = http
    }

    /// What a client puts before the path.
    func origin(port: UInt16) -> String { "\(http.tls == nil ? "http" : "https")://\(address.authority(port: port))" }

    private static func tls(_ configuration: Configuration) throws(ProgramError) -> TLSFiles? {
        switch (try configuration[Settings.tlsCertificate], try configuration[Settings.tlsKey]) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            for (setting, path) in [(Settings.tlsCertificate, certificate), (Settings.tlsKey, key)]
            where FileSystem.bytes(of: path, limit: 1 << 20) == nil {
                throw .setting("\(configuration.origin(of: setting)): \(path.printable) cannot be read")
            }
            return TLSFiles(certificatePath: certificate, keyPath: key)
        case (nil, _?): throw .setting("--tls-key is given without --tls-certificate")
        case (_?, nil): throw .setting("--tls-certificate is given without --tls-key")
        }
    }
}
