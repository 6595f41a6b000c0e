import Glibc

/// The file of one volume while it is written: forward, and back for a moment to correct the head of an entry.
///
/// The last MiB waits in memory, so that heads of small entries are corrected there. One thread writes; another may read what
/// is final.
@safe final class VolumeFile: @unchecked Sendable {
    // Sendable: all but `descriptor` belongs to the writing thread; `descriptor` is constant until the last reference goes.
    private let descriptor: Int32
    private let path: String
    private let window: UnsafeMutableRawBufferPointer
    /// Where in the file the window begins, and how much of it is filled. What lies before is in the file.
    private var windowStart: Int64 = 0
    private var filled = 0
    private(set) var position: Int64 = 0
    private var syncedTo: Int64 = 0
    /// Bytes of the file that cannot change any more.
    private var settled: Int64 = 0
    private let onSettled: (Int64) -> Void

    private static let windowSize = 1 << 20
    private static let syncStep: Int64 = 8 << 20

    /// Creates a file that must not exist yet, for its owner only.
    /// - Parameter onSettled: told how many bytes from the beginning are in the file and final.
    init(creating path: String, onSettled: @escaping (Int64) -> Void) throws(ArchiveError) {
        let opened = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw .system() }
        descriptor = opened
        self.path = path
        self.onSettled = onSettled
        unsafe window = .allocate(byteCount: Self.windowSize, alignment: 4_096)
    }

    deinit {
        close(descriptor)
        unsafe window.deallocate()
    }

    var size: Int64 { windowStart + Int64(filled) }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            if position < windowStart {
                // A correction of what has left the window; it ends before the window begins, or goes on in it.
                let count = Int(min(Int64(rest.count), windowStart - position))
                try unsafe store(UnsafeRawBufferPointer(rebasing: rest[..<count]), at: position)
                position += Int64(count)
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                continue
            }
            let offset = Int(position - windowStart)
            if offset == Self.windowSize {
                try flush()
                continue
            }
            let count = min(rest.count, Self.windowSize - offset)
            let target = unsafe UnsafeMutableRawBufferPointer(rebasing: window[offset..<offset + count])
            unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
            filled = max(filled, offset + count)
            position += Int64(count)
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// - Throws: `.io(EINVAL)` for a place outside what was written.
    func seek(to place: Int64) throws(ArchiveError) {
        guard (0...size).contains(place) else { throw .io(EINVAL) }
        // Back at the end after a correction: the entry before is done.
        if place == size { settled = place }
        position = place
    }

    private func flush() throws(ArchiveError) {
        try unsafe store(UnsafeRawBufferPointer(rebasing: window[..<filled]), at: windowStart)
        windowStart += Int64(filled)
        filled = 0
        if windowStart - syncedTo >= Self.syncStep {
            LinuxCalls.startWriting(descriptor, from: syncedTo, count: windowStart - syncedTo)
            syncedTo = windowStart
        }
        onSettled(min(settled, windowStart))
    }

    private func store(_ bytes: UnsafeRawBufferPointer, at place: Int64) throws(ArchiveError) {
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(place) + off_t(done))
            if count > 0 {
                done += count
            } else if count == 0 || errno != EINTR {
                throw count == 0 ? .full : .system()
            }
        }
    }

    /// Writes what waits and begins to store it: the file is whole, and not yet durable.
    func finish() throws(ArchiveError) {
        settled = size
        try flush()
        LinuxCalls.startWriting(descriptor, from: syncedTo, count: windowStart - syncedTo)
    }

    /// Waits until the content is on the disk.
    func sync() throws(ArchiveError) {
        guard fdatasync(descriptor) == 0 else { throw .system() }
    }

    /// Gives up: the file goes.
    func remove() { unsafe unlink(path) }

    /// Reads what is in the file; for any thread.
    func read(at place: Int64, into room: inout MutableRawSpan) throws(ArchiveError) -> Int {
        let count = unsafe room.withUnsafeMutableBytes { room in
            unsafe pread(descriptor, room.baseAddress, room.count, off_t(place))
        }
        guard count >= 0 else { throw .system() }
        return count
    }
}
