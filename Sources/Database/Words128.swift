/// 128 bits kept as two words.
///
/// `UInt128` asks for an alignment of 16 bytes, and Swift 6.3.1 lays out the frames of async functions as if 8 were
/// enough: a value of it that lives across an `await` overwrites its neighbours, seen as a jump through a null pointer in
/// debug and in release builds (docs/decisions/0014-compiler-care.md). So whatever such a function may hold keeps its
/// identifiers in this form, and `UInt128` stays a value of the moment.
@propertyWrapper
public struct Words128: Hashable, Sendable {
    private var high: UInt64
    private var low: UInt64

    public init(wrappedValue: UInt128) {
        high = UInt64(truncatingIfNeeded: wrappedValue >> 64)
        low = UInt64(truncatingIfNeeded: wrappedValue)
    }

    public var wrappedValue: UInt128 {
        get { UInt128(high) << 64 | UInt128(low) }
        set { self = Words128(wrappedValue: newValue) }
    }
}

/// The same for a value that may be absent.
@propertyWrapper
public struct OptionalWords128: Hashable, Sendable {
    private var words: Words128?

    public init(wrappedValue: UInt128?) { words = wrappedValue.map(Words128.init) }

    public var wrappedValue: UInt128? {
        get { words?.wrappedValue }
        set { words = newValue.map(Words128.init) }
    }
}
