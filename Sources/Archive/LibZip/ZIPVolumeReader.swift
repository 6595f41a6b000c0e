import CZip
import Glibc

/// Reads an archive that rests somewhere: its directory, and any of its entries as a stream.
///
/// Everything blocks, and one thread uses it at a time. Memory grows with the number of entries, not with their size.
@safe public final class ZIPVolumeReader {
    public let directory: ZIPDirectory
    let input: any ZIPInput
    private let source: InputSource
    private let archive: OpaquePointer

    /// - Throws: `ArchiveError.notZIP`, `.truncated`, `.damaged`, `.multiDisk`, `.tooManyEntries`; what the input throws.
    public init(_ input: any ZIPInput, limits: DirectoryLimits = .own) throws {
        directory = try ZIPDirectory(of: input, limits: limits)
        guard !directory.entries.isEmpty else { throw ArchiveError.empty }
        let source = InputSource(input)
        var failure = unsafe zip_error_t()
        unsafe zip_error_init(&failure)
        defer { unsafe zip_error_fini(&failure) }
        guard let opened = unsafe source.make(&failure) else { throw unsafe ArchiveError(&failure) }
        guard let archive = unsafe zip_open_from_source(opened, ZIP_RDONLY, &failure) else {
            let said = unsafe ArchiveError(&failure)
            unsafe zip_source_free(opened)
            throw source.takeThrown() ?? said
        }
        self.input = input
        self.source = source
        unsafe self.archive = archive
        // From here on `deinit` closes the archive.
        guard unsafe zip_get_num_entries(archive, 0) == directory.entries.count else {
            throw ArchiveError.damaged("two readers see two directories")
        }
        for entry in directory.entries { try check(entry) }
    }

    deinit {
        unsafe zip_discard(archive)
        withExtendedLifetime(source) {}
    }

    public var entries: [ZIPEntry] { directory.entries }

    /// What libzip reads is what we read: no entry passes whose two readings differ.
    private func check(_ entry: ZIPEntry) throws(ArchiveError) {
        var status = unsafe zip_stat_t()
        unsafe zip_stat_init(&status)
        guard unsafe zip_stat_index(archive, zip_uint64_t(entry.index), 0, &status) == 0 else {
            throw unsafe ArchiveError(zip_get_error(archive))
        }
        guard let name = unsafe zip_get_name(archive, zip_uint64_t(entry.index), zip_flags_t(ZIP_FL_ENC_RAW)) else {
            throw .damaged("an entry without a name")
        }
        let length = unsafe strlen(name)
        let seen = unsafe UnsafeRawBufferPointer(start: name, count: length)
        let isSame = unsafe seen.elementsEqual(entry.rawName)
        guard isSame || entry.rawName.contains(0), unsafe status.size == zip_uint64_t(entry.size),
            unsafe status.comp_size == zip_uint64_t(entry.storedSize)
        else { throw .damaged("two readers see two entries") }
    }

    /// Where an entry's bytes begin, as they are stored; for one that is neither compressed nor encrypted, its content.
    /// - Throws: `ArchiveError.damaged` if its local header is none, or is another entry's.
    public func dataOffset(of index: Int) throws -> Int64 {
        guard directory.entries.indices.contains(index) else {
            throw ArchiveError.refused(code: ZIP_ER_NOENT, message: "")
        }
        let entry = directory.entries[index]
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
        guard directory.entries.indices.contains(index) else {
            throw ArchiveError.refused(code: ZIP_ER_NOENT, message: "")
        }
        let entry = directory.entries[index]
        switch entry.encryption {
        case .unknown: throw ArchiveError.unsupportedEncryption
        case .none: break
        case .traditional, .aes: guard password != nil else { throw ArchiveError.passwordNeeded }
        }
        let flags = zip_flags_t(0)
        let place = zip_uint64_t(index)
        let opened: OpaquePointer?
        if let password, entry.encryption != .none {
            unsafe opened = password.withCString { unsafe zip_fopen_index_encrypted(archive, place, flags, $0) }
        } else {
            unsafe opened = zip_fopen_index(archive, place, flags)
        }
        guard let opened = unsafe opened else {
            if let thrown = source.takeThrown() { throw thrown }
            guard let error = unsafe zip_get_error(archive) else { throw ArchiveError.outOfMemory }
            if unsafe zip_error_code_zip(error) == ZIP_ER_COMPNOTSUPP {
                throw ArchiveError.unsupportedMethod(entry.method)
            }
            throw unsafe ArchiveError(error)
        }
        return unsafe ZIPEntryReader(opened, entry, self)
    }

    func takeThrown() -> (any Error)? { source.takeThrown() }
}
