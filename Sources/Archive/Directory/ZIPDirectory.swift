/// How much of a directory is read into memory.
public struct DirectoryLimits: Sendable {
    /// Most entries.
    public var entries: Int
    /// Most bytes of the directory.
    public var bytes: Int64

    public init(entries: Int, bytes: Int64) {
        self.entries = entries
        self.bytes = bytes
    }

    /// For archives of our own making.
    public static let own = DirectoryLimits(entries: 4_000_000, bytes: 1 << 30)
}

/// An archive's directory, record by record as it stands there (APPNOTE 4.3.12), read by ourselves: libzip tells neither
/// where an entry lies nor its name's bytes. libzip reads what we dress up for it (``SingleEntryInput``).
public struct ZIPDirectory: Sendable {
    public let entries: [ZIPEntry]
    /// Where it begins: contents lie before.
    public let offset: Int64

    /// - Throws: `ArchiveError.notZIP`, `.truncated`, `.damaged`, `.multiDisk`, `.tooManyEntries`.
    public init(of input: any ZIPInput, limits: DirectoryLimits = .own) throws {
        let end = try DirectoryEnd(of: input)
        guard end.count <= limits.entries, end.size <= limits.bytes else { throw ArchiveError.tooManyEntries }
        var entries: [ZIPEntry] = []
        entries.reserveCapacity(Int(end.count))
        var window = ByteWindow(input, capacity: 256 << 10)
        var place = end.offset
        let last = end.offset + end.size
        for index in 0..<Int(end.count) {
            let (entry, size) = try Self.record(index, at: place, before: last, &window)
            guard entry.headerOffset <= end.offset - 30 else { throw ArchiveError.damaged("an entry lies elsewhere") }
            entries.append(entry)
            place += size
        }
        // Signed directories (APPNOTE 4.3.13) died out: more than the entries is not understood.
        guard place == last else { throw ArchiveError.damaged("the directory holds more than its entries") }
        self.entries = entries
        offset = end.offset
    }

    private static func record(
        _ index: Int, at place: Int64, before last: Int64, _ window: inout ByteWindow
    ) throws -> (ZIPEntry, Int64) {
        guard place <= last - 46 else { throw ArchiveError.truncated }
        let head = try window.read(at: place, count: 46)
        guard head.word(at: 0) == 0x0201_4b50 else { throw ArchiveError.damaged("no entry where one should be") }
        let nameLength = Int(head.short(at: 28))
        let extraLength = Int(head.short(at: 30))
        let size = Int64(46 + nameLength + extraLength + Int(head.short(at: 32)))
        guard place <= last - size else { throw ArchiveError.truncated }
        guard head.short(at: 34) == 0 || head.short(at: 34) == 0xffff else { throw ArchiveError.multiDisk }
        let name = Array(try window.read(at: place + 46, count: nameLength))
        let fields = try window.read(at: place + 46 + Int64(nameLength), count: extraLength)
        var extra = ExtraFields(fields)
        try extra.widen(
            size: head.word(at: 24), stored: head.word(at: 20), offset: head.word(at: 42), disk: head.short(at: 34))
        let flags = head.short(at: 8)
        var method = head.short(at: 10)
        let encryption: ZIPEncryption
        if flags & 1 == 0 {
            encryption = .none
        } else if method == 99 {
            guard let aes = extra.aes else { throw ArchiveError.damaged("an AES entry that does not say how") }
            encryption = .aes(bits: aes.bits)
            method = aes.method
        } else {
            encryption = flags & 0x40 != 0 ? .unknown : .traditional
        }
        let entry = ZIPEntry(
            index: index, rawName: name, unicodeName: extra.unicodeName(for: name),
            hasForeignUnicodeName: extra.hasUnicodeName && extra.unicodeName(for: name) == nil, flags: flags,
            method: method, encryption: encryption, crc: head.word(at: 16), storedSize: extra.stored, size: extra.size,
            modified: extra.modified ?? DOSTime.seconds(date: head.short(at: 14), time: head.short(at: 12)),
            headerOffset: extra.offset, host: UInt8(truncatingIfNeeded: head.short(at: 4) >> 8),
            attributes: head.word(at: 38), dosTime: head.word(at: 12),
            aesVersion: head.short(at: 10) == 99 && flags & 1 != 0 ? extra.aes?.version ?? 0 : 0)
        return (entry, size)
    }
}
