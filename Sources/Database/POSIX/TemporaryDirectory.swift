import Glibc

/// A fresh directory, readable by its owner only.
struct TemporaryDirectory: Sendable {
    let path: String

    /// Makes it below `TMPDIR`, or `/tmp`.
    init() throws(DatabaseError) {
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/cloudspace-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw .cannotOpen }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the directory with the files that lie directly in it.
    func remove() {
        guard let listing = unsafe opendir(path) else { return }
        while let entry = unsafe readdir(listing) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { unsafe unlink("\(path)/\(name)") }
        }
        unsafe closedir(listing)
        unsafe rmdir(path)
    }
}
