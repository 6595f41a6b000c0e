/// Randomness from the system. There is no other source in this program.
public enum Random {
    /// `count` uniformly random bytes; empty when `count` is not positive.
    public static func bytes(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe Sodium.fillRandom(
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
            initialized = count
        }
    }

    /// A random token in base64url without padding: `byteCount` bytes of entropy, 4/3 as many characters.
    public static func token(_ byteCount: Int) -> String {
        Base64URL.encode(bytes(byteCount))
    }
}
