import CZip
import Glibc

/// One entry's content as a stream. Its CRC, and what its encryption proves, is checked at the end: before that nothing is.
@safe public final class ZIPEntryReader {
    public let entry: ZIPEntry
    private let file: OpaquePointer
    /// Must outlive `file`.
    private let reader: ZIPVolumeReader
    private var count: Int64 = 0

    init(_ file: OpaquePointer, _ entry: ZIPEntry, _ reader: ZIPVolumeReader) {
        unsafe self.file = file
        self.entry = entry
        self.reader = reader
    }

    deinit {
        unsafe zip_fclose(file)
        withExtendedLifetime(reader) {}
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
            if let thrown = reader.takeThrown() { throw thrown }
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
