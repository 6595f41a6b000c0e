import Testing

/// The checker itself, on made-up sources: a rule that cannot fail protects nothing.
@Suite struct CheckerTests {
    private let checker = Checker()

    private func rules(_ path: String, _ text: String) -> [String] {
        checker.violations(in: [SwiftSource(path: path, text: text)]).map(\.rule)
    }

    // MARK: Imports

    @Test func anArrowToTheLeftIsAllowed() {
        #expect(rules("Sources/Journal/Log.swift", "import Crypto\npublic import Database\n").isEmpty)
    }

    @Test(arguments: [
        "import Vault", "public import Vault", "@preconcurrency import Vault", "@_exported public import Vault",
        "import struct Vault.Node", "import func Vault.move", "import\n    Vault", "let a = 1; import Vault",
        "#if os(Linux)\nimport Vault\n#endif",
    ])
    func anArrowToTheRightIsRefusedHoweverItIsSpelled(_ declaration: String) {
        #expect(rules("Sources/Journal/Log.swift", declaration) == ["Journal may not import Vault"])
    }

    @Test func aLibraryIsRefusedToOtherModules() {
        #expect(rules("Sources/Vault/SQLite/Shortcut.swift", "import CSQLite") == ["CSQLite belongs to Database"])
    }

    @Test func aLibraryIsRefusedOutsideItsFolder() {
        let text = "import CSQLite"
        #expect(rules("Sources/Database/Query.swift", text) == ["CSQLite may be imported in SQLite/ only"])
        #expect(rules("Sources/Database/SQLite/Statement.swift", text).isEmpty)
        #expect(rules("Sources/Database/Engines/SQLite/Statement.swift", text).isEmpty)
    }

    @Test func aFileNamedLikeAFolderIsNotInIt() {
        #expect(rules("Sources/Database/SQLite.swift", "import CSQLite").count == 1)
    }

    @Test(arguments: ["Foundation", "FoundationNetworking", "FoundationXML", "FoundationInternationalization"])
    func theWholeOfFoundationIsRefused(_ name: String) {
        let rule = "import FoundationEssentials or Glibc instead of \(name)"
        #expect(rules("Sources/Vault/Time.swift", "import \(name)") == [rule])
        #expect(rules("Sources/Vault/Time.swift", "import FoundationEssentials").isEmpty)
    }

    @Test func theTestKitStaysOutOfTheProgram() {
        #expect(rules("Sources/cloudspace/Serve.swift", "import VaultTesting").count == 1)
        #expect(rules("Sources/Vault/Move.swift", "import Testing").count == 1)
        #expect(rules("Sources/VaultTesting/World.swift", "import Testing").isEmpty)
    }

    @Test func aModuleWithoutARowIsRefused() {
        #expect(rules("Sources/Extra/A.swift", "") == ["module Extra has no row in Architecture.rules"])
    }

    // MARK: Alignment

    @Test(arguments: [
        "struct A { let id: UInt128 }", "struct A {\n    private(set) var id: UInt128?\n    let b: Int\n}",
        "final class A { let pair: (UInt128, Int) }", "actor A { var id = UInt128(1) }",
        "enum E { case one, two(Int, UInt128) }", "struct A: B { struct C { var id: Optional<UInt128> = nil } }",
        "struct A { var id: UInt128 { didSet { check() } } }", "extension A { struct B { let id: UInt128 } }",
    ])
    func aStoredUInt128IsRefusedWhereverItHides(_ text: String) {
        #expect(rules("Sources/Vault/A.swift", text).count == 1, "\(text)")
    }

    @Test(arguments: [
        "struct A { @Words128 var id: UInt128 }", "struct A { @OptionalWords128 public private(set) var id: UInt128? }",
        "struct A { var id: UInt128 { 1 } }", "struct A { let all: [UInt128: Int]\n    let some: [UInt128] }",
        "struct A { static let first: UInt128 = 1 }", "func f(id: UInt128) { let other: UInt128 = id }",
        "struct A { func f() { let id: UInt128 = 1 } }", "struct A { init(_ id: UInt128) { let b = UInt128(1) } }",
        "struct A { let make: () -> UInt128 }",
        "enum E { case one(ID)\n    static func of(_ id: UInt128) -> E { .one(ID(id)) } }",
        "struct A { let id: ID\n    init(_ value: UInt128) { id = ID(value) } }",
        "enum E { case one([UInt128]) }",
    ])
    func aUInt128OfTheMomentIsAllowed(_ text: String) {
        #expect(rules("Sources/Vault/A.swift", text).isEmpty, "\(text)")
    }

    @Test func anAllowedUInt128IsAllowedInItsPlaceOnly() {
        var checker = Checker()
        checker.mayStoreUInt128 = ["Sources/Vault/A.swift id"]
        let text = "struct A { let id: UInt128 }"
        #expect(checker.alignment(SwiftSource(path: "Sources/Vault/A.swift", text: text)).isEmpty)
        #expect(checker.alignment(SwiftSource(path: "Sources/Vault/B.swift", text: text)).count == 1)
    }

