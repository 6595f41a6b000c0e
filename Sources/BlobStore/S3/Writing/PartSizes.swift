/// How large the parts of a multipart upload are.
///
/// The protocol allows 10,000 parts of 5 MiB to 5 GiB, and 5 TiB in all. A part is held in memory until it is stored,
/// so parts begin small and double every 1,000: a blob of 7.8 GiB is sent in parts of 8 MiB, one of 117 GiB ends with
/// parts of 64 MiB, one of 5 TiB with parts of 4 GiB.
struct PartSizes: Sendable {
    /// Bytes of each of the first parts.
    let first: Int

    static let step = 1_000
    static let partLimit = 10_000
    /// The largest object there can be.
    static let sizeLimit: Int64 = 5 << 40
    /// Parts up to this size are sent two at a time.
    private static let pairLimit = 64 << 20

    /// Bytes of part `number`, from 1 on, if it is not the last.
    func size(_ number: Int) -> Int {
        min(first << min(max(0, number - 1) / Self.step, 9), 5 << 30)
    }

    /// Parts of that number that may be on their way at once.
    func inFlight(_ number: Int) -> Int {
        size(number) <= Self.pairLimit ? 2 : 1
    }
}
