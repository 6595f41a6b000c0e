/// A file on its way into the store.
///
/// Sendable because its writer lets one job at a time use it.
final class Upload: @unchecked Sendable {
    private let path: String
    private var file: OpenFile?
    private var size: Int64 = 0
    private var writebackStart: Int64 = 0
    private var isCreated = false
    private var isOver = false

    init(path: String) {
        self.path = path
    }

    /// Writes a piece behind the others; the first makes the file.
    func write(_ piece: [UInt8], writebackStep: Int64) throws(BlobStoreError) {
        try opened().write(piece)
        size += Int64(piece.count)
        guard size - writebackStart >= writebackStep else { return }
        file?.startWriting(from: writebackStart, count: size - writebackStart)
        writebackStart = size
    }

    /// Makes the content durable, then its name.
    /// - Returns: the size.
    func publish(as key: BlobKey, in layout: BlobLayout) throws(BlobStoreError) -> Int64 {
        try opened().sync()
        file = nil
        try layout.publish(path, as: key)
        isOver = true
        return size
    }

    /// Removes what there is, unless it was published. Nothing can be done about a failure: the file is then
    /// removed as abandoned.
    func discard() {
        guard !isOver else { return }
        isOver = true
        guard isCreated else { return }
        file = nil
        _ = try? Directory.removeFile(path)
    }

    private func opened() throws(BlobStoreError) -> OpenFile {
        if let file { return file }
        let file = try OpenFile(creating: path)
        self.file = file
        isCreated = true
        return file
    }
}
