import Glibc
import Testing

/// A directory for one test, deleted with all in it at the end.
final class Place: Sendable {
    let path: String
    var blobs: String { "\(path)/blobs" }

    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/cloudspace-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        Self.removeAll(path)
    }

    /// The paths of all files below, sorted.
    func files() -> [String] {
        Self.files(below: path)
    }

    private static func files(below path: String) -> [String] {
        guard let names = names(in: path) else { return [path] }
        return names.flatMap { files(below: "\(path)/\($0)") }.sorted()
    }

    private static func removeAll(_ path: String) {
        for name in names(in: path) ?? [] { removeAll("\(path)/\(name)") }
        _ = remove(path)
    }

    /// Nil for what is no directory.
    private static func names(in path: String) -> [String]? {
        guard let listing = opendir(path) else { return nil }
        defer { closedir(listing) }
        var found: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { found.append(name) }
        }
        return found
    }

    static func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }
}
