import Glibc
import Synchronization

/// The variables this process was started with.
enum ProcessEnvironment {
    /// The names of all variables, as they were when this was first asked.
    static let names: [String: String] = current().mapValues { _ in "" }

    /// Overwrites the values of variables that hold secrets, and takes the variables away: neither `ps e` nor /proc shows
    /// them any more, and no child gets them.
    ///
    /// - Parameter kept: those of them that ``current()`` goes on to tell, for who reads them later.
    static func forget(_ secrets: [String], keeping kept: Set<String> = []) {
        snapshot.withLock { variables in
            for name in secrets where !kept.contains(name) { variables?[name] = nil }
        }
        for name in secrets {
            guard let value = unsafe getenv(name) else { continue }
            unsafe explicit_bzero(value, strlen(value))
            unsafe unsetenv(name)
        }
    }

    /// What was there at the start, without what was forgotten. Later the kernel does not tell a process whose memory is
    /// closed, unless it is root's.
    static func current() -> [String: String] {
        snapshot.withLock { variables in
            if let variables { return variables }
            let found = read()
            variables = found
            return found
        }
    }

    private static let snapshot = Mutex<[String: String]?>(nil)

    private static func read() -> [String: String] {
        // The C variable `environ` may change under a reader; the kernel's copy does not.
        var variables: [String: String] = [:]
        for entry in (FileSystem.bytes(of: "/proc/self/environ", limit: 4 << 20) ?? []).split(separator: 0) {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: entry[..<equals], as: UTF8.self)
            variables[name] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
        }
        return variables
    }
}
