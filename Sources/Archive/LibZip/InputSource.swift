import CZip
import Glibc

/// An archive that libzip reads, through a window for the many small pieces of its directory.
@safe final class InputSource {
    private let input: any ZIPInput
    private var position: Int64 = 0
    private var window: [UInt8] = []
    private var windowStart: Int64 = 0
    private var failure = SourceFailure()
    /// What the input threw, which libzip would not carry.
    private(set) var thrown: (any Error)?

    private static let windowSize = 64 << 10

    init(_ input: any ZIPInput) {
        self.input = input
    }

    /// The source for libzip. It is asked by one thread at a time, while `self` lives.
    func make(_ error: UnsafeMutablePointer<zip_error_t>) -> OpaquePointer? {
        unsafe zip_source_function_create(
            { context, data, length, command in
                guard let context = unsafe context else { return -1 }
                let source = unsafe Unmanaged<InputSource>.fromOpaque(context).takeUnretainedValue()
                return unsafe source.answer(command, data, length)
            }, Unmanaged.passUnretained(self).toOpaque(), error)
    }

    func takeThrown() -> (any Error)? {
        defer { thrown = nil }
        return thrown
    }

    private func answer(
        _ command: zip_source_cmd_t, _ data: UnsafeMutableRawPointer?, _ length: zip_uint64_t
    ) -> zip_int64_t {
        switch command {
        case ZIP_SOURCE_SUPPORTS:
            return .supporting([
                ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
                ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS,
            ])
        case ZIP_SOURCE_OPEN:
            position = 0
            return 0
        case ZIP_SOURCE_CLOSE, ZIP_SOURCE_FREE: return 0
        case ZIP_SOURCE_TELL: return position
        case ZIP_SOURCE_ERROR: return unsafe failure.tell(data, length)
        case ZIP_SOURCE_STAT: return unsafe SourceStatus.tell(size: input.size, data, length)
        case ZIP_SOURCE_SEEK: return unsafe seek(data, length)
        case ZIP_SOURCE_READ:
            guard let data = unsafe data, length <= zip_uint64_t(Int.max) else { return -1 }
            do {
                return try zip_int64_t(unsafe read(UnsafeMutableRawBufferPointer(start: data, count: Int(length))))
            } catch {
                thrown = error
                failure = SourceFailure(code: ZIP_ER_READ, system: EIO)
                return -1
            }
        default:
            failure = SourceFailure(code: ZIP_ER_OPNOTSUPP)
            return -1
        }
    }

    private func seek(_ data: UnsafeMutableRawPointer?, _ length: zip_uint64_t) -> zip_int64_t {
        guard let data = unsafe data, length >= MemoryLayout<zip_source_args_seek_t>.size else { return -1 }
        let wanted = unsafe data.load(as: zip_source_args_seek_t.self)
        let base: Int64
        switch wanted.whence {
        case SEEK_SET: base = 0
        case SEEK_CUR: base = position
        default: base = input.size
        }
        let (place, isOver) = base.addingReportingOverflow(wanted.offset)
        guard !isOver, (0...input.size).contains(place) else {
            failure = SourceFailure(code: ZIP_ER_SEEK, system: EINVAL)
            return -1
        }
        position = place
        return 0
    }

    private func read(_ room: UnsafeMutableRawBufferPointer) throws -> Int {
        guard room.count > 0, position < input.size else { return 0 }
        if room.count >= Self.windowSize {
            var span = unsafe MutableRawSpan(_unsafeBytes: room)
            let count = try input.read(at: position, into: &span)
            position += Int64(count)
            return count
        }
        if position < windowStart || position >= windowStart + Int64(window.count) {
            let wanted = Int(min(Int64(Self.windowSize), input.size - position))
            window = try input.bytes(at: position, count: wanted)
            windowStart = position
            guard !window.isEmpty else { return 0 }
        }
        let first = Int(position - windowStart)
        let count = min(room.count, window.count - first)
        var span = unsafe MutableRawSpan(_unsafeBytes: room)
        span.copy(window, from: first, count: count)
        position += Int64(count)
        return count
    }
}
