import CPKCS11
import Crypto

/// A token behind a PKCS#11 module (OASIS PKCS#11 2.40): loaded once, never unloaded.
///
/// `@unchecked Sendable`: the module was told that threads use it (`CKF_OS_LOCKING_OK`), its table never changes, and all
/// calls come from one thread.
@safe final class PKCS11Token: @unchecked Sendable {
    private let library: cp11_library
    private let slot: CK_SLOT_ID
    let label: String

    /// Loads the module and finds the token by its label.
    init(module: String, label: String) throws(CryptoError) {
        var library = unsafe cp11_library()
        let code = unsafe cp11_open(module, &library)
        switch code {
        case 0: break
        case -1:
            throw PKCS11Failure.refused(
                "the PKCS#11 module \(module) cannot be loaded: \(unsafe String(cString: cp11_words())). Name the token "
                    + "maker's library with --pkcs11-module")
        case -2: throw PKCS11Failure.refused("\(module) is no PKCS#11 module; name the token maker's library")
        default: throw PKCS11Failure.of(CK_RV(code), "to start the PKCS#11 module \(module)")
        }
        unsafe self.library = library
        self.label = label
        slot = try unsafe Self.find(label, library)
    }

    private static func find(_ label: String, _ library: cp11_library) throws(CryptoError) -> CK_SLOT_ID {
        var library = unsafe library
        var slots = [CK_SLOT_ID](repeating: 0, count: 64)
        var count = CK_ULONG(slots.count)
        let code = unsafe cp11_slots(&library, &slots, &count)
        guard code == CKR_OK else { throw PKCS11Failure.of(code, "to list the tokens") }
        var found: [CK_SLOT_ID] = []
        var others: [String] = []
        for slot in slots.prefix(Int(clamping: count)) {
            var information = CK_TOKEN_INFO()
            guard unsafe cp11_token(&library, slot, &information) == CKR_OK else { continue }
            let name = unsafe withUnsafeBytes(of: information.label) { bytes in
                var text = unsafe Array(bytes)
                while let last = text.last, last == 0x20 || last == 0 { text.removeLast() }
                return String(decoding: text, as: UTF8.self)
            }
            if name == label { found.append(slot) } else { others.append(name) }
        }
        guard let slot = found.first else {
            let seen = others.filter { !$0.isEmpty }.prefix(8).joined(separator: ", ")
            throw CryptoError.custody(
                .away(
                    "no token is labelled \(label)\(seen.isEmpty ? "" : " (there are: \(seen))"); plug it in, or name it "
                        + "with --pkcs11-token"))
        }
        guard found.count == 1 else {
            throw PKCS11Failure.refused("\(found.count) tokens are labelled \(label); give the right one another label")
        }
        return slot
    }

    /// What the token says of its PIN.
    struct PINState {
        let isLocked: Bool
        let isLastTry: Bool
        let isLow: Bool
    }

    func pinState() throws(CryptoError) -> PINState {
        var library = unsafe library
        var information = CK_TOKEN_INFO()
        let code = unsafe cp11_token(&library, slot, &information)
        guard code == CKR_OK else { throw PKCS11Failure.of(code, "to ask the token \(label)") }
        let flags = information.flags
        return PINState(
            isLocked: flags & CK_FLAGS(CKF_USER_PIN_LOCKED) != 0,
            isLastTry: flags & CK_FLAGS(CKF_USER_PIN_FINAL_TRY) != 0,
            isLow: flags & CK_FLAGS(CKF_USER_PIN_COUNT_LOW) != 0)
    }

    /// Opens a session, lends it, and closes it.
    func session<Value>(
        writes: Bool = false, _ body: (borrowing PKCS11Session) throws(CryptoError) -> Value
    ) throws(CryptoError) -> Value {
        var library = unsafe library
        var handle: CK_SESSION_HANDLE = 0
        let code = unsafe cp11_open_session(&library, slot, writes ? 1 : 0, &handle)
        guard code == CKR_OK else { throw PKCS11Failure.of(code, "to open a session on the token \(label)") }
        return try body(unsafe PKCS11Session(library, handle, token: label))
    }
}

/// One session with a token; closed, and so logged out, with its owner.
@safe struct PKCS11Session: ~Copyable {
    private var library: cp11_library
    private let handle: CK_SESSION_HANDLE
    private let token: String

    init(_ library: cp11_library, _ handle: CK_SESSION_HANDLE, token: String) {
        unsafe self.library = library
        self.handle = handle
        self.token = token
    }

    deinit {
        var library = unsafe library
        _ = unsafe cp11_close_session(&library, handle)
    }

