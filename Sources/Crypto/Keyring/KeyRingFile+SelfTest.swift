/// Proof that rings are sealed and opened as they should be, before one that matters is touched.
extension KeyRingFile {
    /// Seals a ring of no worth, opens it, and has it refused with each thing changed that binds it.
    ///
    /// - Throws: `.custody(.nonsense)`.
    static func selfTest(_ unlocking: RingUnlocking, with key: SealingKey) throws(CryptoError) {
        let ring = KeyRing(newFor: .random(in: 1 ... .max))
        let sealed = seal(ring, unlocking: unlocking, with: key)
        let opened = try open(sealed, with: key)
        guard opened.vaultID == ring.vaultID, opened.stableKey("self-test").isSame(as: ring.stableKey("self-test"))
        else { throw CryptoError.custody(.nonsense("a key ring that was sealed does not open as it was")) }
        var changed = sealed
        changed[changed.count - 1] ^= 1
        var foreign = sealed
        // The last byte of the vault's id, wherever the format has it.
        foreign[foreign[7] == 1 ? 55 : 31] ^= 1
        for (file, key) in [(changed, key), (foreign, key), (sealed, SealingKey.random())] {
            guard (try? open(file, with: key)) == nil else {
                throw CryptoError.custody(.nonsense("a key ring opens although it was changed, or with another key"))
            }
        }
    }
}
