/// A ZIP archive put together byte by byte, so that it can lie wherever a hostile one would.
struct RawZIP {
    struct Entry {
        var name: [UInt8]
        var content: [UInt8] = Array("hello".utf8)
        var method: UInt16 = 0
        var flags: UInt16 = 0
        var attributes: UInt32 = 0o100_644 << 16
        var extra: [UInt8] = []
        /// What the directory says where it lies; nil says the truth.
        var size: UInt32?
        var storedSize: UInt32?
        var crc: UInt32?
        var offset: UInt32?
        /// What the local header says where it differs from the directory.
        var localName: [UInt8]?
        var localMethod: UInt16?
        var localSize: UInt32?

        init(_ name: String, flags: UInt16 = 0x800) {
            self.name = Array(name.utf8)
            self.flags = flags
        }

        init(bytes: [UInt8], flags: UInt16 = 0) {
            name = bytes
            self.flags = flags
        }

        func with(_ change: (inout Entry) -> Void) -> Entry {
            var copy = self
            change(&copy)
            return copy
        }
    }

    var entries: [Entry]
    var before: [UInt8] = []
    var comment: [UInt8] = []
    var disk: UInt16 = 0
    var count: UInt16?

    init(_ entries: Entry...) { self.entries = entries }

    var bytes: [UInt8] {
        var all = before
        var directory: [UInt8] = []
        for entry in entries {
            let offset = entry.offset ?? UInt32(all.count)
            let crc = entry.crc ?? Self.crc(entry.content)
            let stored = entry.storedSize ?? UInt32(entry.content.count)
            let size = entry.size ?? UInt32(entry.content.count)
            let local = entry.localName ?? entry.name
            all +=
                [0x50, 0x4b, 3, 4] + Self.two(20) + Self.two(entry.flags) + Self.two(entry.localMethod ?? entry.method)
            all += Self.two(0) + Self.two(0x5aef) + Self.four(crc) + Self.four(stored)
            all +=
                Self.four(entry.localSize ?? size) + Self.two(UInt16(local.count)) + Self.two(UInt16(entry.extra.count))
            all += local + entry.extra + entry.content
            directory += [0x50, 0x4b, 1, 2] + Self.two(0x031e) + Self.two(20) + Self.two(entry.flags)
            directory += Self.two(entry.method) + Self.two(0) + Self.two(0x5aef) + Self.four(crc) + Self.four(stored)
            directory += Self.four(size) + Self.two(UInt16(entry.name.count)) + Self.two(UInt16(entry.extra.count))
            directory += Self.two(0) + Self.two(0) + Self.two(0) + Self.four(entry.attributes) + Self.four(offset)
            directory += entry.name + entry.extra
        }
        let start = UInt32(all.count)
        all += directory
        let number = count ?? UInt16(entries.count)
        all += [0x50, 0x4b, 5, 6] + Self.two(disk) + Self.two(disk) + Self.two(number) + Self.two(number)
        all += Self.four(UInt32(directory.count)) + Self.four(start) + Self.two(UInt16(comment.count)) + comment
        return all
    }

    static func two(_ number: UInt16) -> [UInt8] { (0..<2).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
    static func four(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }

    /// CRC-32 by the book, independent of the code under test.
    static func crc(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            for bit in 0..<8 {
                let mixed = (crc ^ UInt32(byte >> bit)) & 1
                crc >>= 1
                if mixed == 1 { crc ^= 0xedb8_8320 }
            }
        }
        return ~crc
    }

    /// A Unicode path field (0x7075).
    static func unicodePath(_ path: String, for name: [UInt8]) -> [UInt8] {
        let body = [1] + four(crc(name)) + Array(path.utf8)
        return two(0x7075) + two(UInt16(body.count)) + body
    }
}
