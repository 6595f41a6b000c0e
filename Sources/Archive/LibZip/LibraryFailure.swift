import CZip
import Glibc

extension ArchiveError {
    /// What libzip says went wrong.
    init(_ error: UnsafeMutablePointer<zip_error_t>) {
        let code = unsafe zip_error_code_zip(error)
        switch code {
        case ZIP_ER_MEMORY: self = .outOfMemory
        case ZIP_ER_CRC: self = .wrongCRC
        case ZIP_ER_NOZIP: self = .notZIP
        case ZIP_ER_EOF: self = .truncated
        case ZIP_ER_MULTIDISK: self = .multiDisk
        case ZIP_ER_ENCRNOTSUPP: self = .unsupportedEncryption
        case ZIP_ER_NOPASSWD: self = .passwordNeeded
        case ZIP_ER_WRONGPASSWD: self = .wrongPassword
        case ZIP_ER_CANCELLED: self = .cancelled
        case ZIP_ER_INCONS, ZIP_ER_COMPRESSED_DATA, ZIP_ER_ZLIB:
            self = unsafe .damaged(String(cString: zip_error_strerror(error)))
        default: self = unsafe .refused(code: code, message: String(cString: zip_error_strerror(error)))
        }
    }
}
