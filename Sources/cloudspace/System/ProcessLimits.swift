import Glibc

/// What the process may do and leave behind.
enum ProcessLimits {
    /// No core dumps (they would hold keys), files for the owner only, and no death by a closed connection.
    static func hardenProcess() {
        umask(0o077)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = signal(SIGPIPE, SIG_IGN)
        // The Swift runtime answers a crash by having another process read this one's memory and print registers. That one
        // may not (see closeMemory) and would be waited for without end; and what it prints may be a secret.
        for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, SIGQUIT] { _ = signal(number, SIG_DFL) }
    }

    /// Keeps other processes of the same user out of this one's memory and /proc entries (ptrace, `gdb -p`, `ps e`), and
    /// the kernel from dumping it to whatever collects cores. Only the superuser still can.
    static func closeMemory() {
        _ = processControl?(4 /* PR_SET_DUMPABLE */, 0, 0, 0, 0)
    }

    private typealias ProcessControl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
    /// prctl(2), in a header that Swift's import of the C library leaves out.
    private static let processControl =
        unsafe dlsym(nil, "prctl").map { unsafe unsafeBitCast($0, to: ProcessControl.self) }

    /// Memory that keys may be locked into, so that they are never swapped; nil when locking does not work at all.
    static func lockableMemory() -> UInt64? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0 else { return nil }
        // The superuser is above the limit: what counts is whether it can be done.
        let size = 256 << 10
        guard let pages = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            unsafe pages != MAP_FAILED
        else { return nil }
        defer { unsafe munmap(pages, size) }
        return unsafe mlock(pages, size) == 0 ? max(UInt64(limit.rlim_cur), UInt64(size)) : UInt64(limit.rlim_cur)
    }

    /// What locking the keys of a ring needs at least, with room to spare.
    static let lockedMemoryNeeded: UInt64 = 256 << 10

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
