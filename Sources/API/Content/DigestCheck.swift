import Crypto
import HTTP
import Synchronization

/// The digests a client sent beside its content, held against what arrives, before anything is stored.
///
/// Read: `Content-Digest` and `Repr-Digest` (RFC 9530), `Digest` (RFC 3230), `Content-MD5` (RFC 1864). Algorithms other
/// than SHA-256 and MD5 are passed over. Used by one task.
final class DigestCheck: Sendable {
    private let hasher: Mutex<ContentHasher>
    private let sha256: [UInt8]?
    private let md5: [UInt8]?

    /// `nil` when nothing was sent that can be checked.
    /// - Throws: `Problem` for a digest that is not well formed.
    init?(_ headers: Headers) throws {
        var sha256: [UInt8]?
        var md5: [UInt8]?
        for name in ["Content-Digest", "Repr-Digest", "Digest"] {
            for field in headers.all(name) {
                for item in field.split(separator: ",") {
                    let pair = item.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != ":" } }
                    guard pair.count == 2 else { throw Self.malformed(name) }
                    switch pair[0].lowercased() {
                    case "sha-256": sha256 = try Self.decode(pair[1], 32, name)
                    case "md5": md5 = try Self.decode(pair[1], 16, name)
                    default: break
                    }
                }
            }
        }
        if let field = headers.first("Content-MD5") { md5 = try Self.decode(field, 16, "Content-MD5") }
        guard sha256 != nil || md5 != nil else { return nil }
        hasher = Mutex(ContentHasher(md5: md5 != nil))
        (self.sha256, self.md5) = (sha256, md5)
    }

    func update(_ bytes: [UInt8]) { hasher.withLock { $0.update(bytes) } }

    /// - Throws: `Problem.digestMismatch`.
    func finish() throws {
        let digest = hasher.withLock { $0.finish() }
        guard sha256 == nil || sha256 == digest.sha256, md5 == nil || md5 == digest.md5 else {
            throw Problem.digestMismatch
        }
    }

    private static func decode(_ text: String, _ count: Int, _ field: String) throws -> [UInt8] {
        guard let bytes = Base64.decode(text), bytes.count == count else { throw malformed(field) }
        return bytes
    }

    private static func malformed(_ field: String) -> Problem {
        .field(field, must: "be a digest in base64", fr: "doit être une empreinte en base64")
    }
}
