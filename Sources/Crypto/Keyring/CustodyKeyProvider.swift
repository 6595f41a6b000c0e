/// A key ring unlocked by a random key that rests in its header, wrapped by a key that somebody else keeps.
///
/// Each time the ring is saved the unlocking key is another one.
package struct CustodyKeyProvider: KeyProvider {
    package var name: String { wrapper.custodian.rawValue }
    private let directory: KeyDirectory
    private let wrapper: any KeyWrapper

    /// - Parameter directory: where the ring is; made on ``create(vaultID:)``.
    package init(directory: String, wrapper: any KeyWrapper) {
        self.directory = KeyDirectory(path: directory)
        self.wrapper = wrapper
    }

    package func exists() -> Bool { directory.exists(FileKeyProvider.ringName) }

    package func create(vaultID: UInt128) throws(CryptoError) -> KeyRing {
        guard !exists() else {
            throw CryptoError.keyFile(
                "\(ringPath) is there already: this vault has its keys. To start a new vault, use another directory.")
        }
        try directory.prepare()
        try wrapper.prepare()
        try selfTest()
        let ring = KeyRing(newFor: vaultID)
        let file = try seal(ring)
        try directory.write(file.span, to: FileKeyProvider.ringName, .new)
        return ring
    }

    package func unlock() throws(CryptoError) -> KeyRing {
        let file = try KeyRingFile.read(from: directory, FileKeyProvider.ringName)
        return try open(file.bytes)
    }

    package func open(_ sealed: [UInt8]) throws(CryptoError) -> KeyRing {
        let header = try KeyRingFile.header(of: sealed)
        guard case .custody(let wrapped) = header.unlocking, wrapped.custodian == wrapper.custodian else {
            throw header.unlocking.refusal(to: wrapper.custodian.words, at: ringPath)
        }
        do {
            let key = SealingKey(try unwrap(wrapped, for: header.vault))
            return try KeyRingFile.open(sealed, with: key)
        } catch .openFailed {
            throw CryptoError.custody(
                .refused(
                    "\(wrapper.custodian.words) does not open \(ringPath): it is another key than the one that locked it, or "
                        + "the file was changed. Put back the key directory from its backup, or name the right key."))
        }
    }

    package func save(_ ring: KeyRing) throws(CryptoError) {
        let file = try seal(ring)
        try directory.write(file.span, to: FileKeyProvider.ringName, .replacing)
    }

    /// Makes the key where it lives if need be, and locks a ring with it that another provider had.
    package func adopt(_ ring: KeyRing) throws(CryptoError) {
        try directory.prepare()
        try wrapper.prepare()
        try selfTest()
        try save(ring)
    }

    package func selfTest() throws(CryptoError) {
        let (vault, other) = (Random.bytes(16), Random.bytes(16))
        let key = SecretBytes(count: SealingKey.size)
        let wrapped = try wrapper.wrap(key, for: vault)
        try demandSame(key, wrapped, for: vault)
        let holdsKey = key.withBytes { key in
            wrapped.bytes.count >= key.count
                && (0...wrapped.bytes.count - key.count).contains { start in
                    wrapped.bytes.span.extracting(start..<start + key.count).elementsEqual(key)
                }
        }
        guard !holdsKey else { throw nonsense("gives back the key unwrapped") }
        try demandRefusal(wrapped, for: other, "opens the key of one vault for another")
        guard let damaged = wrapper.damaged(wrapped) else { return }
        try demandRefusal(damaged, for: vault, "opens a wrapped key that was changed")
    }

    package var problems: [String] {
        var problems = directory.problems(with: [FileKeyProvider.ringName])
        if !exists() { problems.append(KeyRingFile.missingRing(ringPath)) }
        return problems
    }

    private var ringPath: String { directory.path(of: FileKeyProvider.ringName) }

    package func seal(_ ring: KeyRing) throws(CryptoError) -> [UInt8] {
        var vault: [UInt8] = []
        vault.append(bigEndian: ring.vaultID)
        let secret = SecretBytes(count: SealingKey.size)
        let wrapped = try wrapper.wrap(secret, for: vault)
        // Never a ring on the disk that was not seen to open again.
        try demandSame(secret, wrapped, for: vault)
        return KeyRingFile.seal(ring, unlocking: .custody(wrapped), with: SealingKey(secret))
    }

    /// - Throws: `.custody(.nonsense)` unless `wrapped` opens as `key`.
    private func demandSame(
        _ key: borrowing SecretBytes, _ wrapped: WrappedRingKey, for vault: [UInt8]
    ) throws(CryptoError) {
        let isSame: Bool
        do {
            let again = try unwrap(wrapped, for: vault)
            isSame = key.withBytes { key in again.withBytes { constantTimeEqual(key, $0) } }
        } catch .openFailed {
            throw nonsense("does not open what it has just wrapped")
        }
        guard isSame else { throw nonsense("gives back another key than it was given") }
    }

    private func unwrap(_ wrapped: WrappedRingKey, for vault: [UInt8]) throws(CryptoError) -> SecretBytes {
        let key = try wrapper.unwrap(wrapped, for: vault)
        guard key.count == SealingKey.size else {
            throw nonsense("gives a key of \(key.count) bytes instead of \(SealingKey.size)")
        }
        return key
    }

    private func demandRefusal(
        _ wrapped: WrappedRingKey, for vault: [UInt8], _ words: String
    ) throws(CryptoError) {
        do {
            _ = try wrapper.unwrap(wrapped, for: vault)
        } catch .openFailed {
            return
        }
        throw nonsense(words)
    }

    private func nonsense(_ words: String) -> CryptoError {
        .custody(.nonsense("\(wrapper.custodian.words) \(words); the vault's keys are not entrusted to it"))
    }
}
