/// How an entry's content is encrypted.
public enum ZIPEncryption: Sendable, Equatable {
    case none
    /// PKWARE's first cipher, broken since 1994 (Biham and Kocher).
    case traditional
    /// WinZip AES; 128, 192 or 256 bits.
    case aes(bits: Int)
    /// Of another kind, which nothing here reads.
    case unknown
}

/// One line of an archive's directory.
public struct ZIPEntry: Sendable, Equatable {
    /// In the directory's order, from 0.
    public let index: Int
    /// The name as it stands there.
    public let rawName: [UInt8]
    /// The name that the Unicode path field (0x7075) gives, if it speaks of this very name.
    public let unicodeName: [UInt8]?
    /// A Unicode path field is there and speaks of another name.
    public let hasForeignUnicodeName: Bool
    public let flags: UInt16
    /// How it is compressed (APPNOTE 4.4.5), under its encryption.
    public let method: UInt16
    public let encryption: ZIPEncryption
    public let crc: UInt32
    /// Bytes in the archive, encryption included.
    public let storedSize: Int64
    /// Bytes of the content, as announced.
    public let size: Int64
    /// Seconds since 1970, UTC: the exact time where it is written, the one of the format, taken as UTC, where not.
    public let modified: Int64
    /// Where its local header begins.
    public let headerOffset: Int64
    /// Which system's attributes it bears: 3 is Unix.
    public let host: UInt8
    /// The attributes of that system; for Unix, the mode in the upper half.
    public let attributes: UInt32

    /// Time and date of the format, as they stand there: the older encryption is checked against them.
    let dosTime: UInt32
    /// Of WinZip's encryption: 1, or 2, which authenticates and may leave out the checksum; 0 without.
    let aesVersion: UInt16

    /// The checksum was left out: what the encryption proves is enough.
    var hasNoChecksum: Bool { aesVersion == 2 && crc == 0 }

    /// The name says that it is UTF-8 (APPNOTE 4.4.4, bit 11).
    public var saysUTF8: Bool { flags & 0x800 != 0 }

    /// Sizes and CRC stand behind the content, not in the local header (bit 3).
    public var hasDescriptor: Bool { flags & 0x8 != 0 }

    /// The name as text: UTF-8 where it is, code page 437 elsewhere.
    public var name: String {
        if let unicodeName, let text = String(validating: unicodeName, as: UTF8.self) { return text }
        return String(validating: rawName, as: UTF8.self) ?? CodePage437.decode(rawName)
    }

    public var isFolder: Bool { rawName.last == UInt8(ascii: "/") }
}
