import Crypto
import Foundation
import Testing
import VaultTesting

@testable import Archive

@Suite struct ZIPVolumeTests {
    private static let moment: Int64 = 1_729_954_801

    private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private func password(_ text: String) throws -> ZIPPassword {
        let password = ZIPPassword(SecretBytes(copying: Array(text.utf8)))
        return try #require(password)
    }

    private var contents: [(String, [UInt8])] {
        [
            ("Été/🎈 файл “q”.txt", Array("123456789".utf8)), ("Été/nothing.txt", []), ("seventeen", bytes(17, seed: 3)),
            ("Été/large.bin", bytes(3_000_001, seed: 1)), ("end", bytes(1, seed: 2)),
        ]
    }

    private func sources() -> [ZIPSource] {
        [ZIPSource(folder: "Été", modified: Self.moment)]
            + contents.map { ZIPSource(path: $0.0, bytes: $0.1, modified: Self.moment) }
    }

    @Test func otherProgramsOpenOurVolumes() async throws {
        let place = try TemporaryDirectory()
        let file = place.path + "/a.zip"
        let volume = try await ZIPVolumeWriter().write(sources(), to: file, hashing: .sha256)
        let written = try Shell.bytes(file)
        #expect(volume.size == Int64(written.count))
        #expect(volume.sha256 == SHA256Hash.of(written))
        let seen = try await ForeignUnzip(written)
        #expect(seen.lines.first == "Été/|0|00000000|\(Self.moment)")
        // CRC-32 of "123456789" is the check value of the algorithm's catalogue.
        #expect(seen.lines.dropFirst().first == "Été/🎈 файл “q”.txt|9|cbf43926|\(Self.moment)")
        #expect(seen.lines.count == 6)
        #expect(seen.verdicts == ["unzip": true, "7zz": true])
        let extracted = try await Shell.run("mkdir x && bsdtar -xf a.zip -C x", in: place.path)
        #expect(extracted.status == 0, "\(extracted.output)")
        for (path, content) in contents { #expect(try Shell.bytes(place.path + "/x/" + path) == content) }
        let permissions = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(permissions == 0o600)
    }

    @Test(arguments: [false, true])
    func whatWeWriteWeRead(_ isEncrypted: Bool) async throws {
        let place = try TemporaryDirectory()
        let file = place.path + "/a.zip"
        let key = isEncrypted ? try password("a long enough password") : nil
        _ = try await ZIPVolumeWriter().write(sources(), to: file, password: key)
        let contents = contents
        try await OwnThread.run { () throws in
            let reader = try ZIPVolumeReader(try FileInput(path: file))
            #expect(reader.entries.map(\.name) == ["Été/"] + contents.map(\.0))
            for (entry, (_, content)) in zip(reader.entries.dropFirst(), contents) {
                #expect(entry.modified == Self.moment)
                #expect(entry.encryption == (isEncrypted ? .aes(bits: 256) : .none))
                #expect(try reader.open(entry.index, password: key).all(limit: 1 << 30) == content)
                if !isEncrypted {
                    let start = try reader.dataOffset(of: entry.index)
                    #expect(try reader.input.bytes(at: start, count: content.count) == content)
                }
            }
        }
    }

    @Test func otherProgramsOpenEncryptedVolumesWithThePasswordOnly() async throws {
        let place = try TemporaryDirectory()
        _ = try await ZIPVolumeWriter().write(
            sources(), to: place.path + "/a.zip", password: try password("a long enough password"))
        for (command, isRight) in [
            ("7zz x -y -ox '-pa long enough password' a.zip", true), ("7zz t '-pwrong' a.zip", false),
            ("mkdir y && bsdtar --passphrase 'a long enough password' -xf a.zip -C y", true),
            ("mkdir z && bsdtar --passphrase wrong -xf a.zip -C z", false),
        ] {
            let outcome = try await Shell.run(command, in: place.path)
            #expect((outcome.status == 0) == isRight, "\(command): \(outcome.output)")
        }
        for (path, content) in contents {
            #expect(try Shell.bytes(place.path + "/x/" + path) == content)
            #expect(try Shell.bytes(place.path + "/y/" + path) == content)
        }
    }

    @Test func aWrongPasswordAndAMissingOneAreTold() async throws {
        let place = try TemporaryDirectory()
        let file = place.path + "/a.zip"
        let (right, wrong) = (try password("a long enough password"), try password("another long password"))
        _ = try await ZIPVolumeWriter().write(sources(), to: file, password: right)
        try await OwnThread.run { () throws in
            let reader = try ZIPVolumeReader(try FileInput(path: file))
            #expect(throws: ArchiveError.passwordNeeded) { try reader.open(1) }
            // Two bytes tell most wrong passwords at once, the authentication at the end tells all.
            #expect(throws: ArchiveError.wrongPassword) { try reader.open(1, password: wrong).all(limit: 100) }
            #expect(try reader.open(1, password: right).all(limit: 100) == Array("123456789".utf8))
        }
    }

    @Test func aPasswordIsNeitherEmptyNorHoldsNUL() {
        #expect(ZIPPassword(SecretBytes(copying: [])) == nil)
        #expect(ZIPPassword(SecretBytes(copying: [65, 0, 66])) == nil)
        #expect(ZIPPassword(SecretBytes(copying: [UInt8](repeating: 65, count: 1_025))) == nil)
    }

    @Test func moreEntriesThan16BitsCount() async throws {
        let place = try TemporaryDirectory()
        let file = place.path + "/a.zip"
        let count = 70_000
        let sources = (0..<count).map { ZIPSource(path: "f\($0)", bytes: [UInt8(truncatingIfNeeded: $0)]) }
        _ = try await ZIPVolumeWriter().write(sources, to: file)
        try await OwnThread.run { () throws in
            let reader = try ZIPVolumeReader(try FileInput(path: file))
            #expect(reader.entries.count == count)
            #expect(try reader.open(count - 1).all(limit: 1) == [UInt8(truncatingIfNeeded: count - 1)])
            #expect(throws: ArchiveError.tooManyEntries) {
                try ZIPVolumeReader(try FileInput(path: file), limits: DirectoryLimits(entries: 69_999, bytes: 1 << 30))
            }
        }
        let seen = try await Shell.run(
            "unzip -tqq a.zip && python3 -c \"import zipfile; print(len(zipfile.ZipFile('a.zip').infolist()))\"",
            in: place.path)
        #expect(seen.status == 0)
        #expect(seen.output == "\(count)\n")
    }

