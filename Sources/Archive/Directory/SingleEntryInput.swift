/// One entry of an archive, dressed as an archive of its own: a head and a directory that we wrote around the stored bytes.
///
/// libzip reads nothing but this. So it cannot see another directory than the one that was judged, no name can mislead it,
/// and its memory does not grow with the number of entries.
struct SingleEntryInput: ZIPInput {
    private let input: any ZIPInput
    private let start: Int64
    private let stored: Int64
    private let head: [UInt8]
    private let tail: [UInt8]

    /// As long as a comment can be: libzip looks for the end of an archive in the last 64 KiB, and would find those that
    /// hostile contents, and honest nested archives, have in them.
    private static let commentSize = 65_535

    /// - Parameter start: where the entry's stored bytes begin.
    init(_ entry: ZIPEntry, at start: Int64, of input: any ZIPInput) {
        self.input = input
        self.start = start
        stored = entry.storedSize
        let isAES = if case .aes = entry.encryption { true } else { false }
        // The name is ours, and the sizes stand in the directory.
        let flags = entry.flags & 0x0001
        let method = isAES ? 99 : entry.method
        // Of AE-2 the code authenticates the content, and the checksum is left out. libzip 1.7 believes so only of contents
        // of less than 20 bytes; the true size is counted by us.
        let size = entry.hasNoChecksum ? min(entry.size, 19) : entry.size
        var head: [UInt8] = [0x50, 0x4b, 3, 4]
        head.put(51, 2)
        head.put(UInt64(flags), 2)
        head.put(UInt64(method), 2)
        head.put(UInt64(entry.dosTime), 4)
        head.put(UInt64(entry.crc), 4)
        head.put(0, 8)
        var aes: [UInt8] = []
        if case .aes(let bits) = entry.encryption {
            aes.put(0x9901, 2)
            aes.put(7, 2)
            aes.put(UInt64(entry.aesVersion), 2)
            aes.put(0x4541, 2)
            aes.put(UInt64(bits / 64 - 1), 1)
            aes.put(UInt64(entry.method), 2)
        }
        head.put(1, 2)
        head.put(UInt64(aes.count), 2)
        head.put(0x78, 1)
        self.head = head + aes

        var extra: [UInt8] = []
        if size >= 0xffff_ffff || stored >= 0xffff_ffff {
            extra.put(1, 2)
            extra.put(16, 2)
            extra.put(UInt64(size), 8)
            extra.put(UInt64(stored), 8)
        }
        let isLarge = !extra.isEmpty
        extra += aes
        var tail: [UInt8] = [0x50, 0x4b, 1, 2]
        tail.put(0x033f, 2)
        tail.put(51, 2)
        tail.put(UInt64(flags), 2)
        tail.put(UInt64(method), 2)
        tail.put(UInt64(entry.dosTime), 4)
        tail.put(UInt64(entry.crc), 4)
        tail.put(isLarge ? 0xffff_ffff : UInt64(stored), 4)
        tail.put(isLarge ? 0xffff_ffff : UInt64(size), 4)
        tail.put(1, 2)
        tail.put(UInt64(extra.count), 2)
        tail.put(0, 14)
        tail.put(0x78, 1)
        tail += extra
        let directory = UInt64(self.head.count) + UInt64(stored)
        let directorySize = UInt64(tail.count)
        if directory >= 0xffff_ffff {
            let end = directory + directorySize
            tail += [0x50, 0x4b, 6, 6]
            tail.put(44, 8)
            tail.put(0x033f, 2)
            tail.put(51, 2)
            tail.put(0, 8)
            tail.put(1, 8)
            tail.put(1, 8)
            tail.put(directorySize, 8)
            tail.put(directory, 8)
            tail += [0x50, 0x4b, 6, 7]
            tail.put(0, 4)
            tail.put(end, 8)
            tail.put(1, 4)
        }
        tail += [0x50, 0x4b, 5, 6]
        tail.put(0, 4)
        tail.put(1, 2)
        tail.put(1, 2)
        tail.put(directorySize, 4)
        tail.put(min(directory, 0xffff_ffff), 4)
        tail.put(UInt64(Self.commentSize), 2)
        self.tail = tail
    }

    var size: Int64 { Int64(head.count) + stored + Int64(tail.count) + Int64(Self.commentSize) }

    func read(at offset: Int64, into room: inout MutableRawSpan) throws -> Int {
        let wanted = Int(min(Int64(room.byteCount), max(0, size - offset)))
        var done = 0
        while done < wanted {
            let place = offset + Int64(done)
            let contentEnd = Int64(head.count) + stored
            let tailEnd = contentEnd + Int64(tail.count)
            if place < Int64(head.count) {
                let count = min(wanted - done, head.count - Int(place))
                room.copy(head, from: Int(place), count: count, at: done)
                done += count
            } else if place < contentEnd {
                let count = Int(min(Int64(wanted - done), contentEnd - place))
                var part = room._mutatingExtracting(done..<done + count)
                let read = try input.read(at: start + place - Int64(head.count), into: &part)
                guard read > 0 else { throw ArchiveError.truncated }
                done += read
            } else if place < tailEnd {
                let count = Int(min(Int64(wanted - done), tailEnd - place))
                room.copy(tail, from: Int(place - contentEnd), count: count, at: done)
                done += count
            } else {
                let count = wanted - done
                room.copy(Self.comment, from: 0, count: count, at: done)
                done += count
            }
        }
        return done
    }

    private static let comment = [UInt8](repeating: 0, count: commentSize)
}

extension [UInt8] {
    /// Appends a number, least first; bytes beyond its eight are 0.
    fileprivate mutating func put(_ number: UInt64, _ count: Int) {
        for index in 0..<count { append(index < 8 ? UInt8(truncatingIfNeeded: number >> (8 * UInt64(index))) : 0) }
    }
}
