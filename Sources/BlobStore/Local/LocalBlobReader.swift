/// Reads one file; the descriptor is shared by all reads and closed with the reader.
final class LocalBlobReader: BlobReader {
    let key: BlobKey
    let sealedSize: Int64
    private let file: OpenFile
    private let threads: IOThreads

    init(_ key: BlobKey, _ file: OpenFile, _ size: Int64, _ threads: IOThreads) {
        self.key = key
        self.file = file
        self.sealedSize = size
        self.threads = threads
    }

    func readNow(at offset: Int64, into buffer: inout MutableRawSpan) throws -> Int? {
        guard offset >= 0, buffer.byteCount > 0 else { return 0 }
        return try file.readNow(at: offset, into: &buffer)
    }

    func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        let wanted = Int(min(Int64(max(count, 0)), max(0, sealedSize - max(offset, 0))))
        guard offset >= 0, wanted > 0 else { return [] }
        let file = file
        return try await threads.run { () throws(BlobStoreError) in try file.read(at: offset, count: wanted) }
    }
}
