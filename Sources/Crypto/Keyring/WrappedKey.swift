/// A key sealed under one of the key ring's master keys (docs/formats/wrapped-keys.md).
public struct WrappedKey: Sendable, Equatable {
    /// The master key's number; stored beside the bytes, and authenticated with them.
    public let generation: Int
    /// 73 bytes: format ‖ nonce ‖ ciphertext ‖ tag.
    public let bytes: [UInt8]

    public init(generation: Int, bytes: [UInt8]) {
        self.generation = generation
        self.bytes = bytes
    }
}
