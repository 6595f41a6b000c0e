import Foundation
import Glibc

/// Temporary files of the tests, all below one directory that goes away with the process.
enum Scratch {
    static let root: String = {
        var template = Array("/tmp/cloudspace-tests.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { return "/tmp" }
        let path = String(cString: made)
        rememberedRoot = strdup(path)
        atexit { if let root = rememberedRoot { try? FileManager.default.removeItem(atPath: String(cString: root)) } }
        return path
    }()
    // Written once, before `atexit` can read it.
    nonisolated(unsafe) private static var rememberedRoot: UnsafeMutablePointer<CChar>?

    /// A path nobody else uses; nothing is there yet.
    static func file() throws -> String { "\(root)/\(UUID().uuidString)" }

    static func directory() throws -> String {
        let path = try file()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}
