/// Reads small pieces of an archive, one after the other, out of larger ones. One thread at a time.
struct ByteWindow {
    private let input: any ZIPInput
    private let capacity: Int
    private var bytes: [UInt8] = []
    private var start: Int64 = 0

    init(_ input: any ZIPInput, capacity: Int) {
        self.input = input
        self.capacity = capacity
    }

    /// `count` bytes from `offset` on.
    /// - Throws: `ArchiveError.truncated` if there are fewer.
    mutating func read(at offset: Int64, count: Int) throws -> ArraySlice<UInt8> {
        guard offset >= 0, count >= 0, offset <= input.size - Int64(count) else { throw ArchiveError.truncated }
        let isInside = offset >= start && offset + Int64(count) <= start + Int64(bytes.count)
        if !isInside {
            let wanted = Int(min(Int64(max(capacity, count)), input.size - offset))
            bytes = try input.bytes(at: offset, count: wanted)
            start = offset
            guard bytes.count >= count else { throw ArchiveError.truncated }
        }
        let first = Int(offset - start)
        return bytes[first..<first + count]
    }
}

extension ZIPInput {
    /// `count` bytes, fewer only at the end.
    func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var total = 0
        while total < count {
            let read = try bytes.withMutableRawBytes { room in
                var rest = room._mutatingExtracting(total..<count)
                return try self.read(at: offset + Int64(total), into: &rest)
            }
            guard read > 0 else { break }
            total += min(read, count - total)
        }
        if total < count { bytes.removeLast(count - total) }
        return bytes
    }
}

extension ArraySlice<UInt8> {
    /// A number of 2, 4 or 8 bytes, least first, `offset` behind the slice's beginning; it lies inside.
    func number(at offset: Int, bytes count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(self[startIndex + offset + $1]) << (8 * UInt64($1)) }
    }

    func short(at offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: number(at: offset, bytes: 2)) }
    func word(at offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: number(at: offset, bytes: 4)) }
}
