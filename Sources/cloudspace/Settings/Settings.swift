import BlobStore
import Database

/// How log lines are written.
enum LogFormat: String, CaseIterable, Sendable { case text, json }

/// What unlocks the key ring.
enum KeyProviderKind: String, CaseIterable, Sendable {
    case file, passphrase, shares, pkcs11, transit
    case awsKMS = "aws-kms"
}

/// Which cipher new content is sealed with; all are always readable.
enum CipherChoice: String, CaseIterable, Sendable {
    case auto
    case aes = "aes-256-gcm"
    case xchacha = "xchacha20-poly1305"
}

/// All settings: flags, environment variables, configuration file and help texts are made from this table.
enum Settings {
    static let data = Setting<String?>(
        "data", placeholder: "DIR",
        summary: "Directory of the sealed data and its database; needless when both are on servers",
        fallback: .some(nil), absence: ""
    ) { text throws(BadValue) in try SettingText.path(text) }
    static let keys = Setting<String>.requiredPath(
        "keys", placeholder: "DIR",
        summary: "Directory of the key ring; never inside the data directory, never in the same backup")
    static let config = Setting<String?>.path(
        "config", summary: "File of `name = value` lines with any of these settings", places: [.flag, .environment])

    static let database = Setting<PostgreSQLAddress?>(
        "database", environment: "DATABASE_URL", placeholder: "URL",
        summary:
            "PostgreSQL instead of the SQLite file in --data: postgresql://USER@HOST:PORT/NAME, with the password in "
            + "the variable, the file, PGPASSWORD or ~/.pgpass, never on the command line",
        fallback: .some(nil), absence: "SQLite in --data"
    ) { text throws(BadValue) in try VaultPlace.address(text) }
    static let blobStore = Setting<S3Location?>(
        "blob-store", environment: "BLOB_STORE", placeholder: "URL",
        summary:
            "An S3 service instead of files in --data: s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION, with the "
            + "key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        fallback: .some(nil), absence: "files in --data"
    ) { text throws(BadValue) in try S3Place.location(text) }
    static let s3KeyID = Setting<String?>(
        "s3-access-key-id", environment: "AWS_ACCESS_KEY_ID", placeholder: "ID",
        summary: "Id of the key for --blob-store",
        places: [.environment, .file], fallback: .some(nil), absence: ""
    ) { $0 }
    static let s3Secret = Setting<String?>(
        "s3-secret-access-key", environment: "AWS_SECRET_ACCESS_KEY", placeholder: "SECRET",
        summary: "Secret of the key for --blob-store", places: [.environment, .file], fallback: .some(nil), absence: ""
    ) { $0 }
    static let s3Token = Setting<String?>(
        "s3-session-token", environment: "AWS_SESSION_TOKEN", placeholder: "TOKEN",
        summary: "Session token that comes with a temporary key", places: [.environment, .file], fallback: .some(nil),
        absence: ""
    ) { $0 }

    static let listen = Setting<ListenAddress>(
        "listen", placeholder: "HOST:PORT", summary: "Address to serve on; port 0 picks a free one",
        fallback: ListenAddress(host: "127.0.0.1", port: 8080), absence: "127.0.0.1:8080",
        parse: ListenAddress.init(parsing:))
    static let tlsCertificate = Setting<String?>.path(
        "tls-certificate", summary: "Certificate chain (PEM); serves https together with --tls-key")
    static let tlsKey = Setting<String?>.path("tls-key", summary: "Private key of the certificate (PEM)")
    static let trustedProxies = Setting<[String]>(
        "trusted-proxies", placeholder: "ADDRESSES",
        summary: "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas",
        fallback: [], absence: "none", parse: ListenAddress.addressList)
    static let maximumConnections = Setting<Int>.count(
        "max-connections", summary: "Connections open at once", 1...1_000_000, fallback: 4_096)
    static let connectionsPerAddress = Setting<Int>.count(
        "max-connections-per-address", summary: "Connections open at once from one address; 0 for no limit",
        0...1_000_000, fallback: 0)
    static let httpThreads = Setting<Int>.count(
        "http-threads", summary: "Event threads of the HTTP server", 1...64, fallback: 2)
    static let databaseReaders = Setting<Int?>.optionalCount(
        "database-readers", summary: "Threads that read the database, with a connection each", 1...64,
        absence: "2; 4 with PostgreSQL")
    static let databaseWriters = Setting<Int?>.optionalCount(
        "database-writers", summary: "Threads that write to PostgreSQL, with a connection each; SQLite has one", 1...64,
        absence: "4")

