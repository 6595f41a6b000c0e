import Crypto
import Foundation
import Testing
import VaultTesting

@testable import Archive

@Suite struct ForeignArchiveTests {
    typealias Entry = RawZIP.Entry

    /// As names in the vault are compared, near enough.
    private static let folding: ForeignPlan.Folding = { name in
        name.utf8.count > 255
            ? nil
            : Array(name.precomposedStringWithCanonicalMapping.lowercased().precomposedStringWithCanonicalMapping.utf8)
    }

    private func open(
        _ bytes: [UInt8], limits: ForeignLimits = ForeignLimits(), password: String? = nil
    ) async throws -> ForeignArchive {
        let secret = password.flatMap { ZIPPassword(SecretBytes(copying: Array($0.utf8))) }
        return try await ForeignArchive(
            MemoryInput(bytes), limits: limits, password: secret, folding: Self.folding)
    }

    private func verdicts(_ zip: RawZIP) async throws -> [ForeignPlan.Verdict] {
        try await open(zip.bytes).plan.lines.map(\.verdict)
    }

    /// Reads everything that was not refused.
    private func contents(_ archive: ForeignArchive) async throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for line in archive.plan.lines {
            guard case .file(let parts) = line.verdict else { continue }
            var bytes: [UInt8] = []
            try await archive.open(line.entry.index)
            while let piece = try await archive.next(limit: 10_000) { bytes += piece }
            contents[parts.joined(separator: "/")] = bytes
        }
        return contents
    }

    @Test(arguments: [
        ("../up", EntryRefusal.pathTraversal), ("a/../../up", .pathTraversal), ("..\\up", .pathTraversal),
        ("a\\..\\b", .pathTraversal), ("..", .pathTraversal), ("/etc/passwd", .absolutePath),
        ("C:\\Windows\\x", .absolutePath), ("c:x", .absolutePath), ("\\\\server\\share\\x", .absolutePath),
        ("//server/share", .absolutePath), ("a\u{1b}[2J", .controlCharacter), ("a\nb", .controlCharacter),
        ("a\u{85}b", .controlCharacter), (".", .forbiddenName), ("./", .forbiddenName), ("", .forbiddenName),
        (String(repeating: "n", count: 256), .forbiddenName),
        (String(repeating: "d/", count: 64) + "f", .tooDeep),
    ])
    func aNameThatLeadsElsewhereIsRefused(_ name: String, _ refusal: EntryRefusal) async throws {
        #expect(try await verdicts(RawZIP(Entry(name))) == [.refused(refusal)])
    }

    @Test func aNameWithNULIsRefused() async throws {
        // libzip ends the name there, and we do not.
        let zip = RawZIP(Entry(bytes: Array("good.txt\0.exe".utf8)))
        do {
            #expect(try await verdicts(zip) == [.refused(.controlCharacter)])
        } catch ArchiveError.damaged {}
    }

    @Test func pathsAreTakenApart() async throws {
        let zip = RawZIP(
            Entry("./a//b/./c.txt"), Entry("x\\y\\z.txt"),
            Entry("folder/").with {
                $0.content = []
                $0.attributes = 0o040_755 << 16
            })
        #expect(
            try await verdicts(zip) == [.file(["a", "b", "c.txt"]), .file(["x", "y", "z.txt"]), .folder(["folder"])])
    }

    @Test func oldNamesAreDecodedAndBrokenOnesRefused() async throws {
        let zip = RawZIP(
            Entry(bytes: [0x82, 0x74, 0x82]), Entry(bytes: Array("déjà".utf8)),
            Entry(bytes: [0x66, 0xff, 0xfe], flags: 0x800))
        #expect(
            try await verdicts(zip) == [.file(["été"]), .file(["déjà"]), .refused(.brokenName)])
    }

    @Test func aUnicodePathFieldCountsUnlessItContradicts() async throws {
        let name: [UInt8] = [0x3f, 0x2e, 0x74]
        let zip = RawZIP(
            Entry(bytes: name).with { $0.extra = RawZIP.unicodePath("é.t", for: name) },
            Entry(bytes: Array("b".utf8)).with { $0.extra = RawZIP.unicodePath("evil", for: Array("other".utf8)) },
            Entry("c").with { $0.extra = RawZIP.unicodePath("d", for: Array("c".utf8)) },
            Entry(bytes: Array("e".utf8)).with { $0.extra = RawZIP.unicodePath("../e", for: Array("e".utf8)) })
        #expect(
            try await verdicts(zip) == [
                .file(["é.t"]), .refused(.ambiguousName), .refused(.ambiguousName), .refused(.pathTraversal),
            ])
    }

    @Test func linksAndDevicesAreRefused() async throws {
        let modes: [(UInt32, EntryRefusal)] = [
            (0o120_777, .link), (0o020_666, .device), (0o060_660, .device), (0o140_777, .device),
        ]
        for (mode, refusal) in modes {
            let zip = RawZIP(Entry("x").with { $0.attributes = mode << 16 })
            #expect(try await verdicts(zip) == [.refused(refusal)])
        }
    }

    @Test func oneNameIsOneFile() async throws {
        let zip = RawZIP(
            Entry("É.txt"), Entry("E\u{301}.TXT"), Entry("a"), Entry("a/b"), Entry("c/d"), Entry("C"),
            Entry("e/").with { $0.content = [] }, Entry("e/").with { $0.content = [] }, Entry("É.txt"),
            Entry("f/").with { $0.content = [1] })
        #expect(
            try await verdicts(zip) == [
                .file(["É.txt"]), .refused(.duplicateName), .file(["a"]), .refused(.fileAndFolder), .file(["c", "d"]),
                .refused(.fileAndFolder), .folder(["e"]), .folder(["e"]), .refused(.duplicateName),
                .refused(.fileAndFolder),
            ])
    }

    @Test func whatTheLocalHeaderSaysOtherwiseIsRefused() async throws {
        let zip = RawZIP(
            Entry("good"), Entry("a").with { $0.localName = Array("b".utf8) }, Entry("c").with { $0.localSize = 4 },
            Entry("d").with { $0.localMethod = 8 })
        #expect(
            try await verdicts(zip) == [
                .file(["good"]), .refused(.headerMismatch), .refused(.headerMismatch), .refused(.headerMismatch),
            ])
    }

    @Test func entriesThatShareBytesAreRefused() async throws {
        var zip = RawZIP(
            Entry("a").with { $0.content = [UInt8](repeating: 7, count: 100) }, Entry("b"),
            Entry("a").with {
                $0.offset = 0; $0.content = [UInt8](repeating: 7, count: 100)
            }, Entry("c"))
        #expect(
            try await verdicts(zip) == [.refused(.overlap), .file(["b"]), .refused(.overlap), .file(["c"])])
        // An entry whose content reaches over the next one's header.
        let (first, second) = (Entry("a"), Entry("b"))
        zip = RawZIP(
            first.with {
                $0.storedSize = 20; $0.size = 20
            }, second, Entry("c"))
        #expect(
            try await verdicts(zip) == [.refused(.overlap), .refused(.overlap), .file(["c"])])
    }

    @Test func anEntryOutsideTheFileIsRefused() async throws {
        for zip in [
            RawZIP(Entry("a").with { $0.offset = 4_000_000 }),
            RawZIP(
                Entry("a").with {
                    $0.storedSize = 4_000; $0.size = 4_000
                }),
        ] {
            do {
                #expect(try await verdicts(zip) == [.refused(.headerMismatch)])
            } catch is ArchiveError {}
        }
    }

    @Test func severalDisksTwoEndsAndWhatLiesBehindAreRefused() async throws {
        var zip = RawZIP(Entry("a"))
        zip.disk = 1
        await #expect(throws: ArchiveError.multiDisk) { try await open(zip.bytes) }
        await #expect(throws: ArchiveError.notZIP) { try await open(RawZIP(Entry("a")).bytes + [0]) }
        await #expect(throws: ArchiveError.notZIP) { try await open(Array("no archive at all, just words".utf8)) }
        await #expect(throws: ArchiveError.notZIP) { try await open([]) }
        var inner = RawZIP(Entry("b"))
        inner.comment = []
        zip = RawZIP(Entry("a"))
        zip.comment = Array(inner.bytes.suffix(22))
        await #expect(throws: ArchiveError.damaged("two ends")) { try await open(zip.bytes) }
        zip.comment = []
        zip.count = 2
        await #expect(throws: ArchiveError.self) { try await open(zip.bytes) }
        await #expect(throws: ArchiveError.self) { try await open([1, 2, 3] + RawZIP(Entry("a")).bytes) }
        // A program in front, accounted for by the offsets, does no harm.
        zip = RawZIP(Entry("a"))
        zip.before = Array("#!/bin/sh\n".utf8)
        #expect(try await verdicts(zip) == [.file(["a"])])
    }

    @Test func tooManyEntriesAndTooMuchContentAreRefused() async throws {
        var limits = ForeignLimits()
        limits.entries = 1
        let two = RawZIP(Entry("a"), Entry("b")).bytes
        await #expect(throws: ArchiveError.tooManyEntries) { try await open(two, limits: limits) }
        limits.entries = 2
        limits.total = 9
        await #expect(throws: ArchiveError.tooLarge(limit: 9)) { try await open(two, limits: limits) }
        limits.total = 10
        #expect(try await open(two, limits: limits).plan.bytes == 10)
    }

    @Test func aBombIsRefusedBeforeItIsOpenedAndCountedWhileItIs() async throws {
        let place = try TemporaryDirectory()
        let made = try await Shell.run(
            """
            head -c 20000000 /dev/zero > zeros && head -c 1000000 /dev/zero > small && zip -q9 bomb.zip zeros small
            """, in: place.path)
        #expect(made.status == 0)
        let bytes = try Shell.bytes(place.path + "/bomb.zip")
        let archive = try await open(bytes)
        #expect(archive.plan.lines.map(\.verdict) == [.refused(.compressionRatio), .file(["small"])])
        #expect(try await contents(archive)["small"]?.count == 1_000_000)
        // The same, but both headers say it is small: what comes out is counted.
        var lying = bytes
        let sizes: [UInt8] = RawZIP.four(20_000_000)
        for place in bytes.indices.dropLast(3) where Array(bytes[place..<place + 4]) == sizes {
            lying.replaceSubrange(place..<place + 4, with: RawZIP.four(500_000))
        }
        #expect(lying != bytes)
        let liar = try await open(lying)
        #expect(liar.plan.lines.map(\.verdict) == [.file(["zeros"]), .file(["small"])])
        await #expect(throws: ArchiveError.self) { try await contents(liar) }
    }

    @Test func aWrongChecksumIsFoundAtTheEnd() async throws {
        let archive = try await open(RawZIP(Entry("a").with { $0.crc = 7 }).bytes)
        await #expect(throws: ArchiveError.wrongCRC) { try await contents(archive) }
    }

    @Test func anUnknownMethodIsRefused() async throws {
        let zip = RawZIP(Entry("a").with { $0.method = 97 }, Entry("b").with { $0.method = 1 })
        #expect(
            try await verdicts(zip) == [.refused(.unsupportedMethod), .refused(.unsupportedMethod)])
    }

    /// What programs of other people make, read back.
    @Test(arguments: [
        ("zip", "zip -qr a.zip f g", nil as String?), ("zip, no folders", "zip -qrD a.zip f g", nil),
        ("zip, ZIP64", "zip -qr -fz a.zip f g", nil),
        ("zip from a pipe", "cat f/one | zip -q a.zip - && zip -q a.zip g", nil),
        ("7zz", "7zz a -tzip a.zip f g", nil), ("7zz, bzip2", "7zz a -tzip -mm=bzip2 a.zip f g", nil),
        ("7zz, AES", "7zz a -tzip -mem=AES256 -psecret-word a.zip f g", "secret-word"),
        ("7zz, AES-128", "7zz a -tzip -mem=AES128 -psecret-word a.zip f g", "secret-word"),
        ("zip, ZipCrypto", "zip -q -P secret-word -r a.zip f g", "secret-word"),
        ("bsdtar", "bsdtar --format zip -cf a.zip f g", nil),
        ("Python", "python3 -m zipfile -c a.zip f g", nil),
    ])
    func archivesOfOthersAreRead(_ program: String, _ command: String, _ password: String?) async throws {
        let place = try TemporaryDirectory()
        let made = try await Shell.run(
            "mkdir -p f/é && seq 1 100000 > f/one && echo hi > 'f/é/ü' && : > g && \(command)", in: place.path)
        try #require(made.status == 0, "\(made.output)")
        let bytes = try Shell.bytes(place.path + "/a.zip")
        let archive = try await open(bytes, password: password)
        let refused = archive.plan.lines.filter { if case .refused = $0.verdict { true } else { false } }
        #expect(refused.isEmpty, "\(refused)")
        let contents = try await contents(archive)
        let one = try Shell.bytes(place.path + "/f/one")
        #expect(contents.values.contains(one))
        #expect(contents["g"] == [])
        if contents["f/one"] != nil { #expect(contents["f/é/ü"] == Array("hi\n".utf8)) }
        guard password != nil else { return }
        await #expect(throws: ArchiveError.wrongPassword) { try await open(bytes, password: "another-word") }
        let closed = try await open(bytes)
        #expect(closed.plan.lines.contains { $0.verdict == .refused(.passwordNeeded) })
    }

    /// Real archives with bytes changed, cut and doubled: whatever they are then, reading them ends, with what is right or
    /// with an error.
    @Test func mutatedArchivesNeverDoHarm() async throws {
        let seed = TestSeed.fromEnvironment ?? UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let place = try TemporaryDirectory()
        let made = try await Shell.run(
            """
            mkdir f && seq 1 300 > f/one && echo hi > f/two && : > g && head -c 3000 /dev/urandom > h
            zip -qr 1.zip f g h && 7zz a -tzip -mem=AES256 -psecret-word 2.zip f g h > log
            7zz a -tzip -mm=bzip2 3.zip f g h > log && bsdtar --format zip -cf 4.zip f g h && zip -qr -fz 5.zip f g h
            python3 -m zipfile -c 6.zip f g h && cat f/one | zip -q 7.zip -
            """, in: place.path)
        try #require(made.status == 0, "\(made.output)")
        var limits = ForeignLimits()
        limits.total = 1 << 20
        let password = ZIPPassword(SecretBytes(copying: Array("secret-word".utf8)))
        for number in 1...7 {
            let whole = try Shell.bytes(place.path + "/\(number).zip")
            for round in 0..<120 {
                var bytes = whole
                for _ in 0...Int.random(in: 0..<4, using: &random) {
                    // Three in four near the directory, where the numbers are.
                    let start =
                        Bool.random(using: &random) || Bool.random(using: &random) ? max(0, bytes.count - 700) : 0
                    guard start < bytes.count else { continue }
                    let at = Int.random(in: start..<bytes.count, using: &random)
                    switch Int.random(in: 0..<6, using: &random) {
                    case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                    case 2: bytes[at] = 0xff
                    case 3: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1..<40, using: &random)))
                    case 4: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 46)], at: at)
                    default: bytes[at] = 0
                    }
                }
                do {
                    let archive = try await ForeignArchive(
                        MemoryInput(bytes), limits: limits, password: password, folding: Self.folding)
                    for line in archive.plan.lines {
                        guard case .file = line.verdict else { continue }
                        do {
                            let content = try await archive.read(line.entry.index, limit: 1 << 20)
                            #expect(Int64(content.count) == line.entry.size, "seed \(seed), \(number), \(round)")
                        } catch let error as ArchiveError {
                            #expect(error != .outOfMemory, "seed \(seed), \(number), \(round)")
                        }
                    }
                } catch let error as ArchiveError {
                    #expect(error != .outOfMemory, "seed \(seed), \(number), \(round)")
                }
            }
        }
    }
}
