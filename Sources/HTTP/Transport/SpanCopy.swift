/// Copies `count` bytes of an array, from index `start`, into the beginning of a span: one `memcpy`.
///
/// Copies less when the array or the span ends earlier.
public func copy(_ bytes: [UInt8], from start: Int, count: Int, into buffer: inout MutableRawSpan) {
    let count = min(count, buffer.byteCount, bytes.count - start)
    guard start >= 0, count > 0 else { return }
    unsafe buffer.withUnsafeMutableBytes { target in
        unsafe bytes.withUnsafeBytes { source in
            unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + count]))
        }
    }
}