    /// - Returns: false when the PIN is wrong.
    func login(_ pin: borrowing SecretBytes) throws(CryptoError) -> Bool {
        var library = unsafe library
        let code = pin.withBytes { pin in
            unsafe pin.withUnsafeBufferPointer { pin in
                unsafe cp11_login(&library, handle, pin.baseAddress, CK_ULONG(pin.count))
            }
        }
        switch code {
        case CK_RV(CKR_OK), CK_RV(CKR_USER_ALREADY_LOGGED_IN): return true
        case CK_RV(CKR_PIN_INCORRECT), CK_RV(CKR_PIN_INVALID), CK_RV(CKR_PIN_LEN_RANGE): return false
        default: throw PKCS11Failure.of(code, "to log in to the token \(token)")
        }
    }

    /// The one AES key of that label; nil when there is none.
    func findKey(_ label: String) throws(CryptoError) -> CK_OBJECT_HANDLE? {
        var library = unsafe library
        var found: [CK_OBJECT_HANDLE] = [0, 0]
        var count: CK_ULONG = 0
        let code = unsafe cp11_find_key(&library, handle, label, CK_ULONG(label.utf8.count), &found, &count)
        guard code == CKR_OK else { throw PKCS11Failure.of(code, "to look for the key \(label)") }
        guard count < 2 else {
            throw PKCS11Failure.refused(
                "the token \(token) has several AES keys labelled \(label); give the right one another label")
        }
        return count == 1 ? found[0] : nil
    }

    func makeKey(_ label: String) throws(CryptoError) {
        var library = unsafe library
        var key: CK_OBJECT_HANDLE = 0
        let code = unsafe cp11_make_key(&library, handle, label, CK_ULONG(label.utf8.count), &key)
        guard code == CKR_OK else { throw PKCS11Failure.of(code, "to make the key \(label) on the token \(token)") }
    }

    /// Whether the token lets the key go out, as far as it says.
    func canLeave(_ key: CK_OBJECT_HANDLE) -> Bool {
        var library = unsafe library
        var canLeave: Int32 = 0
        _ = unsafe cp11_can_leave(&library, handle, key, &canLeave)
        return canLeave != 0
    }

    static let nonceSize = 12
    static let tagSize = 16

    /// nonce ‖ ciphertext ‖ tag
    func seal(
        _ plain: borrowing SecretBytes, with key: CK_OBJECT_HANDLE, context: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        var library = unsafe library
        var nonce = Random.bytes(Self.nonceSize)
        var sealed = [UInt8](repeating: 0, count: plain.count + Self.tagSize)
        var size = CK_ULONG(sealed.count)
        let code = plain.withBytes { plain in
            unsafe plain.withUnsafeBufferPointer { plain in
                unsafe cp11_seal(
                    &library, handle, key, &nonce, CK_ULONG(nonce.count), context, CK_ULONG(context.count),
                    plain.baseAddress, CK_ULONG(plain.count), &sealed, &size)
            }
        }
        guard code == CKR_OK else { throw PKCS11Failure.of(code, "to encrypt with AES-GCM on the token \(token)") }
        guard size == CK_ULONG(sealed.count) else {
            throw CryptoError.custody(
                .nonsense(
                    "the token \(token) makes \(size) bytes of \(plain.count) where AES-GCM makes \(sealed.count)"))
        }
        return nonce + sealed
    }

    /// - Throws: `.openFailed` when the token says that it did not make this.
    func open(
        _ sealed: [UInt8], with key: CK_OBJECT_HANDLE, context: [UInt8]
    ) throws(CryptoError) -> SecretBytes {
        guard sealed.count > Self.nonceSize + Self.tagSize else { throw CryptoError.openFailed }
        var library = unsafe library
        var nonce = Array(sealed.prefix(Self.nonceSize))
        let body = Array(sealed.dropFirst(Self.nonceSize))
        // Room for the tag, too: some tokens want as much as they are given.
        var plain = SecretBytes(copying: [UInt8](repeating: 0, count: body.count))
        var size = CK_ULONG(body.count)
        let code = plain.withMutableBytes { plain in
            unsafe plain.withUnsafeMutableBufferPointer { plain in
                unsafe cp11_unseal(
                    &library, handle, key, &nonce, CK_ULONG(nonce.count), context, CK_ULONG(context.count), body,
                    CK_ULONG(body.count), plain.baseAddress, &size)
            }
        }
        if PKCS11Failure.saysNotOurs(code) { throw CryptoError.openFailed }
        guard code == CKR_OK else { throw PKCS11Failure.of(code, "to decrypt with AES-GCM on the token \(token)") }
        guard size <= CK_ULONG(plain.count) else {
            throw CryptoError.custody(.nonsense("the token \(token) claims more bytes than it was given room for"))
        }
        return plain.withBytes { SecretBytes(copying: $0.extracting(..<Int(size))) }
    }
}
