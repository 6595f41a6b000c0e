import CArchive
import Glibc

/// Writes a ZIP archive (APPNOTE 6.3, ZIP64 where sizes ask for it) into memory, to be taken piece by piece as it grows.
///
/// Contents are stored, not compressed. Nothing here waits for anything: what libarchive writes is appended to the piece
/// at hand, so whoever asks decides how fast the archive grows. Names are UTF-8 and say so.
///
/// To be used by one task at a time. After an error the archive is of no use.
@safe public final class ZIPWriter {
    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let utf8: locale_t
    private let output = Output()
    private let directoryLimit: Int
    private var directoryBytes = 0
    /// Of the open entry.
    private var announced: Int64 = 0
    private var written: Int64 = 0
    private var isOver = false

    /// Bytes that an entry takes in the list at the end beside its path.
    private static let directoryOverhead = 160

    /// - Parameters:
    ///   - alwaysZIP64: 64-bit sizes in every entry, also where 32 bits would do.
    ///   - directoryLimit: most bytes of memory for the list at the end of the archive.
    public init(alwaysZIP64: Bool = false, directoryLimit: Int = 64 << 20) throws(ArchiveError) {
        guard let utf8 = unsafe carchive_utf8_locale() else { throw .noUTF8 }
        guard let archive = unsafe archive_write_new() else {
            unsafe freelocale(utf8)
            throw .outOfMemory
        }
        guard let entry = unsafe archive_entry_new() else {
            unsafe archive_write_free(archive)
            unsafe freelocale(utf8)
            throw .outOfMemory
        }
        unsafe self.archive = archive
        unsafe self.entry = entry
        unsafe self.utf8 = utf8
        self.directoryLimit = directoryLimit
        // From here on `deinit` frees what is held.
        try check(unsafe archive_write_set_format_zip(archive))
        try check(unsafe archive_write_zip_set_compression_store(archive))
        if alwaysZIP64 { try check(unsafe archive_write_set_format_option(archive, "zip", "zip64", "1")) }
        // No blocks: what is written reaches the callback at once.
        try check(unsafe archive_write_set_bytes_per_block(archive, 0))
        try inUTF8 { () throws(ArchiveError) in
            try check(unsafe archive_write_set_format_option(archive, "zip", "hdrcharset", "UTF-8"))
        }
        let context = unsafe Unmanaged.passUnretained(output).toOpaque()
        let code = unsafe archive_write_open2(
            archive, context, nil,
            { _, context, buffer, count in
                guard let context = unsafe context, let buffer = unsafe buffer else { return count == 0 ? 0 : -1 }
                let output = unsafe Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
                unsafe output.bytes.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: count))
                return count
            }, nil, nil)
        try check(code)
    }

    deinit {
        // Freeing an archive that is not over would write its end.
        if !isOver { unsafe archive_write_fail(archive) }
        unsafe archive_write_free(archive)
        unsafe archive_entry_free(entry)
        unsafe freelocale(utf8)
    }

    /// Bytes that wait to be taken.
    public var pending: Int { output.bytes.count }

    /// What was written since the last call.
    public func take() -> [UInt8] {
        var bytes: [UInt8] = []
        // The next piece will be as large: room at once instead of growing into it, copy by copy.
        bytes.reserveCapacity(min(output.bytes.count + 64 << 10, 1 << 20))
        swap(&bytes, &output.bytes)
        return bytes
    }

    /// Begins an entry; the one before must have all its bytes.
    public func begin(_ new: ArchiveEntry) throws(ArchiveError) {
        try endEntry()
        guard new.path.utf8.count < 65_535 else { throw .pathTooLong }
        directoryBytes += new.path.utf8.count + Self.directoryOverhead
        guard directoryBytes <= directoryLimit else { throw .tooManyEntries }
        unsafe archive_entry_clear(entry)
        switch new.kind {
        case .folder:
            unsafe archive_entry_set_filetype(entry, S_IFDIR)
            unsafe archive_entry_set_perm(entry, 0o755)
            announced = 0
        case .file(let size):
            unsafe archive_entry_set_filetype(entry, S_IFREG)
            unsafe archive_entry_set_perm(entry, 0o644)
            announced = size
        }
        unsafe archive_entry_set_size(entry, announced)
        unsafe archive_entry_set_mtime(entry, time_t(new.modified), 0)
        written = 0
        try inUTF8 { () throws(ArchiveError) in
            unsafe archive_entry_set_pathname(entry, new.path)
            try check(unsafe archive_write_header(archive, entry))
        }
    }

    /// Writes bytes of the open entry.
    public func write(_ bytes: [UInt8]) throws(ArchiveError) {
        guard !bytes.isEmpty else { return }
        guard Int64(bytes.count) <= announced - written else {
            throw .wrongLength(announced: announced, written: written + Int64(bytes.count))
        }
        let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe archive_write_data(archive, buffer.baseAddress, buffer.count)
        }
        guard count == bytes.count else { throw failure(Int32(clamping: count)) }
        written += Int64(count)
    }

    /// Writes the end of the archive. Nothing can follow.
    public func finish() throws(ArchiveError) {
        try endEntry()
        try check(unsafe archive_write_close(archive))
        isOver = true
    }

    /// libarchive would take a short entry for a whole one.
    private func endEntry() throws(ArchiveError) {
        guard written == announced else { throw .wrongLength(announced: announced, written: written) }
    }

    private func inUTF8(_ body: () throws(ArchiveError) -> Void) throws(ArchiveError) {
        let before = unsafe uselocale(utf8)
        defer { unsafe uselocale(before) }
        try body()
    }

    /// A warning is an error, too: a name that was not written as it is.
    private func check(_ code: Int32) throws(ArchiveError) {
        guard code == ARCHIVE_OK else { throw failure(code) }
    }

    private func failure(_ code: Int32) -> ArchiveError {
        let text = unsafe archive_error_string(archive)
        return .refused(code: code, message: unsafe text.map { unsafe String(cString: $0) } ?? "")
    }

    private final class Output {
        var bytes: [UInt8] = []
    }
}
