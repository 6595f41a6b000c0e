import Dispatch
import Glibc

/// A variable of the environment; nil when it is not set.
func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// Programs of the system, run to their end on a thread of their own.
enum ExternalCommand {
    struct Failure: Error, CustomStringConvertible {
        let arguments: [String]
        let status: Int32

        var description: String { "\(arguments.joined(separator: " ")) ended with status \(status)" }
    }

    /// Runs `arguments[0]`, found on the PATH, with the root as its directory and its output thrown away.
    /// - Throws: `Failure` when it cannot be started or does not end with 0.
    static func run(_ arguments: [String]) async throws {
        let status = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: spawn(arguments)) }
        }
        guard status == 0 else { throw Failure(arguments: arguments, status: status) }
    }

    private static func spawn(_ arguments: [String]) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // A server's account may not be allowed to stand where the tests stand.
        let arguments = ["sh", "-c", "cd / && exec \"$@\"", "sh"] + arguments
        var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
        var process = pid_t()
        let code = unsafe posix_spawnp(&process, arguments[0], &actions, nil, &pointers, environ)
        guard code == 0 else { return code }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return errno }
        }
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }
}
