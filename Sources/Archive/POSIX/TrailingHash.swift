import Crypto

/// SHA-256 of a file, computed by a second thread right behind the one that writes it: as far as the file is final.
final class TrailingHash: Sendable {
    private struct State {
        /// Bytes from the beginning that are final.
        var settled: Int64 = 0
        var isOver = false
        /// Set by the hashing thread at its end.
        var result: Result<[UInt8], ArchiveError>?
    }

    private let state = Monitor(State())

    /// More of the file is final.
    func settle(_ count: Int64) {
        state.change { $0.settled = max($0.settled, count) }
    }

    /// Nothing more will be written.
    func finish() {
        state.change { $0.isOver = true }
    }

    /// Blocks until all that is final is hashed.
    func result() throws(ArchiveError) -> [UInt8] {
        try state.wait { $0.result }.get()
    }

    /// The work of the hashing thread.
    func follow(_ file: VolumeFile) {
        let result = Result { () throws(ArchiveError) in try hash(file) }
        state.change { $0.result = result }
    }

    private func hash(_ file: VolumeFile) throws(ArchiveError) -> [UInt8] {
        var hasher = ContentHasher(md5: false)
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var done: Int64 = 0
        while true {
            let known = done
            let end = state.wait { state in state.settled > known || state.isOver ? state.settled : nil }
            guard end > done else { return hasher.finish().sha256 }
            while done < end {
                let wanted = Int(min(Int64(buffer.count), end - done))
                let count = try buffer.withMutableRawBytes { bytes throws(ArchiveError) in
                    var part = bytes._mutatingExtracting(0..<wanted)
                    return try file.read(at: done, into: &part)
                }
                guard count > 0 else { throw .truncated }
                hasher.update(buffer.span.extracting(0..<count))
                done += Int64(count)
            }
        }
    }
}

extension [UInt8] {
    /// Lends the elements for writing as raw bytes.
    mutating func withMutableRawBytes<Result, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = mutableSpan
        // Every pattern of bytes is a valid element.
        var bytes = unsafe span.mutableBytes
        return try body(&bytes)
    }
}