    // MARK: Names

    @Test func routesDoNotSpeakOfTables() {
        let text = "import Database\nfunc a(_ t: borrowing Transaction) { let time: Timestamp }"
        #expect(rules("Sources/API/Drive/Files.swift", text) == ["API may not speak of Transaction"])
        #expect(rules("Sources/Vault/Files/Rename.swift", text).isEmpty)
    }

    @Test func onlyTheProgramAndTheTestKitNameConcreteStores() {
        let text = "let store = LocalBlobStore(directory: path)"
        #expect(rules("Sources/Vault/Files/Save.swift", text) == ["only the program names LocalBlobStore"])
        for path in ["Sources/BlobStore/Local/A.swift", "Sources/cloudspace/A.swift", "Sources/VaultTesting/A.swift"] {
            #expect(rules(path, text).isEmpty)
        }
    }

    // MARK: Danger

    @Test(arguments: [
        "unsafe read(pointer)", "let a = unsafe pointer", "nonisolated(unsafe) var a = 1", "@unsafe struct A {}",
        "let a = \"\\(unsafe name(of: pointer))\"", "let a = #\"\\#(unsafe name)\"#",
    ])
    func unsafeIsRefusedOutsideTheWrappingFolders(_ code: String) {
        #expect(rules("Sources/Vault/Move.swift", code) == ["`unsafe` outside a wrapping folder"])
        #expect(rules("Sources/Crypto/Hash/OpenSSL/SHA256.swift", code).isEmpty)
    }

    @Test(arguments: [
        "// unsafe, try! and fatalError( are words here", "/// Never `try!`.", "/* a /* nested unsafe */ unsafe */",
        "let a = \"unsafe try! fatalError()\"", "let a = \"\"\"\n  unsafe \"quoted\" try!\n  \"\"\"",
        "let a = #\"unsafe \" try!\"#", "let a = \"\\\\\" // unsafe", "let a = \"\\\"unsafe\"", "func isUnsafe() {}",
        "let unsafely = 1", "try work() != 2", "if try !isThere() {}", "if a as Int != 3 {}", "func fatalErrors() {}",
        "let a: Int! = `import`",
    ])
    func wordsInCommentsStringsAndNamesAreNoDanger(_ code: String) {
        #expect(rules("Sources/Vault/Move.swift", code).isEmpty)
    }

    @Test(arguments: [("try! work()", "`try!`"), ("fatalError(\"no\")", "`fatalError`"), ("a as! Int", "`as!`")])
    func stoppingTheProgramIsRefusedEverywhere(_ code: String, _ rule: String) {
        #expect(rules("Sources/Vault/Move.swift", code) == [rule])
        #expect(rules("Sources/Database/SQLite/Statement.swift", code) == [rule])
    }

    @Test func codeAfterAStringIsSeenAgain() {
        #expect(rules("Sources/Vault/Move.swift", "let a = \"(\"; try! work() // \"").count == 1)
        #expect(rules("Sources/Vault/Move.swift", "let a = \"\\(f(\")\"))\" + g(try! h())").count == 1)
    }

    @Test func linesAreCountedThroughStringsAndComments() {
        let text = "/*\n\n*/ let a = \"\"\"\n  x\n  \"\"\"\ntry! work()\n"
        let found = checker.violations(in: [SwiftSource(path: "Sources/Vault/Move.swift", text: text)])
        #expect(found.map(\.description) == ["Sources/Vault/Move.swift:6: `try!`"])
    }

    @Test(arguments: [
        "/// Locked by `mutex`.\nfinal class A: @unchecked Sendable {}",
        "// One owner.\n@safe\nfinal class A: @unchecked Sendable {}",
        "final class A: @unchecked Sendable {}  // immutable after init",
    ])
    func anUncheckedPromiseWithItsReasonIsAllowed(_ code: String) {
        #expect(rules("Sources/Vault/Cache.swift", code).isEmpty)
    }

    @Test(arguments: [
        "final class A: @unchecked Sendable {}", "/// A.\nlet a = 1\nfinal class A: @unchecked Sendable {}",
        "/// A.\n\nfinal class A: @unchecked Sendable {}",
    ])
    func anUncheckedPromiseWithoutAReasonIsRefused(_ code: String) {
        #expect(rules("Sources/Vault/Cache.swift", code) == ["`@unchecked` without the reason beside it"])
    }

    @Test func lengthCountsLines() {
        let longest = String(repeating: "//\n", count: Architecture.longestFile)
        #expect(rules("Sources/Vault/Long.swift", longest).isEmpty)
        #expect(rules("Sources/Vault/Long.swift", longest + "//").count == 1)
    }

    @Test func manifestIsReadInBothSpellings() {
        let manifest = PackageManifest(
            text: """
                library("A", ["C", "D"]), library( "B", [] ),
                .executableTarget(
                    name: "program",
                    dependencies: [
                        "A", "B",
                    ],
                """)
        #expect(manifest.dependencies == ["A": ["C", "D"], "B": [], "program": ["A", "B"]])
    }
}
