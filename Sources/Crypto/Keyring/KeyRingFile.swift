/// The stored form of a key ring, format 1 (docs/formats/key-ring.md): an 80-byte header in clear, authenticated, and
/// the sealed keys. Integers are big-endian.
enum KeyRingFile {
    static let headerSize = 80
    static let format: UInt8 = 1
    /// Most generations a file may hold; keeps files and reading bounded.
    static let maximumGenerations = 1024
    /// Longest file.
    static let maximumSize = headerSize + bodySize(maximumGenerations) + XChaCha20Poly1305.tagSize

    private static let magic: StaticString = "CSVRING"
    /// Header bytes that are authenticated with the keys: everything before the nonce.
    private static let authenticatedSize = headerSize - XChaCha20Poly1305.nonceSize

    /// What unlocks a ring.
    enum Unlocking: Equatable, Sendable {
        /// A 32-byte key in a file of its own.
        case keyFile
        /// A passphrase, through Argon2id with this salt (16 bytes).
        case passphrase(PasswordParameters, salt: [UInt8])
    }

    struct Header: Equatable, Sendable {
        let unlocking: Unlocking
        let vaultID: UInt128
    }

    /// The bytes to store.
    ///
    /// - Parameter unlockingKey: the key from the file, or what Argon2id made of the passphrase.
    static func seal(_ ring: KeyRing, unlocking: Unlocking, with unlockingKey: SealingKey) -> [UInt8] {
        let body = body(of: ring)
        let nonce = XChaCha20Poly1305.randomNonce()
        let header = encode(Header(unlocking: unlocking, vaultID: ring.vaultID))
        let key = unlockingKey.derived(sealingLabel)
        return [UInt8](capacity: headerSize + body.count + XChaCha20Poly1305.tagSize) { output in
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
        guard bytes.count >= magic.utf8CodeUnitCount + 1, magic.withBytes({ bytes.starts(with: $0) }) else {
            throw CryptoError.openFailed
        }
        guard bytes[7] == format else { throw CryptoError.unsupportedFormat(bytes[7]) }
        guard bytes.count >= headerSize + bodySize(1) + XChaCha20Poly1305.tagSize, bytes.count <= maximumSize else {
            throw CryptoError.openFailed
        }
        let vaultID = bytes.bigEndian(at: 40, as: UInt128.self)
        switch bytes[8] {
        case 1:
            return Header(unlocking: .keyFile, vaultID: vaultID)
        case 2:
            let memory = Int(bytes.bigEndian(at: 12, as: UInt32.self))
            let iterations = Int(bytes.bigEndian(at: 16, as: UInt32.self))
            // Bounded before anything is authenticated, so that a changed header cannot exhaust the machine.
            guard bytes[9] == argon2Version, bytes.bigEndian(at: 20, as: UInt32.self) == 1,
                let parameters = PasswordParameters(memoryKiB: memory, iterations: iterations)
            else { throw CryptoError.openFailed }
            return Header(
                unlocking: .passphrase(parameters, salt: bytes.extracting(24..<40).copied()), vaultID: vaultID)
        default:
            throw CryptoError.openFailed
        }
    }

    /// Opens a file whose header was read with `header(of:)`.
    static func open(_ file: [UInt8], with unlockingKey: SealingKey) throws(CryptoError) -> KeyRing {
        let header = try header(of: file)
        let bytes = file.span
        let key = unlockingKey.derived(sealingLabel)
        var body = SecretBytes(zeroed: bytes.count - headerSize - XChaCha20Poly1305.tagSize, protection: .guarded)
        let opened = body.withMutableBytes { output in
            XChaCha20Poly1305.open(
                bytes.extracting(headerSize...), key: key.secret,
                nonce: bytes.extracting(authenticatedSize..<headerSize),
                authenticating: bytes.extracting(..<authenticatedSize), into: &output)
        }
        guard opened, let ring = body.withBytes({ decode($0, vaultID: header.vaultID) }) else {
            throw CryptoError.openFailed
        }
        return ring
    }

    private static let sealingLabel: StaticString = "key ring file"
    private static let argon2Version: UInt8 = 0x13

    private static func encode(_ header: Header) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(authenticatedSize)
        bytes.append(magic)
        bytes.append(format)
        switch header.unlocking {
        case .keyFile:
            bytes.append(1)
            bytes.append(contentsOf: [UInt8](repeating: 0, count: 31))
        case .passphrase(let parameters, let salt):
            precondition(salt.count == Argon2id.saltSize)
            bytes.append(2)
            bytes.append(argon2Version)
            bytes.append(bigEndian: UInt16(0))
            bytes.append(bigEndian: UInt32(parameters.memoryKiB))
            bytes.append(bigEndian: UInt32(parameters.iterations))
            bytes.append(bigEndian: UInt32(1))
            bytes.append(contentsOf: salt)
        }
        bytes.append(bigEndian: header.vaultID)
        return bytes
    }

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
