/// How much an archive from outside may be and become.
public struct ForeignLimits: Sendable {
    /// Most entries.
    public var entries = 100_000
    /// Most bytes of its directory.
    public var directory: Int64 = 64 << 20
    /// Most bytes of all contents together.
    public var total: Int64 = 100 << 30
    /// How many times larger an entry may become than it lies in the archive.
    public var ratio: Int64 = 200
    /// Up to so many bytes an entry may become whatever it lies in.
    public var ratioFree: Int64 = 1 << 20
    /// Most folders one inside the other.
    public var depth = 64

    public init() {}
}
