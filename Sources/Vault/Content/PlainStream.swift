/// Content on its way in, in slabs. What an upload is read from.
public protocol PlainStream: Sendable {
    /// Bytes to come in all, when the sender said so.
    var contentLength: Int64? { get }
    /// The next slab, never empty; `nil` at the end.
    /// - Throws: `VaultError.bodyCutOff` when the sender stopped, `.uploadTooLarge` past the server's own limit.
    func next() async throws -> [UInt8]?
}

/// Content of an upload: at hand, or a stream of any length.
public enum PlainContent: Sendable {
    case bytes([UInt8])
    case stream(any PlainStream)

    /// Bytes announced; `nil` when nobody knows yet.
    var announcedSize: Int64? {
        switch self {
        case .bytes(let bytes): Int64(bytes.count)
        case .stream(let stream): stream.contentLength
        }
    }
}
