import CSeccomp
import Glibc

/// The system calls that are left: memory, threads of its own, the clock, and the descriptors that are open already.
///
/// Every other call answers EPERM and does nothing.
enum SystemCalls {
    private static let always = [
        "read", "write", "writev", "pread64", "lseek", "fstat", "close", "munmap", "mremap", "madvise", "brk", "futex",
        "exit", "exit_group", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "set_robust_list",
        "rseq", "sched_yield", "sched_getaffinity", "gettid", "getpid", "clock_gettime", "clock_nanosleep", "nanosleep",
        "gettimeofday", "getrandom", "getrusage", "sysinfo", "restart_syscall", "membarrier", "poll", "ppoll",
    ]
    /// To find fonts; Landlock says which files these calls reach.
    private static let reading = [
        "access", "faccessat", "faccessat2", "stat", "lstat", "newfstatat", "statx", "readlink", "readlinkat",
        "getdents64", "fstatfs", "statfs", "fadvise64", "fcntl",
    ]

    static func restrict(mayOpen: Bool) -> Bool {
        guard let filter = unsafe seccomp_init(csandbox_refuse()) else { return false }
        defer { unsafe seccomp_release(filter) }
        var isComplete = true
        func allow(_ name: String, _ conditions: [scmp_arg_cmp] = []) {
            let number = unsafe seccomp_syscall_resolve_name(name)
            // A call that this processor does not have needs no rule.
            guard number >= 0 else { return }
            let code = unsafe seccomp_rule_add_array(
                filter, csandbox_allow(), number, UInt32(conditions.count), conditions)
            if code != 0 { isComplete = false }
        }
        for name in always { allow(name) }
        // Nothing that can be written to is ever run.
        allow("mmap", [lacks(2, UInt64(PROT_EXEC))])
        allow("mprotect", [lacks(2, UInt64(PROT_EXEC))])
        // Threads, not processes: CLONE_THREAD must be set. The newer call hides its flags from filters, so the C library is
        // told that there is none and takes the older.
        allow("clone", [has(0, 0x0001_0000)])
        let modern = unsafe seccomp_syscall_resolve_name("clone3")
        if modern >= 0 {
            if unsafe seccomp_rule_add_array(filter, csandbox_unknown(), modern, 0, nil) != 0 { isComplete = false }
        }
        // Threads are given names.
        allow("prctl", [equals(0, UInt64(PR_SET_NAME))])
        if mayOpen {
            for name in reading { allow(name) }
            // For reading only.
            let writing = UInt64(O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
            allow("open", [lacks(1, writing)])
            allow("openat", [lacks(2, writing)])
        }
        return isComplete && (unsafe seccomp_load(filter)) == 0
    }

    private static func lacks(_ argument: UInt32, _ bits: UInt64) -> scmp_arg_cmp {
        scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: bits, datum_b: 0)
    }

    private static func has(_ argument: UInt32, _ bits: UInt64) -> scmp_arg_cmp {
        scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: bits, datum_b: bits)
    }

    private static func equals(_ argument: UInt32, _ value: UInt64) -> scmp_arg_cmp {
        scmp_arg_cmp(arg: argument, op: SCMP_CMP_EQ, datum_a: value, datum_b: 0)
    }
}
