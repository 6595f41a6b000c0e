/// The stored form of a key ring (docs/formats/key-ring.md): a header in clear, authenticated, a nonce, and the sealed keys.
/// Integers are big-endian.
///
/// Format 1 has a header of 56 bytes, for a key file and a passphrase; format 2 one of any length, for what came later.
enum KeyRingFile {
    /// Most generations a file may hold; keeps files and reading bounded.
    static let maximumGenerations = 1024
    /// Longest file.
    static let maximumSize = 16_384 + bodySize(maximumGenerations) + XChaCha20Poly1305.tagSize

    struct Header: Equatable, Sendable {
        let unlocking: RingUnlocking
        let vaultID: UInt128
        /// What is authenticated with the keys; the nonce stands behind it.
        let bytes: [UInt8]

        fileprivate var size: Int { bytes.count + XChaCha20Poly1305.nonceSize }

        /// The vault's id as 16 bytes.
        var vault: [UInt8] {
            var bytes: [UInt8] = []
            bytes.append(bigEndian: vaultID)
            return bytes
        }
    }

    /// The bytes to store.
    ///
    /// - Parameter unlockingKey: the key from the file, or what Argon2id made of the passphrase, or the one that is wrapped
    ///   or split.
    static func seal(_ ring: KeyRing, unlocking: RingUnlocking, with unlockingKey: SealingKey) -> [UInt8] {
        let body = body(of: ring)
        let nonce = XChaCha20Poly1305.randomNonce()
        let header = RingHeader.encode(unlocking, vaultID: ring.vaultID)
        let key = unlockingKey.derived(sealingLabel)
        let size = header.count + nonce.count + body.count + XChaCha20Poly1305.tagSize
        return [UInt8](capacity: size) { output in
            output.append(copying: header.span)
            output.append(copying: nonce.span)
            body.withBytes {
                XChaCha20Poly1305.seal(
                    $0, key: key.secret, nonce: nonce.span, authenticating: header.span, into: &output)
            }
        }
    }

    /// Reads the header, which tells how to come by the unlocking key. It is not authenticated before `open`.
    ///
    /// - Throws: `.unsupportedFormat`; `.openFailed` when this is not (all of) a key ring.
    static func header(of file: [UInt8]) throws(CryptoError) -> Header {
        let bytes = file.span
        guard bytes.count <= maximumSize else { throw CryptoError.openFailed }
        let header = try RingHeader.decode(bytes)
        guard bytes.count >= header.size + bodySize(1) + XChaCha20Poly1305.tagSize else { throw CryptoError.openFailed }
        return header
    }

    /// Opens a file whose header was read with `header(of:)`.
    static func open(_ file: [UInt8], with unlockingKey: SealingKey) throws(CryptoError) -> KeyRing {
        let header = try header(of: file)
        let bytes = file.span
        let key = unlockingKey.derived(sealingLabel)
        var body = SecretBytes(zeroed: bytes.count - header.size - XChaCha20Poly1305.tagSize, protection: .guarded)
        let opened = body.withMutableBytes { output in
            XChaCha20Poly1305.open(
                bytes.extracting(header.size...), key: key.secret,
                nonce: bytes.extracting(header.bytes.count..<header.size),
                authenticating: header.bytes.span, into: &output)
        }
        guard opened, let ring = body.withBytes({ decode($0, vaultID: header.vaultID) }) else {
            throw CryptoError.openFailed
        }
        return ring
    }

    private static let sealingLabel: StaticString = "key ring file"

    /// root (32) ‖ active (4) ‖ count (4) ‖ count × (generation (4) ‖ key (32)).
    private static func bodySize(_ generations: Int) -> Int { 40 + generations * 36 }

    private static func body(of ring: KeyRing) -> SecretBytes {
        ring.withContents { root, active, masters in
            var body = SecretBytes(zeroed: bodySize(masters.count), protection: .guarded)
            body.withMutableBytes { output in
                root.secret.withBytes { output.copy($0, at: 0) }
                output.write(bigEndian: UInt32(active), at: 32)
                output.write(bigEndian: UInt32(masters.count), at: 36)
                var offset = 40
                for (generation, key) in masters {
                    output.write(bigEndian: UInt32(generation), at: offset)
                    key.secret.withBytes { output.copy($0, at: offset + 4) }
                    offset += 36
                }
            }
            return body
        }
    }

    private static func decode(_ body: Span<UInt8>, vaultID: UInt128) -> KeyRing? {
        guard body.count >= bodySize(1) else { return nil }
        let count = Int(body.bigEndian(at: 36, as: UInt32.self))
        guard count >= 1, count <= maximumGenerations, body.count == bodySize(count) else { return nil }
        var masters: [Int: SealingKey] = [:]
        for index in 0..<count {
            let offset = 40 + index * 36
            let generation = Int(body.bigEndian(at: offset, as: UInt32.self))
            masters[generation] = key(body.extracting(offset + 4..<offset + 36))
        }
        guard masters.count == count else { return nil }
        return KeyRing(
            vaultID: vaultID, root: key(body.extracting(..<32)), active: Int(body.bigEndian(at: 32, as: UInt32.self)),
            masters: masters)
    }

    private static func key(_ bytes: Span<UInt8>) -> SealingKey {
        SealingKey(SecretBytes(copying: bytes, protection: .guarded))
    }
}
