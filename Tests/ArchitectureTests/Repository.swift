import Foundation

/// The working tree these tests were compiled from.
enum Repository {
    /// Found from this file's own place, `Tests/ArchitectureTests/Repository.swift`.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Names of the folders in `Sources/`.
    static func moduleFolders() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("Sources").path).sorted()
    }

    /// Every Swift file below `Sources/`, or below one module of it, in the order of its path.
    static func sources(of module: String? = nil) throws -> [SwiftSource] {
        let folder = ["Sources", module].compactMap { $0 }.joined(separator: "/")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(folder).path)
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let path = "\(folder)/\(path)"
            return SwiftSource(path: path, text: try text(path))
        }
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }
}
