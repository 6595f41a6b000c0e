/// Why an archive cannot be written or read. What was being written is of no use then: it has no end.
public enum ArchiveError: Error, Equatable, Sendable {
    case outOfMemory
    /// The C library has no UTF-8 character set.
    case noUTF8
    /// What libarchive or libzip said.
    case refused(code: Int32, message: String)
    /// An entry got more or fewer bytes than it was announced with.
    case wrongLength(announced: Int64, written: Int64)
    /// The list at the end of the archive, which rests in memory, would grow past its limit.
    case tooManyEntries
    /// A path of more than 65,535 bytes, which the format cannot hold.
    case pathTooLong
    /// An archive without entries, which the format knows and libzip does not write.
    case empty
    /// Two entries of one name.
    case duplicateName(String)
    /// No room on the device, or the user's quota there is used up.
    case full
    /// The system's error number of a failed call.
    case io(Int32)
    /// Whoever waited for it no longer does.
    case cancelled

    /// It has no directory where a ZIP archive has one: something else, or cut off.
    case notZIP
    /// Ends before what its directory announces.
    case truncated
    /// Contradicts itself, or its compressed data is none.
    case damaged(String)
    /// The bytes of an entry are not those it was made of.
    case wrongCRC
    /// Split over several disks.
    case multiDisk
    /// By the number of the method (APPNOTE 4.4.5).
    case unsupportedMethod(UInt16)
    case unsupportedEncryption
    /// The entry is encrypted and no password was given.
    case passwordNeeded
    case wrongPassword
    /// All contents together are more than is taken.
    case tooLarge(limit: Int64)
}
