import Glibc
import Testing

@testable import Database

/// A directory for one test, and databases in it; all is deleted at the end.
struct Workbench: ~Copyable {
    private let directory: TemporaryDirectory
    var path: String { "\(directory.path)/vault.db" }

    init() throws { directory = try TemporaryDirectory() }

    deinit { directory.remove() }

    func open(_ disk: SimulatedDisk? = nil, readers: Int = 2, queueLimit: Int = 8_192) throws -> SQLiteDatabase {
        var settings = SQLiteSettings(path: path)
        settings.vfs = disk.map { SimulatedDiskLayer($0).name }
        return try SQLiteDatabase(settings, readers: readers, queueLimit: queueLimit, clock: FixedClock())
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        let file = Glibc.open("\(directory.path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(file >= 0)
        defer { Glibc.close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            try #require(count > 0)
            written += count
        }
    }

    /// The file's bytes; none when it is missing.
    func read(_ name: String) -> [UInt8] {
        let file = Glibc.open("\(directory.path)/\(name)", O_RDONLY)
        guard file >= 0 else { return [] }
        defer { Glibc.close(file) }
        var bytes = [UInt8](repeating: 0, count: Int(lseek(file, 0, SEEK_END)))
        let count = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, 0) }
        return Array(bytes.prefix(max(0, count)))
    }

    /// The permission bits of the file.
    func mode(_ name: String) -> UInt32 {
        var status = stat()
        return stat("\(directory.path)/\(name)", &status) == 0 ? status.st_mode & 0o777 : 0
    }
}

extension SQLiteDatabase {
    func makeNotes() async throws {
        try await Migrator.migrate(
            self,
            [Migration(name: "1", sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, body BLOB, twin BIGINT)")],
            schema: "test")
    }

    func noteIDs() async throws -> [Int] {
        try await read { try $0.all("SELECT id FROM notes ORDER BY id") { $0.int(0) } }
    }
}
