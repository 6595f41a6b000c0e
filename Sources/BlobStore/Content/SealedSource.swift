/// Where the sealed bytes of a content are.
enum SealedSource: Sendable {
    case blob(any BlobReader)
    /// Small contents rest in the database and are read with their row.
    case inline([UInt8])

    var size: Int64 {
        switch self {
        case .blob(let reader): reader.sealedSize
        case .inline(let bytes): Int64(bytes.count)
        }
    }

    /// As in ``BlobReader/readNow(at:into:)``.
    func readNow(at offset: Int64, into buffer: inout MutableRawSpan) throws -> Int? {
        switch self {
        case .blob(let reader): return try reader.readNow(at: offset, into: &buffer)
        case .inline(let bytes):
            let start = Int(clamping: min(max(0, offset), Int64(bytes.count)))
            let count = min(buffer.byteCount, bytes.count - start)
            buffer.copy(bytes.span.extracting(start..<start + count), at: 0)
            return count
        }
    }

    func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        switch self {
        case .blob(let reader): return try await reader.read(at: offset, count: count)
        case .inline(let bytes):
            let start = Int(clamping: min(max(0, offset), Int64(bytes.count)))
            return Array(bytes[start..<start + min(max(0, count), bytes.count - start)])
        }
    }
}
