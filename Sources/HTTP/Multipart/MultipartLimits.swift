/// Bounds of a multipart form.
public struct MultipartLimits: Sendable {
    /// The most parts.
    public var parts = 64
    /// The most bytes of one part's header.
    public var partHeader = 8 << 10
    /// The most bytes of one field read with `text()` or `bytes()`.
    public var field = 64 << 10

    /// The defaults: 64 parts, 8 KiB of header, 64 KiB of field.
    public init() {}
}
