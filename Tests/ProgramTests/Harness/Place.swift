import Foundation

/// Where a vault of a test lives: a data and a keys directory apart from each other, gone when the test is.
final class Place: Sendable {
    let root: String
    let data: String
    let keys: String

    init(data: String? = nil) throws {
        root = try Scratch.directory()
        self.data = data ?? root + "/disk/data"
        keys = root + "/safe/keys"
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// The flags every command takes.
    var flags: [String] { ["--data", data, "--keys", keys] }

    var database: String { data + "/vault.db" }

    /// Files below the data directory, largest first.
    func files(in folder: String = "") throws -> [String] {
        let top = data + folder
        let paths = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
        return paths.map { top + "/" + $0 }.filter { path in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
        }.sorted { size($0) > size($1) }
    }

    /// Stored blobs, largest first, the mark of the store left out.
    func blobs() throws -> [String] {
        try files(in: "/blobs").filter { !$0.hasSuffix("/" + String(repeating: "0", count: 32)) }
    }

    func size(_ path: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? Int) ?? 0
    }

    func mode(_ path: String) throws -> Int {
        ((try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]) as? Int) ?? -1
    }
}
