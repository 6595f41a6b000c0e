/// A key that somebody else keeps and that wraps the unlocking key of our ring: on a token, at a service.
///
/// Implementations block, within a deadline of their own.
package protocol KeyWrapper: Sendable {
    var custodian: Custodian { get }

    /// Makes the key where it lives, if that is this program's to do and it is not there yet.
    func prepare() throws(CryptoError)

    /// Wraps `key`, bound to the vault (its id, 16 bytes).
    ///
    /// - Throws: `.custody` with `.away`, `.refused` or `.nonsense`.
    func wrap(_ key: borrowing SecretBytes, for vault: [UInt8]) throws(CryptoError) -> WrappedRingKey

    /// The key again.
    ///
    /// - Throws: `.openFailed` when the custodian says that this is not what it wrapped for this vault; else as ``wrap(_:for:)``.
    func unwrap(_ wrapped: WrappedRingKey, for vault: [UInt8]) throws(CryptoError) -> SecretBytes

    /// `wrapped` with something changed that must make it useless; for the self-test.
    func damaged(_ wrapped: WrappedRingKey) -> WrappedRingKey?
}

extension KeyWrapper {
    package func prepare() throws(CryptoError) {}

    package func damaged(_ wrapped: WrappedRingKey) -> WrappedRingKey? {
        var bytes = wrapped.bytes
        bytes[bytes.count - 1] ^= 1
        return WrappedRingKey(custodian: wrapped.custodian, names: wrapped.names, bytes: bytes)
    }
}
