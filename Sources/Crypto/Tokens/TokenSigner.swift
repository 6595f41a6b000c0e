import Synchronization

/// JSON Web Tokens (RFC 7519) signed with HMAC-SHA-256 (`HS256`, RFC 7518 section 3.2), and nothing else.
///
/// The key is derived from the key ring, one per generation; `kid` is the generation's number. A token of a destroyed
/// generation is refused. Signers with different purposes do not accept each other's tokens.
public struct TokenSigner: Sendable {
    /// Longest token that is looked at, in bytes.
    public static let maximumSize = 2048

    private let ring: KeyRing
    private let purpose: StaticString
    private let cache: Cache

    /// - Parameters:
    ///   - ring: where the keys come from.
    ///   - purpose: what its tokens are good for; part of the key derivation.
    public init(_ ring: KeyRing, purpose: StaticString = "session token") {
        self.ring = ring
        self.purpose = purpose
        cache = Cache()
    }

    /// A signed token of `claims`, in the compact form `header.payload.signature`.
    public func sign(_ claims: TokenClaims) -> String {
        // The active generation may be replaced between the two calls, but never destroyed while it is active; when
        // both happen, the next round meets the new one.
        while true {
            if let key = try? key(ring.activeGeneration) { return Self.sign(claims, key) }
        }
    }

    /// Checks a token and reads its claims.
    ///
    /// - Parameters:
    ///   - token: as it came.
    ///   - now: seconds of Unix time.
    public func verify(_ token: String, now: Int64) throws(TokenError) -> TokenClaims {
        guard token.utf8.count <= Self.maximumSize else { throw TokenError.malformed }
        let bytes = Array(token.utf8)
        let dot = UInt8(ascii: ".")
        guard let first = bytes.firstIndex(of: dot), let last = bytes.lastIndex(of: dot), first < last,
            !bytes[(first + 1)..<last].contains(dot)
        else { throw TokenError.malformed }

        let span = bytes.span
        let key = try key(ofHeader: span.extracting(..<first))
        guard let signature = Base64URL.coding.decode(span.extracting((last + 1)...)) else {
            throw TokenError.malformed
        }
        guard constantTimeEqual(key.signature(of: span.extracting(..<last)), signature) else {
            throw TokenError.badSignature
        }
        guard let payload = Base64URL.coding.decode(span.extracting((first + 1)..<last)) else {
            throw TokenError.malformed
        }
        return try Self.claims(payload, generation: key.generation, now: now)
    }

    /// The key that a header names.
    ///
    /// Only the very header we write is accepted. Any other is taken apart to say what is wrong with it.
    private func key(ofHeader header: Span<UInt8>) throws(TokenError) -> TokenKey {
        if let known = cache.key(header: header) {
            guard ring.holds(generation: known.generation) else { throw TokenError.unknownKey }
            return known
        }
        guard let json = Base64URL.coding.decode(header), let fields = FlatJSON.parse(json) else {
            throw TokenError.malformed
        }
        guard fields["alg"] == .string("HS256") else { throw TokenError.wrongAlgorithm }
        guard case .string(let name) = fields["kid"], let generation = Int(name), String(generation) == name else {
            throw TokenError.unknownKey
        }
        let key = try key(generation)
        guard key.header.span.elementsEqual(header) else { throw TokenError.malformed }
        return key
    }

    private func key(_ generation: Int) throws(TokenError) -> TokenKey {
        guard ring.holds(generation: generation) else { throw TokenError.unknownKey }
        if let known = cache.key(generation: generation) { return known }
        do throws(CryptoError) {
            let key = TokenKey(try ring.derivedKey(purpose, generation: generation), generation: generation)
            cache.insert(key)
            return key
        } catch {
            throw TokenError.unknownKey
        }
    }

    private static func sign(_ claims: TokenClaims, _ key: TokenKey) -> String {
        let payload =
            "{\"sub\":\(FlatJSON.quoted(claims.subject)),\"jti\":\(FlatJSON.quoted(claims.id)),"
            + "\"iat\":\(claims.issuedAt),\"exp\":\(claims.expiresAt)}"
        var token = key.header
        token.append(UInt8(ascii: "."))
        token += Base64URL.coding.encode(Array(payload.utf8).span)
        let signature = key.signature(of: token.span)
        token.append(UInt8(ascii: "."))
        token += Base64URL.coding.encode(signature.span)
        return String(decoding: token, as: UTF8.self)
    }

    private static func claims(_ payload: [UInt8], generation: Int, now: Int64) throws(TokenError) -> TokenClaims {
        guard let fields = FlatJSON.parse(payload), fields.list.count == 4, case .string(let subject) = fields["sub"],
            case .string(let id) = fields["jti"], case .integer(let issuedAt) = fields["iat"],
            case .integer(let expiresAt) = fields["exp"]
        else { throw TokenError.malformed }
        guard now < expiresAt else { throw TokenError.expired }
        let allowedSkew: Int64 = 60
        guard issuedAt <= now || issuedAt - now <= allowedSkew else { throw TokenError.notYetValid }
        return TokenClaims(
            subject: subject, id: id, issuedAt: issuedAt, expiresAt: expiresAt, generation: generation)
    }

    /// The keys of the generations met so far; derived once each.
    private final class Cache: Sendable {
        private let keys = Mutex<[TokenKey]>([])

        func key(header: Span<UInt8>) -> TokenKey? {
            let known = keys.withLock { $0 }
            return known.first { $0.header.span.elementsEqual(header) }
        }

        func key(generation: Int) -> TokenKey? {
            keys.withLock { $0.first { $0.generation == generation } }
        }

        func insert(_ key: TokenKey) {
            keys.withLock { keys in
                guard !keys.contains(where: { $0.generation == key.generation }) else { return }
                keys.append(key)
            }
        }
    }
}

/// One generation's signing key and the header it writes, in base64url.
struct TokenKey: Sendable {
    let key: SealingKey
    let generation: Int
    let header: [UInt8]

    init(_ key: SealingKey, generation: Int) {
        self.key = key
        self.generation = generation
        header = Base64URL.coding.encode(
            Array("{\"alg\":\"HS256\",\"kid\":\"\(generation)\",\"typ\":\"JWT\"}".utf8).span)
    }

    /// HMAC-SHA-256 of the signing input, as RFC 7515 wants it: no prefix of ours, so this key does nothing else.
    func signature(of input: Span<UInt8>) -> [UInt8] {
        key.secret.withBytes { key in
            var mac = HMAC(.sha256, key: key)
            mac.update(input)
            return mac.finish()
        }
    }
}
