/// A copy of the whole ring, sealed under another key than the provider's: what a key bundle carries.
extension KeyRing {
    /// The form of `ring.sealed` (docs/formats/key-ring.md) with `key` in the place of the key file.
    public func sealedCopy(under key: SealingKey) -> [UInt8] {
        KeyRingFile.seal(self, unlocking: .keyFile, with: key)
    }

    /// Opens what ``sealedCopy(under:)`` sealed.
    ///
    /// - Throws: `.openFailed`; `.unsupportedFormat`.
    public static func opened(copy: [UInt8], under key: SealingKey) throws(CryptoError) -> KeyRing {
        try KeyRingFile.open(copy, with: key)
    }
}
