/// What the extra fields of an entry say (APPNOTE 4.5 and appendix; Info-ZIP's proginfo/extrafld.txt).
struct ExtraFields {
    private var large: ArraySlice<UInt8>?
    private var unicodePath: ArraySlice<UInt8>?
    private(set) var aes: (version: UInt16, bits: Int, method: UInt16)?
    /// Seconds since 1970.
    private(set) var modified: Int64?
    private(set) var size: Int64 = 0
    private(set) var stored: Int64 = 0
    private(set) var offset: Int64 = 0

    /// Reads fields as far as they are whole: padding that is no field occurs, and ends the reading.
    init(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while rest.count >= 4 {
            let kind = rest.short(at: 0)
            let length = Int(rest.short(at: 2))
            guard rest.count - 4 >= length else { return }
            let body = rest.dropFirst(4).prefix(length)
            take(kind, body)
            rest = rest.dropFirst(4 + length)
        }
    }

    private mutating func take(_ kind: UInt16, _ body: ArraySlice<UInt8>) {
        switch kind {
        case 0x0001: if large == nil { large = body }
        case 0x7075: if unicodePath == nil, body.count >= 5 { unicodePath = body }
        case 0x5455:
            if body.count >= 5, body[body.startIndex] & 1 != 0 {
                modified = Int64(Int32(bitPattern: body.word(at: 1)))
            }
        case 0x000a:
            // NTFS: steps of 100 ns since 1601, in attribute 1 behind four bytes of nothing.
            if modified == nil, body.count >= 16, body.short(at: 4) == 1, body.short(at: 6) >= 24 {
                modified = Int64(body.number(at: 8, bytes: 8) / 10_000_000) - 11_644_473_600
            }
        case 0x9901:
            // Version, "AE", strength, the method under it.
            if body.count >= 7, body.short(at: 2) == 0x4541 {
                let strength = body[body.startIndex + 4]
                if (1...3).contains(strength) { aes = (body.short(at: 0), 64 + 64 * Int(strength), body.short(at: 5)) }
            }
        default: break
        }
    }

    /// Takes the numbers of the record, and those of 64 bits where 32 do not do.
    mutating func widen(size: UInt32, stored: UInt32, offset: UInt32, disk: UInt16) throws(ArchiveError) {
        var place = 0
        func wide(_ narrow: UInt32) throws(ArchiveError) -> Int64 {
            guard narrow == 0xffff_ffff else { return Int64(narrow) }
            guard let large else { return Int64(narrow) }
            guard large.count >= place + 8, let number = Int64(exactly: large.number(at: place, bytes: 8)) else {
                throw .damaged("64-bit sizes are missing")
            }
            place += 8
            return number
        }
        self.size = try wide(size)
        self.stored = try wide(stored)
        self.offset = try wide(offset)
        if disk == 0xffff {
            guard let large, large.count >= place + 4, large.word(at: place) == 0 else { throw .multiDisk }
        }
    }

    var hasUnicodeName: Bool { unicodePath != nil }

    /// The name of the Unicode path field, if its CRC says that it was made for this name.
    func unicodeName(for name: [UInt8]) -> [UInt8]? {
        guard let unicodePath, unicodePath[unicodePath.startIndex] == 1,
            unicodePath.word(at: 1) == CRC32.of(name)
        else { return nil }
        return Array(unicodePath.dropFirst(5))
    }
}

/// The time of the format (MS-DOS): local to nobody knows where, taken as UTC; steps of two seconds from 1980 on.
enum DOSTime {
    static func seconds(date: UInt16, time: UInt16) -> Int64 {
        let year = Int64(date >> 9) + 1980
        let month = min(12, max(1, Int64(date >> 5 & 15)))
        let day = max(1, Int64(date & 31))
        // Days since 1970 of the Gregorian calendar, with years that begin in March (Howard Hinnant, days_from_civil).
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return days * 86_400 + Int64(time >> 11) * 3_600 + Int64(time >> 5 & 63) * 60 + Int64(time & 31) * 2
    }
}

/// CRC-32 of names (ISO 3309), byte by byte: contents are libzip's.
enum CRC32 {
    static func of(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xffff_ffff
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : 0xedb8_8320) }
        }
        return ~crc
    }
}
