import Crypto

/// A run of whole sealed chunks in memory.
struct SealedWindow: Sendable {
    /// The number of the first chunk.
    let firstChunk: Int64
    let bytes: [UInt8]

    /// Chunks held; the stream's last counts although it is shorter.
    var chunkCount: Int {
        (bytes.count + StreamFormat.sealedChunkSize - 1) / StreamFormat.sealedChunkSize
    }

    func holds(_ chunk: Int64) -> Bool {
        chunk >= firstChunk && chunk < firstChunk + Int64(chunkCount)
    }

    /// Where the sealed bytes of at most `count` chunks from `chunk` on lie in `bytes`; `chunk` is held.
    func range(from chunk: Int64, count: Int) -> Range<Int> {
        let start = Int(chunk - firstChunk) * StreamFormat.sealedChunkSize
        return start..<min(bytes.count, start + count * StreamFormat.sealedChunkSize)
    }
}
