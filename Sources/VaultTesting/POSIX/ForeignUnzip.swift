import Glibc

/// A ZIP archive as programs of other people see it: Python's `zipfile`, Info-ZIP's `unzip` and 7-Zip.
public struct ForeignUnzip: Sendable {
    /// What Python found, one line an entry in the archive's order: `path|size|CRC as found|time UTC`, or what it refused.
    public let lines: [String]
    /// Whether each program found all of the archive in order, by name.
    public let verdicts: [String: Bool]

    /// The paths alone.
    public var paths: [String] { lines.compactMap { $0.split(separator: "|").first.map(String.init) } }

    private static let script = """
        import sys, zipfile, zlib, struct
        try:
            archive = zipfile.ZipFile(sys.argv[1])
            for entry in archive.infolist():
                data = archive.read(entry)
                assert len(data) == entry.file_size and zlib.crc32(data) == entry.CRC
                assert entry.filename.isascii() or entry.flag_bits & 0x800
                extra, time = entry.extra, None
                while len(extra) >= 4:
                    kind, size = struct.unpack('<HH', extra[:4])
                    if kind == 0x5455: time = struct.unpack('<i', extra[5:9])[0]
                    extra = extra[4 + size:]
                print(f'{entry.filename}|{len(data)}|{zlib.crc32(data):08x}|{time}')
        except zipfile.BadZipFile as error:
            print('refused')
        """

    /// Looks at an archive with all three.
    public init(_ archive: [UInt8]) async throws {
        let place = try TemporaryDirectory()
        let file = place.path + "/a.zip"
        try Self.write(archive, to: file)
        try Self.write(Array(Self.script.utf8), to: place.path + "/read.py")
        let report = place.path + "/report"
        try await ExternalCommand.run([
            "sh", "-c", "PYTHONIOENCODING=utf-8 python3 \(place.path)/read.py \(file) > \(report)",
        ])
        lines = try Self.read(report).split(separator: "\n").map(String.init)
        var verdicts: [String: Bool] = [:]
        for command in [["unzip", "-tqq", file], ["7zz", "t", file]] {
            do {
                try await ExternalCommand.run(command)
                verdicts[command[0]] = true
            } catch is ExternalCommand.Failure {
                verdicts[command[0]] = false
            }
        }
        self.verdicts = verdicts
    }

    private struct Unwritable: Error { let code: Int32 }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = unsafe fopen(path, "wb") else { throw Unwritable(code: errno) }
        defer { unsafe fclose(file) }
        let count = unsafe bytes.withUnsafeBytes { unsafe fwrite($0.baseAddress, 1, $0.count, file) }
        guard count == bytes.count else { throw Unwritable(code: errno) }
    }

    private static func read(_ path: String) throws -> String {
        guard let file = unsafe fopen(path, "rb") else { throw Unwritable(code: errno) }
        defer { unsafe fclose(file) }
        var all: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe room.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, file) }
            if count == 0 { return String(decoding: all, as: UTF8.self) }
            all += room[..<count]
        }
    }
}
