// swift-tools-version: 6.2
import PackageDescription

/// The style every module is held to; see docs/architecture.md.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Tests import freely and call C only through the modules, so only the language rules apply.
let relaxed: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny")
]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies + ["VaultTesting"], resources: resources,
        swiftSettings: relaxed)
}

let package = Package(
    name: "cloudspace",
    products: [
        .executable(name: "cloudspace", targets: ["cloudspace"]),
        .executable(name: "cloudspace-preview", targets: ["cloudspace-preview"]),
    ],
    targets: [
        // C libraries, each imported by one module only.
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CPostgreSQL", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CMicroHTTPD", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CZip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CQREncode", providers: [.apt(["libqrencode-dev"])]),
        .systemLibrary(name: "CPNG", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CMagic", providers: [.apt(["libmagic-dev"])]),
        .systemLibrary(name: "CPKCS11", providers: [.apt(["libp11-kit-dev"])]),
        // For the preview program alone; the server is never linked with them.
        .target(
            name: "CVips",
            cSettings: [
                // pkg-config would say the same, and a flag more that SwiftPM warns of.
                .unsafeFlags([
                    "-I/usr/include/glib-2.0", "-I/usr/lib/x86_64-linux-gnu/glib-2.0/include",
                    "-I/usr/lib/aarch64-linux-gnu/glib-2.0/include",
                ])
            ],
            linkerSettings: [.linkedLibrary("vips"), .linkedLibrary("gobject-2.0"), .linkedLibrary("glib-2.0")]),
        // Pages of PDF: text that is shaped, wrapped and measured.
        .target(
            name: "CPango",
            cSettings: [
                // pkg-config would say the same, and a flag more that SwiftPM warns of.
                .unsafeFlags([
                    "-I/usr/include/pango-1.0", "-I/usr/include/cairo", "-I/usr/include/harfbuzz",
                    "-I/usr/include/glib-2.0", "-I/usr/lib/x86_64-linux-gnu/glib-2.0/include",
                    "-I/usr/lib/aarch64-linux-gnu/glib-2.0/include",
                ])
            ],
            linkerSettings: [
                .linkedLibrary("pangocairo-1.0"), .linkedLibrary("pango-1.0"), .linkedLibrary("cairo"),
                .linkedLibrary("gobject-2.0"), .linkedLibrary("glib-2.0"),
            ]),
        .systemLibrary(name: "CSeccomp", providers: [.apt(["libseccomp-dev"])]),

        // The arrows: a module imports only what stands above it.
        library("Crypto", ["COpenSSL", "CSodium"]),
        library("Database", ["CSQLite", "CPostgreSQL"]),
        library("HTTP", ["CMicroHTTPD"]),
        library("PreviewWire", []),
        library("Media", ["Crypto", "PreviewWire", "CQREncode", "CPNG", "CMagic"]),
        library("Archive", ["Crypto", "CArchive", "CZip"]),
        library("Outbound", ["Crypto", "CCurl"]),
        library("KeyCustody", ["Crypto", "HTTP", "Outbound", "CPKCS11"]),
        library("PDF", ["Crypto", "CPango"]),
        library("BlobStore", ["Crypto", "Outbound"]),
        library("Journal", ["Crypto", "Database"]),
        library("Vault", ["Crypto", "Database", "PreviewWire", "Media", "BlobStore", "Journal"]),
        library("Versions", ["Crypto", "Database", "BlobStore", "Journal", "Vault"]),
        library("Backup", ["Archive", "Crypto", "Database", "BlobStore", "Journal", "Vault", "Versions"]),
        library("Billing", ["Crypto", "Database", "Journal", "Vault"]),
        library(
            "API",
            [
                "HTTP", "Archive", "PDF", "Crypto", "Database", "Media", "BlobStore", "Journal", "Vault", "Versions",
                "Backup", "Billing",
            ]),
        .executableTarget(
            name: "cloudspace",
            dependencies: [
                "Crypto", "Outbound", "KeyCustody", "Database", "Media", "BlobStore", "Journal", "HTTP", "Vault",
                "Versions", "Backup", "Billing", "API",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "cloudspace-preview", dependencies: ["PreviewWire", "CVips", "CSeccomp"], swiftSettings: strict),
        library(
            "VaultTesting",
            [
                "Crypto", "Outbound", "Database", "Media", "BlobStore", "Journal", "HTTP", "Vault", "Versions",
                "Backup", "Billing", "API",
            ]),

        tests("Crypto", ["Crypto"], resources: [.copy("Vectors")]),
        tests("Database", ["Database"]),
        tests("PDF", ["PDF"]),
        tests("Outbound", ["Outbound", "Crypto"]),
        tests("KeyCustody", ["KeyCustody", "Crypto", "Outbound"]),
        tests("BlobStore", ["BlobStore", "Crypto", "Outbound"]),
        tests("Media", ["Media", "PreviewWire", "cloudspace-preview"]),
        tests("Journal", ["Journal", "Crypto", "Database"]),
        tests("HTTP", ["HTTP"]),
        tests(
            "Vault", ["Vault", "Versions", "Media", "cloudspace-preview", "Crypto", "Database", "BlobStore", "Journal"]),
        tests("Archive", ["Archive", "Crypto"]),
        tests(
            "Backup",
            ["Backup", "Archive", "Versions", "Vault", "Crypto", "Database", "BlobStore", "Journal", "API", "HTTP"]),
        tests("Versions", ["Versions", "Vault", "Crypto", "Database", "BlobStore", "Journal"]),
        tests("Billing", ["Billing", "Vault", "Database"]),
        tests(
            "API",
            [
                "API", "Archive", "Media", "cloudspace-preview", "HTTP", "Vault", "Versions", "Backup", "Crypto",
                "Database",
                "BlobStore", "Journal",
            ]),
        tests(
            "Program",
            [
                "cloudspace", "cloudspace-preview", "Crypto", "Outbound", "Database", "BlobStore", "Journal", "Vault",
                "Backup", "Archive",
            ]),
        tests("Architecture", []),
    ],
    swiftLanguageModes: [.v6]
)
