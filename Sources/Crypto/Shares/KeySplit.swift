/// Splits a key into shares of which any `threshold` give it back and fewer tell nothing (A. Shamir, "How to Share a
/// Secret", 1979), byte by byte over GF(2⁸).
package enum KeySplit {
    /// How many shares there may be.
    package static let counts = 2...255

    /// The values of the shares 1…`count`: of each byte a random polynomial of degree `threshold` - 1 at 1, 2, 3 ….
    static func split(_ secret: borrowing SecretBytes, into count: Int, threshold: Int) -> [SplitValue] {
        precondition(counts.contains(count) && (2...count).contains(threshold), "checked by ShareScheme")
        let size = secret.count
        // Coefficients of x, x², …; the constant ones are the secret.
        let coefficients = SecretBytes(count: size * (threshold - 1))
        return (1...count).map { index in
            let x = UInt8(index)
            var value = SecretBytes(zeroed: size)
            value.withMutableBytes { output in
                coefficients.withBytes { coefficients in
                    secret.withBytes { secret in
                        for byte in 0..<size {
                            var sum: UInt8 = 0
                            for power in (0..<threshold - 1).reversed() {
                                sum = GaloisField.multiply(sum ^ coefficients[power * size + byte], x)
                            }
                            output[byte] = sum ^ secret[byte]
                        }
                    }
                }
            }
            return SplitValue(index: x, value: value)
        }
    }

    /// What the polynomials through these points are at 0. The indices are different from each other and from 0.
    static func combine(_ points: [SplitValue], size: Int) -> SecretBytes {
        var secret = SecretBytes(zeroed: size)
        for point in points {
            // Lagrange: the product of x / (x - own) over all other points; minus is plus in this field.
            var weight: UInt8 = 1
            for other in points where other.index != point.index {
                let factor = GaloisField.inverse(other.index ^ point.index)
                weight = GaloisField.multiply(weight, GaloisField.multiply(other.index, factor))
            }
            secret.withMutableBytes { output in
                point.value.withBytes { value in
                    for byte in 0..<size { output[byte] ^= GaloisField.multiply(value[byte], weight) }
                }
            }
        }
        return secret
    }
}

/// One point of the polynomials: the one owner of a share's secret part.
final class SplitValue: Sendable {
    /// 1…255.
    let index: UInt8
    let value: SecretBytes

    init(index: UInt8, value: consuming SecretBytes) {
        self.index = index
        self.value = value
    }
}

/// How a key was split.
package struct ShareScheme: Equatable, Sendable {
    package let threshold: Int
    package let count: Int
    /// Tells the shares of one split from those of another.
    let set: UInt32

    /// - Returns: nil unless 2 ≤ `threshold` ≤ `count` ≤ 255.
    package init?(threshold: Int, count: Int) {
        var generator = SystemRandomNumberGenerator()
        self.init(threshold: threshold, count: count, set: generator.next())
    }

    init?(threshold: Int, count: Int, set: UInt32) {
        guard KeySplit.counts.contains(count), (2...count).contains(threshold) else { return nil }
        self.threshold = threshold
        self.count = count
        self.set = set
    }
}
