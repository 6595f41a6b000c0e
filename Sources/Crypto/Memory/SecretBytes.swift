import CSodium
import Glibc

/// Secret bytes with exactly one owner; wiped when that owner lets go.
///
/// Non-copyable, so a secret cannot be duplicated by assignment, compared with `==` or interpolated into a log line.
/// What is wiped is the whole allocation.
@safe public struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Sendable: the one owner is the only one who can reach `storage`, and changing it needs `mutating` access.
    private let storage: UnsafeMutableRawBufferPointer
    private let protection: Protection

    /// How much the memory is worth.
    enum Protection {
        /// Ordinary heap: for the many short-lived keys of the hot path.
        case heap
        /// Own pages between guard pages, locked into RAM where the system allows: for the few long-lived master keys.
        case guarded
    }

    /// `count` fresh bytes from the system's random source.
    public init(count: Int) {
        self.init(zeroed: count)
        fillRandom()
    }

    /// Copies `bytes`. The array itself is the caller's; it is not wiped.
    public init(copying bytes: [UInt8]) {
        self.init(copying: bytes.span)
    }

    /// Copies `bytes`.
    public init(copying bytes: Span<UInt8>) {
        self.init(copying: bytes, protection: .heap)
    }

    init(copying bytes: Span<UInt8>, protection: Protection) {
        self.init(zeroed: bytes.count, protection: protection)
        unsafe bytes.withUnsafeBytes { source in
            if let from = source.baseAddress, let to = unsafe storage.baseAddress {
                unsafe to.copyMemory(from: from, byteCount: source.count)
            }
        }
    }

    init(zeroed count: Int, protection: Protection = .heap) {
        precondition(count >= 0, "a secret cannot have a negative length")
        if case .guarded = protection, count > 0, let pages = unsafe Sodium.guardedAllocation(count) {
            unsafe storage = UnsafeMutableRawBufferPointer(start: pages, count: count)
            self.protection = .guarded
        } else {
            unsafe storage = .allocate(byteCount: count, alignment: 16)
            self.protection = .heap
        }
        unsafe storage.initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// Replaces all bytes by fresh ones from the system's random source.
    mutating func fillRandom() {
        unsafe Sodium.fillRandom(storage)
    }

    /// Number of bytes.
    public var count: Int { unsafe storage.count }

    /// Lends the bytes for the time of `body`.
    public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(Span(_unsafeElements: UnsafeBufferPointer(storage.assumingMemoryBound(to: UInt8.self))))
    }

    /// Lends the bytes for changing them in place.
    public mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = unsafe MutableSpan(_unsafeElements: storage.assumingMemoryBound(to: UInt8.self))
        return try body(&span)
    }

    /// For this folder and the C wrappers: the address, valid as long as the value.
    borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(storage))
    }

    deinit {
        switch protection {
        case .heap:
            if let start = unsafe storage.baseAddress {
                unsafe explicit_bzero(start, storage.count)
            }
            unsafe storage.deallocate()
        case .guarded:
            unsafe sodium_free(storage.baseAddress)  // wipes, then unmaps
        }
    }
}
