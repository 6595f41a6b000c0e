import BlobStore
import Vault

/// How volumes and their entries are called (docs/formats/sealed-archive.md).
enum ArchiveNames {
    static let manifest = "manifest"
    /// The entry in clear that each volume begins with.
    static let notice = "LISEZMOI-README.txt"

    /// `<backup>/0001.zip`; at most 9,999 volumes.
    static func volume(_ number: Int, of backup: BackupID) -> ArchiveName? {
        ArchiveName("\(backup)/\(padded(number)).zip")
    }

    static func prefix(of backup: BackupID) -> String { "\(backup)/" }

    /// The number of a volume of this backup; nil for any other name.
    static func number(of name: ArchiveName, in backup: BackupID) -> Int? {
        let prefix = prefix(of: backup)
        guard name.text.hasPrefix(prefix), name.text.hasSuffix(".zip") else { return nil }
        let digits = name.text.dropFirst(prefix.count).dropLast(4)
        guard digits.utf8.count == 4, let number = Int(digits), number > 0 else { return nil }
        return number
    }

    static func rows(_ table: String, _ number: Int) -> String { "rows/\(table)/\(number)" }
    static func index(_ number: Int) -> String { "index/\(number)" }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
