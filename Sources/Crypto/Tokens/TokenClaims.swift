/// What a token says (RFC 7519, section 4.1).
public struct TokenClaims: Sendable, Equatable {
    /// Whom it speaks of (`sub`).
    public let subject: String
    /// Its own identifier (`jti`), by which it can be revoked.
    public let id: String
    /// When it was made (`iat`), in seconds of Unix time.
    public let issuedAt: Int64
    /// From when on it is worth nothing (`exp`), in seconds of Unix time.
    public let expiresAt: Int64
    /// The key ring generation that signed it (`kid`). Signing uses the active one and ignores this.
    public let generation: Int

    public init(subject: String, id: String, issuedAt: Int64, expiresAt: Int64, generation: Int = 0) {
        self.subject = subject
        self.id = id
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.generation = generation
    }
}
