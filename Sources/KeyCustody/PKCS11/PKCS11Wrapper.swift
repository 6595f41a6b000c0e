package import Crypto
import Synchronization

/// Wraps a ring's unlocking key with an AES key that never leaves a PKCS#11 token.
///
/// A wrong PIN is tried once in the life of this object, and never when the token says that one try is left: a token locks
/// itself for good.
package final class PKCS11Wrapper: KeyWrapper {
    package let custodian = Custodian.pkcs11
    private let module: String
    private let tokenLabel: String
    private let keyLabel: String
    private let pin: SecretBytes
    private let deadline: Duration
    private let thread = DeadlineThread()
    private let state = Mutex(State())

    private struct State {
        var token: PKCS11Token?
        /// What was said when the PIN was refused.
        var refusal: CryptoError?
    }

    /// - Parameters:
    ///   - module: path of the token maker's library.
    ///   - token: label of the token.
    ///   - key: label of the AES key on it.
    ///   - pin: of the token's user.
    ///   - deadline: how long the token may take for one operation.
    package init(
        module: String, token: String, key: String, pin: consuming SecretBytes, deadline: Duration = .seconds(20)
    ) {
        self.module = module
        tokenLabel = token
        keyLabel = key
        self.pin = pin
        self.deadline = deadline
    }

    /// Makes the key on the token, if there is none of its label.
    package func prepare() throws(CryptoError) {
        try onThread { [self] () throws(CryptoError) in
            try loggedIn(writes: true) { (session) throws(CryptoError) in
                if try session.findKey(keyLabel) == nil { try session.makeKey(keyLabel) }
            }
        }
    }

    package func wrap(_ key: borrowing SecretBytes, for vault: [UInt8]) throws(CryptoError) -> WrappedRingKey {
        let secret = Handed(key.withBytes { SecretBytes(copying: $0) })
        let sealed = try onThread { [self] () throws(CryptoError) in
            try withKey { (session, handle) throws(CryptoError) in
                try session.seal(secret.bytes, with: handle, context: Self.context(vault))
            }
        }
        guard
            let wrapped = WrappedRingKey(custodian: custodian, names: [tokenLabel, keyLabel], bytes: sealed)
        else { throw PKCS11Failure.refused("the labels of token and key are too long") }
        return wrapped
    }

    package func unwrap(_ wrapped: WrappedRingKey, for vault: [UInt8]) throws(CryptoError) -> SecretBytes {
        guard wrapped.names == [tokenLabel, keyLabel] else {
            let named = wrapped.names.count == 2 ? "\(wrapped.names[1]) on the token \(wrapped.names[0])" : "another"
            throw PKCS11Failure.refused(
                "the ring is locked with the key \(named), and the settings name \(keyLabel) on \(tokenLabel); correct "
                    + "--pkcs11-token and --pkcs11-key")
        }
        let opened = try onThread { [self] () throws(CryptoError) in
            try withKey { (session, handle) throws(CryptoError) in
                Handed(try session.open(wrapped.bytes, with: handle, context: Self.context(vault)))
            }
        }
        return opened.bytes.withBytes { SecretBytes(copying: $0) }
    }

    /// Whether the token lets the key go out of it; nil when it is not there.
    package func keyCanLeave() -> Bool? {
        try? onThread { [self] () throws(CryptoError) in
            try withKey { (session, handle) throws(CryptoError) in session.canLeave(handle) }
        }
    }

    /// A secret on its way between two threads.
    private final class Handed: Sendable {
        let bytes: SecretBytes
        init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
    }

    private static func context(_ vault: [UInt8]) -> [UInt8] { Array("cloudspace ring key\u{0}".utf8) + vault }

    private func onThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws(CryptoError) -> Value
    ) throws(CryptoError) -> Value {
        let answer = thread.run(within: deadline) { () -> Result<Value, CryptoError> in
            do throws(CryptoError) { return .success(try work()) } catch { return .failure(error) }
        }
        guard let answer else {
            throw CryptoError.custody(
                .away("the token \(tokenLabel) did not answer within \(deadline.components.seconds) seconds"))
        }
        return try answer.get()
    }

    private func withKey<Value>(
        _ body: (borrowing PKCS11Session, UInt) throws(CryptoError) -> Value
    ) throws(CryptoError) -> Value {
        try loggedIn(writes: false) { (session) throws(CryptoError) in
            guard let key = try session.findKey(keyLabel) else {
                throw PKCS11Failure.refused(
                    "the token \(tokenLabel) has no AES key labelled \(keyLabel); `keys init` makes one, --pkcs11-key names "
                        + "another")
            }
            return try body(session, key)
        }
    }

    private func loggedIn<Value>(
        writes: Bool, _ body: (borrowing PKCS11Session) throws(CryptoError) -> Value
    ) throws(CryptoError) -> Value {
        if let refusal = state.withLock({ $0.refusal }) { throw refusal }
        let token = try openToken()
        let before = try token.pinState()
        guard !before.isLocked else {
            throw refuse("the PIN of the token \(tokenLabel) is locked; unlock it with the token's own tools")
        }
        guard !before.isLastTry else {
            throw refuse(
                "the token \(tokenLabel) has one try of its PIN left, which is not risked here; log in with the token's own "
                    + "tools first, which gives all tries back")
        }
        return try token.session(writes: writes) { (session) throws(CryptoError) in
            guard try session.login(pin) else {
                let after = try? token.pinState()
                let left =
                    after?.isLocked == true
                    ? "it is locked now"
                    : after?.isLastTry == true
                        ? "one try is left" : after?.isLow == true ? "few tries are left" : "further tries are left"
                throw refuse(
                    "the PIN of the token \(tokenLabel) is wrong (\(left)); it is not tried again before a restart. Correct "
                        + "--pkcs11-pin-file")
            }
            return try body(session)
        }
    }

    private func openToken() throws(CryptoError) -> PKCS11Token {
        if let token = state.withLock({ $0.token }) { return token }
        let token = try PKCS11Token(module: module, label: tokenLabel)
        state.withLock { $0.token = token }
        return token
    }

    private func refuse(_ words: String) -> CryptoError {
        let error = PKCS11Failure.refused(words)
        state.withLock { $0.refusal = error }
        return error
    }
}
