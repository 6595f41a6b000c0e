import Crypto
import HTTP

/// Brings one volume of an archive here, and compares it with its hash.
struct VolumeFetch: Sendable {
    let client: BackupClient
    let backup: String
    /// As the server describes it.
    let volume: JSONValue
    let directory: String

    private static let part = 4 << 20

    /// - Returns: where it is.
    /// - Throws: `ProgramError.failed` when it is not what the server said; then there is no such file.
    func run() async throws -> String {
        let number = Int(clamping: volume.number("numero"))
        let size = volume.number("octets")
        let path = "\(directory)/\(backup)-\(number).zip"
        guard FileSystem.status(of: path) == nil else {
            throw ProgramError.refused("\(path.printable) exists already; move it away, or choose another --into")
        }
        let file = try FileWriter(path: path)
        let line = Progress()
        defer { line.clear() }
        var hash = ContentHasher(md5: false)
        var offset: Int64 = 0
        while offset < size {
            let count = Int(min(Int64(Self.part), size - offset))
            let bytes = try await client.bytes(of: backup, volume: number, from: offset, count: count)
            guard bytes.count == count else { throw ProgramError.failed("the server sent less than it has") }
            hash.update(bytes)
            try file.write(bytes)
            offset += Int64(count)
            line.show("\(path.printable)  \(BackupText.size(offset)) of \(BackupText.size(size))")
        }
        guard Hex.encode(hash.finish().sha256) == volume.word("sha256") else {
            throw ProgramError.failed("volume \(number) is not what the archive's row says; `backup verify` tells more")
        }
        try file.finish()
        return "\(path.printable)  \(BackupText.size(size))"
    }
}
