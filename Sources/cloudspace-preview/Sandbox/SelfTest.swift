import CSeccomp
import Glibc
import PreviewWire

/// Tries, once confined, what an intruder would try, and says what came of it: a line for each attempt. For tests and for
/// `cloudspace doctor`.
enum SelfTest {
    static func run() -> PreviewExit {
        var report = "landlock \(csandbox_landlock_version())\n"
        guard Confinement.enter(.readsFonts) else { return .unfit }
        let attempts: [(String, () -> Int32)] = [
            ("open a file", { unsafe open("/etc/passwd", O_RDONLY) }),
            ("list a directory", { unsafe open("/", O_RDONLY | O_DIRECTORY) }),
            ("make a file", { unsafe creat("/tmp/cloudspace-preview-self-test", 0o600) }),
            ("open a socket", { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }),
            ("open a local socket", { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }),
            ("start a process", { csandbox_try_fork() }),
            ("run a program", { unsafe csandbox_try_run("/bin/true") }),
            ("signal another", { kill(getppid(), 0) }),
            ("make memory files", { csandbox_try_memfd() }),
            ("run written memory", { writableCode() }),
            ("copy a descriptor", { dup(1) }),
        ]
        for (name, attempt) in attempts {
            let code = attempt()
            // A child that fork made after all must not report.
            if name == "start a process", code == 0 { _exit(0) }
            report += "\(name): \(code < 0 ? "refused" : "ALLOWED")\n"
        }
        return StandardOutput.write(Array(report.utf8)) ? .made : .unfit
    }

    private static func writableCode() -> Int32 {
        let page = unsafe mmap(
            nil, 4_096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        return unsafe page == MAP_FAILED ? -1 : 0
    }
}
