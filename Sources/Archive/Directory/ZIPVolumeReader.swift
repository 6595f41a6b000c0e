/// Reads an archive that rests somewhere: its directory, and any of its entries as a stream.
///
/// Everything blocks, and one thread uses it at a time. Memory grows with the number of entries, not with their size.
public final class ZIPVolumeReader {
    public let directory: ZIPDirectory
    let input: any ZIPInput

    /// - Throws: `ArchiveError.notZIP`, `.truncated`, `.damaged`, `.multiDisk`, `.tooManyEntries`, `.empty`; what the
    ///   input throws.
    public init(_ input: any ZIPInput, limits: DirectoryLimits = .own) throws {
        directory = try ZIPDirectory(of: input, limits: limits)
        guard !directory.entries.isEmpty else { throw ArchiveError.empty }
        self.input = input
    }

    public var entries: [ZIPEntry] { directory.entries }

    /// Where an entry's bytes begin, as they are stored; for one that is neither compressed nor encrypted, its content.
    /// - Throws: `ArchiveError.damaged` if its local header is none, or is another entry's.
    public func dataOffset(of index: Int) throws -> Int64 {
        let entry = try entry(index)
        let head = try input.bytes(at: entry.headerOffset, count: 30)[...]
        guard head.count == 30, head.word(at: 0) == 0x0403_4b50 else {
            throw ArchiveError.damaged("no local header where one should be")
        }
        let nameLength = Int(head.short(at: 26))
        guard try input.bytes(at: entry.headerOffset + 30, count: nameLength) == entry.rawName else {
            throw ArchiveError.damaged("a local header of another name")
        }
        let start = entry.headerOffset + 30 + Int64(nameLength) + Int64(head.short(at: 28))
        guard start <= directory.offset, entry.storedSize <= directory.offset - start else {
            throw ArchiveError.truncated
        }
        return start
    }

    /// Begins to read an entry's content.
    /// - Throws: `ArchiveError.passwordNeeded`, `.wrongPassword` (where the archive tells), `.unsupportedMethod`,
    ///   `.unsupportedEncryption`, `.damaged`.
    public func open(_ index: Int, password: ZIPPassword? = nil) throws -> ZIPEntryReader {
        let entry = try entry(index)
        switch entry.encryption {
        case .unknown: throw ArchiveError.unsupportedEncryption
        case .none: break
        case .traditional, .aes: guard password != nil else { throw ArchiveError.passwordNeeded }
        }
        guard ZIPMethods.isReadable(entry.method) else { throw ArchiveError.unsupportedMethod(entry.method) }
        let dressed = SingleEntryInput(entry, at: try dataOffset(of: index), of: input)
        return try ZIPEntryReader(entry, dressed, password)
    }

    private func entry(_ index: Int) throws(ArchiveError) -> ZIPEntry {
        guard directory.entries.indices.contains(index) else { throw .damaged("no such entry") }
        return directory.entries[index]
    }
}