    static let maximumUpload = Setting<Int64?>.byteCount(
        "max-content-length", environment: "MAX_CONTENT_LENGTH", summary: "Largest single upload", fallback: nil,
        absence: "only the storage limit of the account")
    static let storageLimit = Setting<Int64?>.byteCount(
        "storage-limit", summary: "Storage of an account without a subscription", fallback: nil,
        absence: "that of the free plan, 20G")
    static let importEntries = Setting<Int>.count(
        "import-entries", summary: "Most entries of an archive that is unpacked", 1...1_000_000, fallback: 100_000)
    static let importBytes = Setting<Int64?>.byteCount(
        "import-bytes", summary: "Most bytes of all contents of an archive that is unpacked", fallback: 100 << 30,
        absence: "100G")
    static let sessionLifetime = Setting<Int64>.duration(
        "session-lifetime", summary: "How long a sign-in lasts", 60...31_536_000, fallback: 86_400, absence: "24h")
    static let signInFailures = Setting<Int>.count(
        "sign-in-failures", summary: "Failed sign-ins after which an account must wait, within 15 minutes", 1...10_000,
        fallback: 10)
    static let signInFailuresPerAddress = Setting<Int>.count(
        "sign-in-failures-per-address",
        summary: "Failed sign-ins after which a client's address must wait, within 15 minutes", 1...1_000_000,
        fallback: 100)
    static let notificationHeartbeat = Setting<Int64>.duration(
        "notification-heartbeat",
        summary: "How often a quiet stream of notifications shows that it is alive, and asks whether its session is",
        1...300, fallback: 20, absence: "20s")
    static let notificationStreams = Setting<Int>.count(
        "max-notification-streams", summary: "Live streams of notifications open at once", 1...1_000_000,
        fallback: 2_000)
    static let allowedOrigins = Setting<[String]?>(
        "allowed-origins", placeholder: "ORIGINS",
        summary: "Origins whose pages may call the API from a browser, separated by commas; * for all, none for nobody",
        fallback: .some(nil), absence: "http://localhost and http://localhost:5173", parse: SettingText.origins)
    static let secureCookies = Setting<Bool>.onOff(
        "secure-cookies", summary: "Mark the sign-in cookie Secure although this server speaks http: a proxy ends TLS")
    static let cipher = Setting<CipherChoice>.choice(
        "cipher",
        summary: "What new content is sealed with; auto takes AES where the processor has instructions for it",
        fallback: .auto)
    static let previewProgram = Setting<String?>(
        "preview-program", environment: "PREVIEW_PROGRAM", placeholder: "FILE",
        summary: "The program that makes previews and pictures of people, confined; none for no previews",
        fallback: .some(nil), absence: "cloudspace-preview beside this program"
    ) { text throws(BadValue) in try SettingText.path(text) }
    static let previewWorkers = Setting<Int>.count(
        "preview-workers", summary: "Previews made at once, each by a process of its own", 1...16, fallback: 1)
    static let checkpointInterval = Setting<Int64>.duration(
        "checkpoint-interval", summary: "How often the journal is signed", 1...604_800, fallback: 600, absence: "10m")
    static let checkpointFile = Setting<String?>.path(
        "checkpoint-file",
        summary:
            "File to which every new checkpoint is appended; best on another machine's disk, since only checkpoints "
            + "kept elsewhere show that a journal was rewritten as a whole")
    static let housekeepingInterval = Setting<Int64>.duration(
        "housekeeping-interval", summary: "How often expired trash, sessions and orphaned blobs are collected",
        1...604_800, fallback: 3_600, absence: "1h")
    static let orphanGrace = Setting<Int64>.duration(
        "orphan-grace", summary: "How old a blob that no document points at must be before it is collected",
        60...31_536_000, fallback: 86_400, absence: "24h")
    static let stopGrace = Setting<Int64>.duration(
        "stop-grace", summary: "How long requests in flight may take to finish when the server stops", 0...3_600,
        fallback: 30, absence: "30s")
    static let logFormat = Setting<LogFormat>.choice(
        "log-format", summary: "How lines on standard error are written", fallback: .text)
    static let accessLog = Setting<Bool>.onOff(
        "access-log", summary: "Log one line per request: method, route, status, time; never names, never tokens")

    /// What every command that opens the vault needs.
    static let vault: [any SettingDescription] =
        [
            data, database, blobStore, s3KeyID, s3Secret, s3Token, keys,
        ] + custody
    static let service: [any SettingDescription] =
        [
            listen, tlsCertificate, tlsKey, trustedProxies, maximumConnections, connectionsPerAddress, httpThreads,
            databaseReaders, databaseWriters, maximumUpload, storageLimit, importEntries, importBytes, sessionLifetime,
            signInFailures,
            signInFailuresPerAddress, notificationHeartbeat, notificationStreams, cipher, allowedOrigins, secureCookies,
            previewProgram, previewWorkers, checkpointInterval, checkpointFile, housekeepingInterval,
            orphanGrace, stopGrace, logFormat, accessLog,
        ] + backup + outbound + witness + watch
    /// The whole table.
    static let all: [any SettingDescription] = vault + [config] + service
}
