import CZip
import Glibc

/// One entry's content as a stream. Its CRC, and what its encryption proves, is checked at the end: before that nothing is.
@safe public final class ZIPEntryReader {
    public let entry: ZIPEntry
    /// What libzip reads; it holds no reference of its own.
    private let source: InputSource
    private let archive: OpaquePointer
    private let file: OpaquePointer
    private var count: Int64 = 0

    init(_ entry: ZIPEntry, _ input: SingleEntryInput, _ password: ZIPPassword?) throws {
        let source = InputSource(input)
        var failure = unsafe zip_error_t()
        unsafe zip_error_init(&failure)
        defer { unsafe zip_error_fini(&failure) }
        guard let made = unsafe source.make(&failure) else { throw unsafe ArchiveError(&failure) }
        guard let archive = unsafe zip_open_from_source(made, ZIP_RDONLY, &failure) else {
            let said = unsafe ArchiveError(&failure)
            unsafe zip_source_free(made)
            throw source.takeThrown() ?? said
        }
        let opened: OpaquePointer?
        if let password, entry.encryption != .none {
            unsafe opened = password.withCString { unsafe zip_fopen_index_encrypted(archive, 0, 0, $0) }
        } else {
            unsafe opened = zip_fopen_index(archive, 0, 0)
        }
        guard let opened = unsafe opened else {
            let said = unsafe zip_get_error(archive).map { unsafe ArchiveError($0) } ?? .outOfMemory
            unsafe zip_discard(archive)
            throw source.takeThrown() ?? said
        }
        self.entry = entry
        self.source = source
        unsafe self.archive = archive
        unsafe file = opened
    }

    deinit {
        unsafe zip_fclose(file)
        unsafe zip_discard(archive)
        withExtendedLifetime(source) {}
    }

    /// Fills `room` as far as it goes.
    /// - Returns: 0 once all of it was read and found right.
    /// - Throws: `ArchiveError.wrongCRC`, `.damaged`, `.truncated`, `.wrongPassword`; more bytes than announced are
    ///   `.wrongLength`; what the input throws.
    public func read(into room: inout MutableRawSpan) throws -> Int {
        let read = unsafe room.withUnsafeMutableBytes { room in
            unsafe zip_fread(file, room.baseAddress, zip_uint64_t(room.count))
        }
        guard read >= 0 else {
            if let thrown = source.takeThrown() { throw thrown }
            throw unsafe ArchiveError(zip_file_get_error(file))
        }
        count += read
        guard count <= entry.size, read > 0 || room.byteCount == 0 || count == entry.size else {
            throw ArchiveError.wrongLength(announced: entry.size, written: count)
        }
        return Int(read)
    }

    /// All of a small entry.
    /// - Throws: `.wrongLength` if it is larger than `limit`.
    public func all(limit: Int) throws -> [UInt8] {
        guard entry.size <= limit else { throw ArchiveError.wrongLength(announced: Int64(limit), written: entry.size) }
        var bytes = [UInt8](repeating: 0, count: Int(entry.size))
        var total = 0
        while total < bytes.count {
            let read = try bytes.withMutableRawBytes { room in
                var rest = room._mutatingExtracting(total..<room.byteCount)
                return try self.read(into: &rest)
            }
            guard read > 0 else { break }
            total += read
        }
        var end: [UInt8] = [0]
        _ = try end.withMutableRawBytes { try self.read(into: &$0) }
        return bytes
    }
}
