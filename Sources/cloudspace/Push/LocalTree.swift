/// One directory of a tree of files, as it is now.
struct LocalDirectory: Sendable {
    /// Names from the tree's top down; empty for the top itself.
    let path: [String]
    /// Names of the regular files in it, sorted.
    var files: [String] = []
    var directories: [String] = []
    /// Names that are left alone, with the reason.
    var skipped: [(name: String, reason: String)] = []

    /// - Throws: `ProgramError.failed` when it cannot be listed.
    init(_ path: [String], below top: String) throws(ProgramError) {
        self.path = path
        let place = ([top] + path).joined(separator: "/")
        if let words = FileSystem.listingRefusal(place) { throw .failed("\(place.printable): \(words)") }
        // Names that differ only in what the vault does not tell apart would become versions of one file.
        var seen: Set<String> = []
        for name in FileSystem.entries(of: place).sorted() {
            let kind = FileSystem.kind(of: "\(place)/\(name)")
            switch kind {
            case .file, .directory:
                guard seen.insert(name.lowercased()).inserted else {
                    skipped.append((name, "its name differs from another's only in upper and lower case; rename it"))
                    continue
                }
                if kind == .file { files.append(name) } else { directories.append(name) }
            case .link: skipped.append((name, "is a link; links are not followed"))
            case .other: skipped.append((name, "is no regular file"))
            case .unknown(let words): skipped.append((name, words))
            }
        }
    }
}

/// A tree of files, looked at one directory at a time, from the top down.
enum LocalTree {
    /// How deep directories may lie in each other.
    static let maximumDepth = 128

    /// Calls `visit` for each directory before those in it.
    /// - Parameter failed: told of directories that cannot be listed or lie too deep, which are left out.
    static func walk(
        _ top: String, failed: (_ path: [String], _ reason: String) -> Void,
        _ visit: (LocalDirectory) async throws -> Void
    ) async throws {
        var waiting: [[String]] = [[]]
        while let path = waiting.popLast() {
            let directory: LocalDirectory
            do {
                directory = try LocalDirectory(path, below: top)
            } catch {
                guard !path.isEmpty else { throw error }
                failed(path, error.message)
                continue
            }
            try await visit(directory)
            guard path.count < maximumDepth else {
                for name in directory.directories { failed(path + [name], "lies too deep") }
                continue
            }
            waiting += directory.directories.reversed().map { path + [$0] }
        }
    }

    /// Files and bytes of the whole tree.
    static func size(of top: String) async throws -> (files: Int, bytes: Int64) {
        var total = (files: 0, bytes: Int64(0))
        try await walk(top, failed: { _, _ in }) { directory in
            let place = ([top] + directory.path).joined(separator: "/")
            for name in directory.files {
                total.files += 1
                total.bytes += FileSystem.status(of: "\(place)/\(name)")?.size ?? 0
            }
        }
        return total
    }
}
