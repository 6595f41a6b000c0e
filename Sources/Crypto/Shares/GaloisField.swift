/// Arithmetic in GF(2⁸) modulo x⁸ + x⁴ + x³ + x + 1, the field of AES (FIPS 197, section 4).
///
/// Without tables and branches on values, so that neither time nor cache tells anything of the operands.
enum GaloisField {
    static func multiply(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var (shifted, product) = (a, UInt8(0))
        for bit in UInt8(0)..<8 {
            product ^= shifted & (0 &- (b >> bit & 1))
            let carry = 0 &- (shifted >> 7)
            shifted = shifted << 1 ^ (0x1B & carry)
        }
        return product
    }

    /// The inverse of `a`, 0 for 0: a²⁵⁴, always by the same thirteen multiplications.
    static func inverse(_ a: UInt8) -> UInt8 {
        // 254 is eleven in binary but for the last digit: square, and multiply by a, six times; square once more.
        var power = a
        for _ in 0..<6 { power = multiply(multiply(power, power), a) }
        return multiply(power, power)
    }
}
