/// Where an archive's directory lies: the record at the end of a ZIP (APPNOTE 4.3.14 to 4.3.16).
///
/// Stricter than most programs, because two readers that find two directories in one file see two archives: the record
/// ends the file, it is the only one that can, and the directory ends where the record begins.
struct DirectoryEnd: Equatable {
    let count: Int64
    let offset: Int64
    let size: Int64

    private static let recordSize = 22

    init(of input: any ZIPInput) throws {
        let tail = Int(min(input.size, Int64(Self.recordSize + 65_535)))
        guard tail >= Self.recordSize else { throw ArchiveError.notZIP }
        let bytes = try input.bytes(at: input.size - Int64(tail), count: tail)
        guard bytes.count == tail else { throw ArchiveError.truncated }
        var found: Int?
        for place in stride(from: tail - Self.recordSize, through: 0, by: -1)
        where bytes[place] == 0x50 && bytes[place + 1] == 0x4b && bytes[place + 2] == 5 && bytes[place + 3] == 6 {
            let comment = Int(bytes[place...].short(at: 20))
            guard place + Self.recordSize + comment == tail else { continue }
            guard found == nil else { throw ArchiveError.damaged("two ends") }
            found = place
        }
        guard let found else { throw ArchiveError.notZIP }
        let record = bytes[found..<found + Self.recordSize]
        let place = input.size - Int64(tail - found)
        let isLarge =
            record.short(at: 8) == 0xffff || record.short(at: 10) == 0xffff || record.word(at: 12) == 0xffff_ffff
            || record.word(at: 16) == 0xffff_ffff
        if let large = try Self.large(before: place, in: input) {
            self = large
            return
        }
        guard !isLarge || record.short(at: 10) == 0xffff && record.word(at: 12) != 0xffff_ffff else {
            throw ArchiveError.damaged("no 64-bit end")
        }
        guard record.short(at: 4) == 0, record.short(at: 6) == 0, record.short(at: 8) == record.short(at: 10) else {
            throw ArchiveError.multiDisk
        }
        try self.init(
            count: Int64(record.short(at: 10)), offset: Int64(record.word(at: 16)), size: Int64(record.word(at: 12)),
            end: place)
    }

    private init(count: Int64, offset: Int64, size: Int64, end: Int64) throws(ArchiveError) {
        guard offset <= end, size == end - offset else { throw .damaged("the directory does not end at its end") }
        // 46 bytes is the least that an entry takes.
        guard count <= size / 46 else { throw .damaged("more entries than there is room for") }
        self.count = count
        self.offset = offset
        self.size = size
    }

    /// The 64-bit record, if its locator stands before `place`.
    private static func large(before place: Int64, in input: any ZIPInput) throws -> DirectoryEnd? {
        guard place >= 20 + 56 else { return nil }
        let locator = try input.bytes(at: place - 20, count: 20)[...]
        guard locator.count == 20, locator.word(at: 0) == 0x0706_4b50 else { return nil }
        guard locator.word(at: 4) == 0, locator.word(at: 16) <= 1 else { throw ArchiveError.multiDisk }
        guard let offset = Int64(exactly: locator.number(at: 8, bytes: 8)), offset <= place - 76 else {
            throw ArchiveError.damaged("the 64-bit end lies elsewhere")
        }
        let record = try input.bytes(at: offset, count: 56)[...]
        guard record.count == 56, record.word(at: 0) == 0x0606_4b50,
            Int64(exactly: record.number(at: 4, bytes: 8)) == place - 20 - offset - 12
        else { throw ArchiveError.damaged("the 64-bit end lies elsewhere") }
        guard record.word(at: 16) == 0, record.word(at: 20) == 0,
            record.number(at: 24, bytes: 8) == record.number(at: 32, bytes: 8)
        else { throw ArchiveError.multiDisk }
        guard let count = Int64(exactly: record.number(at: 32, bytes: 8)),
            let size = Int64(exactly: record.number(at: 40, bytes: 8)),
            let start = Int64(exactly: record.number(at: 48, bytes: 8))
        else { throw ArchiveError.damaged("numbers beyond all sizes") }
        return try DirectoryEnd(count: count, offset: start, size: size, end: offset)
    }
}
