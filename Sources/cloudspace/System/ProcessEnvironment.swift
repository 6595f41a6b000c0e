import Glibc

/// The variables this process was started with.
enum ProcessEnvironment {
    static func current() -> [String: String] {
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
