import Testing
import VaultTesting

@testable import Archive

@Suite struct ZIPWriterTests {
    private static let moment: Int64 = 1_729_954_800

    private func file(_ path: String, _ size: Int) -> ArchiveEntry {
        ArchiveEntry(path: path, kind: .file(size: Int64(size)), modified: Self.moment)
    }

    @Test(arguments: [false, true])
    func otherProgramsOpenOurArchives(_ alwaysZIP64: Bool) async throws {
        let zip = try ZIPWriter(alwaysZIP64: alwaysZIP64)
        try zip.begin(ArchiveEntry(path: "Été", kind: .folder, modified: Self.moment))
        try zip.begin(ArchiveEntry(path: "Été/empty folder", kind: .folder, modified: Self.moment + 1))
        try zip.begin(file("Été/nothing.txt", 0))
        try zip.begin(file("Été/🎈 файл “q”.txt", 9))
        try zip.write(Array("1234".utf8))
        try zip.write([])
        try zip.write(Array("56789".utf8))
        try zip.begin(file("Été/large.bin", 300_000))
        var archive: [UInt8] = []
        for _ in 0..<3 {
            try zip.write([UInt8](repeating: 7, count: 100_000))
            archive += zip.take()
        }
        #expect(zip.pending == 0)
        try zip.finish()
        archive += zip.take()
        let seen = try await ForeignUnzip(archive)
        // CRC-32 of "123456789" is the check value of the algorithm's catalogue.
        #expect(
            seen.lines.prefix(4) == [
                "Été/|0|00000000|1729954800", "Été/empty folder/|0|00000000|1729954801",
                "Été/nothing.txt|0|00000000|1729954800", "Été/🎈 файл “q”.txt|9|cbf43926|1729954800",
            ])
        #expect(seen.lines.last?.hasPrefix("Été/large.bin|300000|") == true)
        #expect(seen.lines.count == 5)
        #expect(seen.verdicts == ["unzip": true, "7zz": true])
    }

    @Test func sizesOf64BitsAreWrittenWhereTheyAreNeeded() throws {
        let size: Int64 = 5 << 30
        let zip = try ZIPWriter()
        try zip.begin(ArchiveEntry(path: "large", kind: .file(size: size), modified: Self.moment))
        let header = zip.take()
        // APPNOTE 4.3.7 and 4.5.3: version 4.5, both sizes 0xffffffff, and the field 0x0001 with both in 64 bits.
        #expect(Array(header[0..<6]) == [0x50, 0x4b, 3, 4, 45, 0])
        #expect(Array(header[18..<26]) == [UInt8](repeating: 0xff, count: 8))
        let field: [UInt8] = [1, 0, 16, 0] + (0..<8).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) }
        #expect(header.indices.contains { header[$0...].starts(with: field) })
    }

    @Test func anEntryGetsExactlyTheBytesItWasAnnouncedWith() throws {
        let long = try ZIPWriter()
        try long.begin(file("a", 3))
        #expect(throws: ArchiveError.wrongLength(announced: 3, written: 4)) { try long.write([1, 2, 3, 4]) }
        let short = try ZIPWriter()
        try short.begin(file("a", 3))
        try short.write([1, 2])
        #expect(throws: ArchiveError.wrongLength(announced: 3, written: 2)) { try short.begin(file("b", 0)) }
        #expect(throws: ArchiveError.wrongLength(announced: 3, written: 2)) { try short.finish() }
    }

    @Test func anArchiveThatWasNotFinishedIsRefusedByEverybody() async throws {
        let zip = try ZIPWriter()
        try zip.begin(file("a", 3))
        try zip.write([1, 2, 3])
        let seen = try await ForeignUnzip(zip.take())
        #expect(seen.lines == ["refused"])
        #expect(seen.verdicts == ["unzip": false, "7zz": false])
    }

    @Test func whatRestsInMemoryIsBounded() throws {
        let zip = try ZIPWriter(directoryLimit: 1_000)
        for number in 0..<5 { try zip.begin(file("\(number)", 0)) }
        #expect(throws: ArchiveError.tooManyEntries) { for number in 5..<10 { try zip.begin(file("\(number)", 0)) } }
        #expect(throws: ArchiveError.pathTooLong) {
            try ZIPWriter().begin(file(String(repeating: "x", count: 65_536), 0))
        }
    }
}
