/// What one Argon2id computation costs (RFC 9106); one lane, as libsodium has it.
public struct PasswordParameters: Sendable, Equatable {
    /// Memory in KiB: 8 to 4,194,304 (4 GiB).
    public let memoryKiB: Int
    /// Passes over the memory: 1 to 64.
    public let iterations: Int

    /// - Returns: nil when a value is outside its range.
    public init?(memoryKiB: Int, iterations: Int) {
        guard (8...4_194_304).contains(memoryKiB), (1...64).contains(iterations) else { return nil }
        self.init(checkedMemoryKiB: memoryKiB, iterations: iterations)
    }

    private init(checkedMemoryKiB: Int, iterations: Int) {
        memoryKiB = checkedMemoryKiB
        self.iterations = iterations
    }

    /// For logging in: 19 MiB and 2 passes (OWASP Password Storage Cheat Sheet), some 20 ms.
    public static let interactive = PasswordParameters(checkedMemoryKiB: 19 * 1024, iterations: 2)
    /// For unlocking a key ring once per start: 128 MiB and 4 passes, some 0.4 s.
    public static let sensitive = PasswordParameters(checkedMemoryKiB: 128 * 1024, iterations: 4)
    /// The least there is. Protects nothing: for tests, which would otherwise spend their time here.
    public static let insecureForTests = PasswordParameters(checkedMemoryKiB: 8, iterations: 1)
}