    @Test func aSourceGivesExactlyWhatItAnnounced() async throws {
        let place = try TemporaryDirectory()
        let file = place.path + "/a.zip"
        for (announced, written) in [(3, 4), (5, 4)] as [(Int64, Int64)] {
            let whole = ZIPSource(path: "a", bytes: [1, 2, 3, 4])
            let wrong = ZIPSource(path: "a", size: announced, pull: whole.pull)
            await #expect(throws: ArchiveError.wrongLength(announced: announced, written: written)) {
                try await ZIPVolumeWriter().write([wrong], to: file)
            }
            #expect(!FileManager.default.fileExists(atPath: file))
        }
        await #expect(throws: ArchiveError.duplicateName("a")) {
            try await ZIPVolumeWriter().write(
                [ZIPSource(path: "a", bytes: []), ZIPSource(path: "a", bytes: [])], to: file)
        }
        await #expect(throws: ArchiveError.empty) { try await ZIPVolumeWriter().write([], to: file) }
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func anExistingFileIsNotTouched() async throws {
        let place = try TemporaryDirectory()
        let file = place.path + "/a.zip"
        try Shell.write([1, 2, 3], to: file)
        await #expect(throws: ArchiveError.io(EEXIST)) {
            try await ZIPVolumeWriter().write([ZIPSource(path: "a", bytes: [])], to: file)
        }
        #expect(try Shell.bytes(file) == [1, 2, 3])
    }

    @Test func whatATaskSendsArrives() async throws {
        let place = try TemporaryDirectory()
        let content = bytes(2_500_000, seed: 7)
        let pipe = BoundedPipe(limit: 100_000)
        async let sending: Void = {
            for start in stride(from: 0, to: content.count, by: 33_333) {
                try await pipe.send(Array(content[start..<min(content.count, start + 33_333)]))
            }
            pipe.finish()
        }()
        let file = place.path + "/a.zip"
        _ = try await ZIPVolumeWriter().write(
            [ZIPSource(path: "a", size: Int64(content.count), pipe: pipe)], to: file)
        try await sending
        try await OwnThread.run { () throws in
            #expect(try ZIPVolumeReader(try FileInput(path: file)).open(0).all(limit: 1 << 30) == content)
        }
    }

    private struct Broken: Error, Equatable {}

    @Test func whatFailedAtTheSourceIsThrown() async throws {
        let place = try TemporaryDirectory()
        let pipe = BoundedPipe()
        try await pipe.send([1, 2, 3])
        pipe.fail(Broken())
        await #expect(throws: Broken.self) {
            try await ZIPVolumeWriter().write(
                [ZIPSource(path: "a", size: 9, pipe: pipe)], to: place.path + "/a.zip", hashing: .sha256)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }

    @Test func aCancelledWritingLeavesNoFileAndFreesItsSources() async throws {
        let place = try TemporaryDirectory()
        let pipe = BoundedPipe(limit: 10)
        let file = place.path + "/a.zip"
        let writing = Task {
            try await ZIPVolumeWriter().write([ZIPSource(path: "a", size: 1_000, pipe: pipe)], to: file)
        }
        // The second piece finds room only when the thread has taken the first: it hangs in the pipe then.
        try await pipe.send([UInt8](repeating: 1, count: 10))
        try await pipe.send([2])
        writing.cancel()
        await #expect(throws: ArchiveError.cancelled) { try await writing.value }
        await #expect(throws: ArchiveError.cancelled) { try await pipe.send([3]) }
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func aFailedWritingFreesWhoeverWaitsForRoom() async throws {
        let place = try TemporaryDirectory()
        let pipe = BoundedPipe(limit: 10)
        let writing = Task {
            try await ZIPVolumeWriter().write(
                [ZIPSource(path: "a", size: 1_000, pipe: pipe)], to: "\(place.path)/missing/a.zip")
        }
        await #expect(throws: ArchiveError.self) { try await writing.value }
        await #expect(throws: ArchiveError.cancelled) {
            for _ in 0..<3 { try await pipe.send([UInt8](repeating: 1, count: 10)) }
        }
    }

    @Test func aCancelledSenderDoesNotWaitForRoom() async throws {
        let pipe = BoundedPipe(limit: 1)
        try await pipe.send([1])
        let sending = Task { try await pipe.send([2]) }
        sending.cancel()
        await #expect(throws: CancellationError.self) { try await sending.value }
    }

    private static let canMount: Bool = {
        guard let place = try? TemporaryDirectory() else { return false }
        return mount("none", place.path, "tmpfs", 0, "size=2m") == 0 && umount(place.path) == 0
    }()

    @Test(.enabled(if: Self.canMount, "needs the right to mount a tmpfs"))
    func aFullDiskIsTold() async throws {
        let place = try TemporaryDirectory()
        try #require(mount("none", place.path, "tmpfs", 0, "size=2m") == 0)
        defer { umount2(place.path, Int32(MNT_DETACH)) }
        let zeros = ZIPSource(path: "a", size: 8 << 20) { $0.byteCount }
        await #expect(throws: ArchiveError.full) {
            try await ZIPVolumeWriter().write([zeros], to: place.path + "/a.zip", hashing: .sha256)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }

    @Test func everyDamagedVolumeIsRefusedOrReadRight() async throws {
        let place = try TemporaryDirectory()
        let file = place.path + "/a.zip"
        let plain = [("one", bytes(60, seed: 4)), ("two", bytes(9, seed: 5))]
        _ = try await ZIPVolumeWriter().write(plain.map { ZIPSource(path: $0.0, bytes: $0.1) }, to: file)
        let whole = try Shell.bytes(file)
        @Sendable func read(_ bytes: [UInt8]) throws -> [[UInt8]] {
            let reader = try ZIPVolumeReader(MemoryInput(bytes))
            return try reader.entries.map { try reader.open($0.index).all(limit: 1 << 20) }
        }
        try await OwnThread.run { () throws in
            #expect(try read(whole) == plain.map(\.1))
            for count in whole.indices {
                #expect(throws: ArchiveError.self, "cut after \(count)") { try read(Array(whole[..<count])) }
            }
            for place in whole.indices {
                var damaged = whole
                damaged[place] ^= 0x20
                if let read = try? read(damaged) { #expect(read == plain.map(\.1), "byte \(place)") }
            }
        }
    }
}
