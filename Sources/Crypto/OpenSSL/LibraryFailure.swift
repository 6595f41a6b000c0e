import COpenSSL

/// Stops the program when OpenSSL refuses something it has no reason to refuse (out of memory).
///
/// Only for calls whose inputs are our own and whose callers cannot be told: going on would hand out bytes that are
/// not sealed or digests that are not digests.
@inline(__always)
func requireSuccess(_ code: Int32, _ what: StaticString) {
    precondition(code == 1, "OpenSSL refused \(what)")
}

/// Empties this thread's error queue, so that an entry of today never explains a failure of tomorrow.
func clearLibraryErrors() {
    ERR_clear_error()
}
