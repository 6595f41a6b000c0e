import Glibc

/// What the process may do and leave behind.
enum ProcessLimits {
    /// No core dumps (they would hold keys), files for the owner only, and no death by a closed connection.
    static func hardenProcess() {
        umask(0o077)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// Raises the number of open files to what the system allows: every connection and every blob being read needs one.
    /// - Returns: the number allowed now.
    @discardableResult
    static func raiseOpenFiles() -> UInt64 {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return 0 }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            unsafe setrlimit(resource, &limit)
            unsafe getrlimit(resource, &limit)
        }
        return UInt64(limit.rlim_cur)
    }
}
