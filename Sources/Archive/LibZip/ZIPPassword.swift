public import Crypto
import Glibc

/// The password of an archive, as libzip wants it: ended by NUL. Wiped when the last reference goes; so are libzip's own
/// copies when the archive is closed.
@safe public final class ZIPPassword: @unchecked Sendable {
    // Sendable: written once, before anybody else sees it.
    private let bytes: UnsafeMutablePointer<CChar>
    private let count: Int

    /// - Returns: nil for a password that is empty, holds NUL or has more than 1,024 bytes.
    public init?(_ secret: borrowing SecretBytes) {
        let count = secret.count
        guard (1...1_024).contains(count), secret.withBytes({ span in span.indices.allSatisfy { span[$0] != 0 } })
        else {
            return nil
        }
        let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: count + 1)
        unsafe bytes.initialize(repeating: 0, count: count + 1)
        secret.withBytes { span in
            for index in span.indices { unsafe bytes[index] = CChar(bitPattern: span[index]) }
        }
        unsafe self.bytes = bytes
        self.count = count
    }

    deinit {
        unsafe explicit_bzero(bytes, count)
        unsafe bytes.deallocate()
    }

    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe body(UnsafePointer(bytes))
    }
}
