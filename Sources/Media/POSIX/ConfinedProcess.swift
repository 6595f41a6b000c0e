import Glibc

/// One run of a program that is given a memory file and a pipe and nothing else: no environment, no descriptors, no signals
/// held back. Blocks; for threads of our own.
struct ConfinedProcess {
    enum Ending: Equatable, Sendable {
        case exited(Int32)
        /// By a signal of its own doing: a bound it met, or a crash.
        case died
        /// Took too long or answered too much, and was killed.
        case stopped
        case notStarted
    }

    let path: String
    let arguments: [String]
    /// Most bytes of an answer.
    let limit: Int
    /// Until it is killed.
    let milliseconds: Int64

    /// - Returns: how it ended and what it had written by then.
    func run(on input: MemoryFile) -> (ending: Ending, answer: [UInt8]) {
        guard input.seal(), let pipe = LinuxCalls.makePipe() else { return (.notStarted, []) }
        let process = start(input.descriptor, pipe.writing)
        close(pipe.writing)
        defer { close(pipe.reading) }
        guard let process else { return (.notStarted, []) }
        var answer: [UInt8] = []
        let isWhole = read(pipe.reading, into: &answer)
        if !isWhole { kill(process, SIGKILL) }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return (.notStarted, []) }
        }
        guard isWhole else { return (.stopped, []) }
        return status & 0x7f == 0 ? (.exited(status >> 8 & 0xff), answer) : (.died, [])
    }

    /// - Returns: false when the time was over or the answer too long.
    private func read(_ descriptor: Int32, into answer: inout [UInt8]) -> Bool {
        let end = Self.now() + milliseconds
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let left = end - Self.now()
            guard left > 0 else { return false }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = unsafe poll(&waiting, 1, Int32(clamping: left))
            if ready < 0 && errno == EINTR { continue }
            guard ready > 0 else { return false }
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(descriptor, bytes.baseAddress, bytes.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0, answer.count + count <= limit else { return false }
            if count == 0 { return true }
            answer += buffer[..<count]
        }
    }

    private func start(_ input: Int32, _ output: Int32) -> pid_t? {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // What our threads hold back or ignore must end it all the same.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // One arena: each further one takes its share of the address space that the process may have.
        let variables = ["LANG=C.UTF-8", "MALLOC_ARENA_MAX=1"]
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        var environment = unsafe variables.map { unsafe strdup($0) } + [nil]
        defer {
            for index in unsafe words.indices { unsafe free(words[index]) }
            for index in unsafe environment.indices { unsafe free(environment[index]) }
        }
        var process = pid_t()
        let code = unsafe posix_spawn(&process, path, &actions, &attributes, &words, &environment)
        return code == 0 ? process : nil
    }

    private static func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// Programs that stand beside this one.
enum OwnPlace {
    /// The path of `name` in the directory of the running program; nil when there is no such program.
    static func program(_ name: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4_097)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { return nil }
        let own = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let slash = own.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        let path = own[...slash] + name
        return isProgram(String(path)) ? String(path) : nil
    }

    static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
