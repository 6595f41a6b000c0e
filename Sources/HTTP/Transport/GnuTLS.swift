import Glibc

/// The two functions of GnuTLS we need beside what libmicrohttpd does with it: found in the library it has loaded.
enum GnuTLS {
    private typealias Send = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer?, Int) -> Int
    private typealias Bye = @convention(c) (UnsafeMutableRawPointer, UInt32) -> Int32

    private static let recordSend: Send? = unsafe symbol("gnutls_record_send").map { pointer in
        unsafe unsafeBitCast(pointer, to: Send.self)
    }
    private static let bye: Bye? = unsafe symbol("gnutls_bye").map { pointer in
        unsafe unsafeBitCast(pointer, to: Bye.self)
    }
    private static let shutWrite: UInt32 = 1

    /// Writes bytes into a session and closes its sending side; false when nothing was written.
    static func send(_ bytes: UnsafeRawBufferPointer, _ session: UnsafeMutableRawPointer) -> Bool {
        guard let recordSend = unsafe recordSend, let base = bytes.baseAddress else { return false }
        var sent = 0
        while sent < bytes.count {
            let count = unsafe recordSend(session, base + sent, bytes.count - sent)
            guard count > 0 else { break }
            sent += count
        }
        if sent > 0 { _ = unsafe bye?(session, shutWrite) }
        return sent > 0
    }

    private static func symbol(_ name: String) -> UnsafeMutableRawPointer? {
        unsafe dlsym(nil, name)
    }
}
