/// What can go wrong with a blob.
public enum BlobStoreError: Error, Equatable, Sendable {
    /// There is no blob of that key.
    case missing(BlobKey)
    /// No space is left.
    case full
    /// The disk or network failed; the system's `errno`.
    case io(Int32)
    /// The bytes are not those that were stored: a tag is wrong, or some are missing.
    case tampered(BlobKey)
    /// The store cannot take the request now, in plain words.
    case unavailable(String)
    /// The store is set up wrongly, or its service refuses us: bucket, key, rights, clock. Trying again does not help;
    /// the words say what to correct.
    case refused(String)
}

extension BlobStoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missing(let key): "there is no blob \(key)"
        case .full: "no space left for blobs"
        case .io(let code): "the blobs' disk failed (error \(code))"
        case .tampered(let key): "blob \(key) is not what was stored"
        case .unavailable(let reason): "blobs are unavailable: \(reason)"
        case .refused(let reason): reason
        }
    }
}
