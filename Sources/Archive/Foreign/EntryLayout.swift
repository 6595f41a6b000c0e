/// Holds each entry's local header against the directory, and their places against each other.
///
/// The directory and the headers say everything twice. A program that believes one and a scanner that believes the other
/// see two archives in one file; and bytes that belong to many entries at once make a small file a large one (Fifield, "A
/// better zip bomb", 2019).
struct EntryLayout {
    private(set) var refused: [Int: EntryRefusal] = [:]

    init(of directory: ZIPDirectory, in input: any ZIPInput) throws {
        var window = ByteWindow(input, capacity: 4 << 10)
        // The entry that reaches furthest so far.
        var furthest: (index: Int, end: Int64)?
        for entry in directory.entries.sorted(by: { ($0.headerOffset, $0.index) < ($1.headerOffset, $1.index) }) {
            guard let end = try Self.end(of: entry, before: directory.offset, &window) else {
                refused[entry.index] = .headerMismatch
                continue
            }
            if let before = furthest, entry.headerOffset < before.end {
                refused[before.index] = .overlap
                refused[entry.index] = .overlap
            }
            if end > furthest?.end ?? 0 { furthest = (entry.index, end) }
        }
    }

    /// Where the bytes of an entry end; nil if its local header does not say what the directory says.
    private static func end(
        of entry: ZIPEntry, before last: Int64, _ window: inout ByteWindow
    ) throws -> Int64? {
        let head = try window.read(at: entry.headerOffset, count: 30)
        let isAES = if case .aes = entry.encryption { true } else { false }
        guard head.word(at: 0) == 0x0403_4b50, head.short(at: 8) == (isAES ? 99 : entry.method),
            head.short(at: 6) & 0x41 == entry.flags & 0x41
        else { return nil }
        let nameLength = Int(head.short(at: 26))
        let extraLength = Int(head.short(at: 28))
        let start = entry.headerOffset + 30 + Int64(nameLength + extraLength)
        guard nameLength == entry.rawName.count, start <= last, entry.storedSize <= last - start else { return nil }
        let (crc, stored, size) = (head.word(at: 14), head.word(at: 18), head.word(at: 22))
        let hasDescriptor = head.short(at: 6) & 8 != 0
        guard try window.read(at: entry.headerOffset + 30, count: nameLength).elementsEqual(entry.rawName) else {
            return nil
        }
        var extra = ExtraFields(try window.read(at: entry.headerOffset + 30 + Int64(nameLength), count: extraLength))
        do { try extra.widen(size: size, stored: stored, offset: 0, disk: 0) } catch { return nil }
        guard !extra.hasUnicodeName || extra.unicodeName(for: entry.rawName) == entry.unicodeName else { return nil }
        // With a descriptor behind the content, the header may leave each of them open.
        func agrees(_ isSame: Bool, _ said: UInt32) -> Bool { isSame || hasDescriptor && (said == 0 || said == .max) }
        guard agrees(crc == entry.crc, crc), agrees(extra.stored == entry.storedSize, stored),
            agrees(extra.size == entry.size, size)
        else { return nil }
        return start + entry.storedSize
    }
}
