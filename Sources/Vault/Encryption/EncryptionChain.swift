public import Crypto
public import Database

/// How a file is sealed, from its content up to the master key, as somebody who may read it may know it: algorithms, numbers
/// and times, never a key or a wrapped one.
public struct EncryptionChain: Sendable, Equatable {
    /// How the content of one version is sealed.
    public struct Content: Sendable, Equatable {
        public let version: Int
        public let suite: StreamSuite
        /// Bytes.
        public let plainSize: Int64
        public let sealedSize: Int64
        /// Whether it rests in the database itself, being small.
        public let isInDatabase: Bool
        public let sealedAt: Timestamp
    }

    public let node: NodeID
    public let name: NodeName
    /// Of the current version.
    public let content: Content
    /// The generation of the master key that the file's key rests under.
    public let generation: Int
    /// The generation that wraps what is new.
    public let activeGeneration: Int
    public let keyCreatedAt: Timestamp
    /// When the key was last wrapped anew; `nil` when it still is as it was made.
    public let rewrappedAt: Timestamp?
    /// What unlocks the master keys: "file", "passphrase", …
    public let provider: String?
    /// Newest first, when they were asked for.
    public let versions: [Content]
    /// Number to ask the next page with; `nil` on the last one.
    public let next: Int?
}
