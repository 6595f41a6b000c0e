/// A piece of a sealed stream, in order: the header and any number of chunks.
///
/// Only this module can make one, so what takes a `SealedChunk` never gets plaintext.
public struct SealedChunk: Sendable, Equatable {
    /// The bytes to store, behind those of the piece before; may be empty.
    public let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}
