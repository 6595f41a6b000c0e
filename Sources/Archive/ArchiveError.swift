/// Why an archive cannot be written. Nothing of it is of use then: it has no end.
public enum ArchiveError: Error, Equatable, Sendable {
    case outOfMemory
    /// The C library has no UTF-8 character set.
    case noUTF8
    /// What libarchive said.
    case refused(code: Int32, message: String)
    /// An entry got more or fewer bytes than it was announced with.
    case wrongLength(announced: Int64, written: Int64)
    /// The list at the end of the archive, which rests in memory, would grow past its limit.
    case tooManyEntries
    /// A path of more than 65,535 bytes, which the format cannot hold.
    case pathTooLong
}
