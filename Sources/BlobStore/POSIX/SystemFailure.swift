import Glibc

extension BlobStoreError {
    /// What the system call that just failed stands for.
    static func system(_ code: Int32 = errno) -> BlobStoreError {
        switch code {
        case ENOSPC, EDQUOT: .full
        case EMFILE, ENFILE: .unavailable("too many files are open")
        case ENOMEM: .unavailable("out of memory")
        default: .io(code)
        }
    }
}
