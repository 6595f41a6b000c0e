import CPKCS11
import Crypto

/// What a token's return values mean for an operator (PKCS#11 2.40, section 5.1).
enum PKCS11Failure {
    static func refused(_ words: String) -> CryptoError { .custody(.refused(words)) }

    /// - Parameter what: completes "the token refused …".
    static func of(_ code: CK_RV, _ what: String) -> CryptoError {
        switch code {
        case CK_RV(CKR_TOKEN_NOT_PRESENT), CK_RV(CKR_DEVICE_REMOVED), CK_RV(CKR_DEVICE_ERROR),
            CK_RV(CKR_SLOT_ID_INVALID), CK_RV(CKR_SESSION_CLOSED), CK_RV(CKR_SESSION_HANDLE_INVALID):
            .custody(.away("the token is not there or does not work (\(name(code)), \(what))"))
        case CK_RV(CKR_HOST_MEMORY), CK_RV(CKR_DEVICE_MEMORY), CK_RV(CKR_SESSION_COUNT):
            .custody(.away("the token has no room now (\(name(code)), \(what))"))
        case CK_RV(CKR_PIN_LOCKED): refused("the token's PIN is locked; unlock it with the token's own tools")
        case CK_RV(CKR_USER_PIN_NOT_INITIALIZED):
            refused("the token has no user PIN yet; set one with the token's own tools")
        case CK_RV(CKR_MECHANISM_INVALID), CK_RV(CKR_MECHANISM_PARAM_INVALID):
            refused("the token does not do AES-GCM (\(name(code)), \(what)); use another one")
        case CK_RV(CKR_KEY_FUNCTION_NOT_PERMITTED), CK_RV(CKR_KEY_TYPE_INCONSISTENT):
            refused("the token's key may not encrypt and decrypt (\(name(code)), \(what)); name one that may")
        default: refused("the token refused \(what) (\(name(code)))")
        }
    }

    /// What tokens answer to a ciphertext whose tag does not fit. They do not agree on the value; the last one is SoftHSM's.
    static func saysNotOurs(_ code: CK_RV) -> Bool {
        [
            CK_RV(CKR_ENCRYPTED_DATA_INVALID), CK_RV(CKR_ENCRYPTED_DATA_LEN_RANGE), CK_RV(CKR_DATA_INVALID),
            CK_RV(CKR_DATA_LEN_RANGE), CK_RV(CKR_SIGNATURE_INVALID), 0x42 /* CKR_AEAD_DECRYPT_FAILED of version 3 */,
            CK_RV(CKR_GENERAL_ERROR), CK_RV(CKR_FUNCTION_FAILED),
        ].contains(code)
    }

    private static func name(_ code: CK_RV) -> String { "CKR 0x" + String(code, radix: 16) }
}
