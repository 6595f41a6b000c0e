/// A piece of a sealed stream, in order: the header and any number of chunks.
///
/// Only this module makes one out of plaintext, so what takes a `SealedChunk` never gets plaintext.
public struct SealedChunk: Sendable, Equatable {
    /// The bytes to store, behind those of the piece before; may be empty.
    public let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Bytes that were read from a blob store as they are, to be put into another one.
    package init(alreadySealed bytes: [UInt8]) {
        self.bytes = bytes
    }
}
