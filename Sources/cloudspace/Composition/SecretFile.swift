import Crypto

/// Files whose lines are secrets: passphrases, PINs, tokens, shares.
enum SecretFile {
    /// One line, with its one owner.
    final class Line: Sendable {
        let secret: SecretBytes

        init(_ secret: consuming SecretBytes) { self.secret = secret }
    }

    /// The first line of a file.
    /// - Parameter setting: what to call it in a message.
    /// - Throws: `ProgramError.setting` when it cannot be read or is empty.
    static func firstLine(of path: String, setting: String) throws(ProgramError) -> SecretBytes {
        let bytes = try read(path, setting)
        // A line break at the end belongs to the editor, not to the secret.
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard !line.isEmpty else { throw .setting("\(setting): \(path.printable) is empty") }
        return SecretBytes(copying: Array(line))
    }

    /// The lines of a file that are not empty; at most 255.
    static func lines(of path: String, setting: String) throws(ProgramError) -> [Line] {
        let lines = try read(path, setting).split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        guard (1...255).contains(lines.count) else {
            throw .setting("\(setting): \(path.printable) has \(lines.count) lines instead of 1 to 255")
        }
        return lines.map { Line(SecretBytes(copying: Array($0))) }
    }

    private static func read(_ path: String, _ setting: String) throws(ProgramError) -> [UInt8] {
        guard let bytes = FileSystem.bytes(of: path, limit: 64 << 10) else {
            throw .setting("\(setting): \(path.printable) cannot be read")
        }
        return bytes
    }
}

extension Configuration {
    /// A secret from the file that one setting names, or from the environment.
    /// - Returns: nil when neither is given.
    func secret(
        file: Setting<String?>, variable: Setting<String?>? = nil
    ) throws(ProgramError) -> SecretBytes? {
        if let path = try self[file] { return try SecretFile.firstLine(of: path, setting: origin(of: file)) }
        guard let variable, let text = try self[variable], !text.isEmpty else { return nil }
        return SecretBytes(copying: Array(text.utf8))
    }
}
