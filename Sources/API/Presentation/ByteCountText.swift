/// Sizes for people: units of 1024; one decimal below 10, from 10 up only when it is not zero (design, section 11).
enum ByteCountText {
    private static let units = [" B", " KB", " MB", " GB", " TB", " PB", " EB"]

    /// "512 B", "2.3 MB", "14 MB", "15.2 GB". A negative count reads as zero.
    static func text(_ byteCount: Int64) -> String {
        var bytes: [UInt8] = []
        append(byteCount, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same, appended.
    static func append(_ byteCount: Int64, to bytes: inout [UInt8]) {
        let count = UInt64(max(0, byteCount))
        var unit = count < 1_024 ? 0 : (63 - count.leadingZeroBitCount) / 10
        var tenths = unit == 0 ? count * 10 : roundedTenths(count, unit)
        if tenths >= 10_240 {
            unit += 1
            tenths = roundedTenths(count, unit)
        }
        let (whole, tenth) = (Int64(tenths / 10), Int64(tenths % 10))
        TextBytes.append(whole, to: &bytes)
        if unit > 0, whole < 10 || tenth > 0 {
            bytes.append(UInt8(ascii: "."))
            TextBytes.append(tenth, to: &bytes)
        }
        TextBytes.append(units[unit], to: &bytes)
    }

    /// Tenths of a unit, halves rounded up, without floating point: exact for every 63-bit count.
    private static func roundedTenths(_ bytes: UInt64, _ unit: Int) -> UInt64 {
        let shift = UInt64(unit) * 10
        let (whole, rest) = (bytes >> shift, bytes & ((1 << shift) - 1))
        // The remainder is below 2^60: ten of it fit 64 bits.
        return whole * 10 + (rest * 10 + (1 << (shift - 1))) >> shift
    }
}
