import CSodium
import Glibc

/// libsodium, started once.
enum Sodium {
    /// Whether libsodium found an entropy source and chose its implementations. Safe to ask from any thread.
    static let isReady: Bool = sodium_init() >= 0

    /// Called before anything that needs libsodium and cannot report an error.
    ///
    /// Stopping is the only safe answer: going on would mean predictable keys and nonces. The program calls
    /// ``CryptoLibraries/start()`` first, which reports the same condition as an error.
    static func require() {
        precondition(isReady, "libsodium could not start: no entropy source")
    }

    /// Fills `buffer` from the system's random source (getrandom).
    static func fillRandom(_ buffer: UnsafeMutableRawBufferPointer) {
        require()
        guard let start = buffer.baseAddress, buffer.count > 0 else { return }
        unsafe randombytes_buf(start, buffer.count)
    }

    /// `count` bytes on pages of their own, or nil when the system gives none; to be freed with `sodium_free`.
    static func guardedAllocation(_ count: Int) -> UnsafeMutableRawPointer? {
        require()
        return unsafe sodium_malloc(count)
    }
}

extension StreamSuite {
    /// Whether this processor has the instructions that make AES-256-GCM fast (and constant-time).
    static let processorHasAES: Bool = {
        #if arch(x86_64)
            Sodium.require()
            return sodium_runtime_has_aesni() == 1 && sodium_runtime_has_pclmul() == 1
        #elseif arch(arm64)
            let aes: UInt = 1 << 3  // HWCAP_AES
            let polynomialMultiply: UInt = 1 << 4  // HWCAP_PMULL
            let features = getauxval(UInt(AT_HWCAP))
            return features & aes != 0 && features & polynomialMultiply != 0
        #else
            return false
        #endif
    }()
}
