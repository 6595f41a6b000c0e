import CSeccomp
import Glibc
import PreviewWire

/// Gives up what the program does not need, step by step; nothing of it can be taken back.
enum Confinement {
    enum Files {
        /// No file is opened any more.
        case opensNothing
        /// Fonts and their tables may be read, where the kernel can hold the program to them: a PDF may name fonts that it does
        /// not bring along. Without Landlock nothing is opened, and such text is left out.
        case readsFonts
    }

    /// Before anything else: no privileges by exec, no debugger, no descriptor but the three.
    static func prepare() -> Bool {
        // Where close_range is missing the caller has closed them.
        _ = csandbox_close_from(3)
        return csandbox_set(PR_SET_NO_NEW_PRIVS, 1) == 0 && csandbox_set(PR_SET_DUMPABLE, 0) == 0
    }

    /// Bounds in memory and time, counted from here on.
    static func limit(contentSize: Int) -> Bool {
        let (memory, overflow) = UInt(PreviewLimits.memory).addingReportingOverflow(UInt(clamping: contentSize))
        alarm(UInt32(PreviewLimits.wallSeconds))
        return !overflow && limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_AS, memory)
            && limit(RLIMIT_STACK, 8 << 20) && limit(RLIMIT_CPU, UInt(PreviewLimits.processorSeconds))
    }

    private static func limit(_ resource: __rlimit_resource, _ value: UInt) -> Bool {
        var limit = rlimit(rlim_cur: value, rlim_max: value)
        return unsafe setrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0
    }

    /// The last step. After it: no program, process, socket, signal to others, or file.
    static func enter(_ files: Files) -> Bool {
        let isLandlocked = Landlock.restrict(files)
        let opens: Bool
        switch files {
        case .opensNothing: opens = false
        case .readsFonts: opens = isLandlocked
        }
        // Standard input, output and errors, and no further one; fonts are few at a time.
        guard limit(RLIMIT_NOFILE, opens ? 32 : 3) else { return false }
        return SystemCalls.restrict(mayOpen: opens)
    }
}
