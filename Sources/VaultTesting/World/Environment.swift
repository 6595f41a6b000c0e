import Glibc

/// What the scripts that start the tests tell them.
enum Environment {
    /// Nil when it is not set, or empty.
    static subscript(name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }
}
