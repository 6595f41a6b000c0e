/// Sizes for people: units of 1024; one decimal below 10, from 10 up only when it is not zero (design, section 11).
enum ByteCountText {
    private static let units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"]

    /// "512 B", "2.3 MB", "14 MB", "15.2 GB". A negative count reads as zero.
    static func text(_ byteCount: Int64) -> String {
        let bytes = UInt64(max(0, byteCount))
        if bytes < 1_024 { return "\(bytes) B" }
        var unit = (63 - bytes.leadingZeroBitCount) / 10
        var tenths = roundedTenths(bytes, unit)
        if tenths >= 10_240 {
            unit += 1
            tenths = roundedTenths(bytes, unit)
        }
        let (whole, tenth) = (tenths / 10, tenths % 10)
        if whole >= 10, tenth == 0 { return "\(whole) \(units[unit])" }
        return "\(whole).\(tenth) \(units[unit])"
    }

    /// Tenths of a unit, halves rounded up, without floating point: exact for every 63-bit count.
    private static func roundedTenths(_ bytes: UInt64, _ unit: Int) -> UInt64 {
        let shift = UInt64(unit) * 10
        let (whole, rest) = (bytes >> shift, bytes & ((1 << shift) - 1))
        // The remainder is below 2^60: ten of it fit 64 bits.
        return whole * 10 + (rest * 10 + (1 << (shift - 1))) >> shift
    }
}
