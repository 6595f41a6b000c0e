/// What one module may import, and where in it danger may live.
struct ModuleRule: Sendable {
    /// Our own modules that stand to its left.
    var modules: Set<String> = []
    /// C libraries that belong to this module, each with the folders inside it that may import them.
    var libraries: [String: Set<String>] = [:]
    /// Further folders that may hold the word `unsafe`: system calls (`POSIX`) and memory of our own.
    /// A folder that wraps a C library may hold it anyway.
    var systemFolders: Set<String> = []
    /// Names this module may not say though it may import their module: it sees times and errors, not tables and keys.
    var withheld: Set<String> = []

    /// Every folder of this module in which the word `unsafe` may occur.
    var unsafeFolders: Set<String> {
        libraries.values.reduce(into: systemFolders) { $0.formUnion($1) }
    }
}

/// The arrows of the architecture, as data: docs/architecture.md draws them, Package.swift declares them, the tests
/// in this folder hold every file to them. SwiftPM alone does not: what a neighbour imports can be imported unnoticed.
enum Architecture {
    static let rules: [String: ModuleRule] = [
        "Crypto": ModuleRule(
            libraries: ["COpenSSL": ["OpenSSL"], "CSodium": ["Sodium", "Memory"]],
            systemFolders: ["Memory", "POSIX"]),
        "Database": ModuleRule(
            libraries: ["CSQLite": ["SQLite"], "CPostgreSQL": ["PostgreSQL"]],
            systemFolders: ["Memory", "POSIX"]),
        "HTTP": ModuleRule(
            libraries: ["CMicroHTTPD": ["Transport"]]),
        "PreviewWire": ModuleRule(),
        "Media": ModuleRule(
            modules: ["Crypto", "PreviewWire"],
            libraries: ["CQREncode": ["QREncode"], "CPNG": ["PNG"], "CMagic": ["Magic"]],
            systemFolders: ["POSIX"]),
        "Archive": ModuleRule(
            modules: ["Crypto"],
            libraries: ["CArchive": ["LibArchive"], "CZip": ["LibZip"]],
            systemFolders: ["POSIX"]),
        "Outbound": ModuleRule(
            modules: ["Crypto"],
            libraries: ["CCurl": ["Curl"]]),
        "KeyCustody": ModuleRule(
            modules: ["Crypto", "HTTP", "Outbound"],
            libraries: ["CPKCS11": ["PKCS11"]],
            systemFolders: ["POSIX"]),
        "PDF": ModuleRule(
            modules: ["Crypto"],
            libraries: ["CPango": ["Pango"]]),
        "BlobStore": ModuleRule(
            modules: ["Crypto", "Outbound"],
            systemFolders: ["Local", "POSIX"]),
        "Journal": ModuleRule(
            modules: ["Crypto", "Database"]),
        "Vault": ModuleRule(
            modules: ["Crypto", "Database", "PreviewWire", "Media", "BlobStore", "Journal"],
            systemFolders: ["POSIX"]),
        "Versions": ModuleRule(
            modules: ["Crypto", "Database", "BlobStore", "Journal", "Vault"]),
        "Backup": ModuleRule(
            modules: ["Archive", "Crypto", "Database", "BlobStore", "Journal", "Vault", "Versions"],
            systemFolders: ["POSIX"]),
        "Billing": ModuleRule(
            modules: ["Crypto", "Database", "Journal", "Vault"]),
        "API": ModuleRule(
            modules: [
                "HTTP", "Archive", "PDF", "Crypto", "Database", "Media", "BlobStore", "Journal", "Vault", "Versions",
                "Backup", "Billing",
            ],
            withheld: [
                "SQL", "SQLValue", "Transaction", "Snapshot", "Migration", "SealingKey", "KeyRing", "StreamSealer",
                "StreamOpener", "BlobWriter", "BlobReader",
            ]),
        "cloudspace": ModuleRule(
            modules: [
                "Crypto", "Outbound", "KeyCustody", "Database", "Media", "BlobStore", "Journal", "HTTP", "Vault",
                "Versions",
                "Backup",
                "Billing",
                "API",
            ],
            systemFolders: ["System", "POSIX"]),
        "cloudspace-preview": ModuleRule(
            modules: ["PreviewWire"],
            libraries: ["CVips": ["Vips"], "CSeccomp": ["Sandbox"]],
            systemFolders: ["POSIX"]),
        "VaultTesting": ModuleRule(
            modules: [
                "Crypto", "Outbound", "Database", "Media", "BlobStore", "Journal", "HTTP", "Vault", "Versions",
                "Backup",
                "Billing",
                "API",
            ],
            systemFolders: ["HTTP", "World", "System", "POSIX"]),
    ]

    /// Types that choose where things live. Each is named in its own module, by the program, and by the test kit: all
    /// others speak to the protocol it implements.
    static let concrete: [String: String] = [
        "SQLiteDatabase": "Database", "PostgreSQLDatabase": "Database",
        "LocalBlobStore": "BlobStore", "DirectoryArchiveStore": "BlobStore", "S3ArchiveStore": "BlobStore",
        "MemoryBlobStore": "BlobStore", "S3BlobStore": "BlobStore",
        "FileKeyProvider": "Crypto", "PassphraseKeyProvider": "Crypto", "SharesKeyProvider": "Crypto",
        "CustodyKeyProvider": "Crypto", "PKCS11Wrapper": "KeyCustody", "TransitWrapper": "KeyCustody",
        "KMSWrapper": "KeyCustody",
    ]

    /// What comes with the toolchain and is open to every module. `Foundation` is not among them: its ICU tables cost
    /// start-up time and memory (docs/decisions/0006-foundation-essentials.md).
    static let toolchain: Set<String> = ["Swift", "Synchronization", "Glibc", "FoundationEssentials"]

    /// Toolchain modules open to the test kit alone.
    static let testKitOnly: Set<String> = ["Testing", "Dispatch"]

    /// Places that may store a `UInt128` all the same (docs/decisions/0014-compiler-care.md): file, then property or case.
    static let mayStoreUInt128: Set<String> = [
        // On its way into a statement, within one closure that runs without a pause.
        "Sources/Database/SQLValue.swift uuid",
        // A property of a class: in the heap, where alignment is right.
        "Sources/Crypto/Keyring/KeyRing.swift vaultID",
        // Read from the ring's file and handed to the ring in one synchronous function.
        "Sources/Crypto/Keyring/KeyRingFile.swift vaultID",
    ]

    /// Longer files are named by the report.
    static let longFile = 250
    /// No file may be longer: the second concept in it wants a file of its own.
    static let longestFile = 500
}
