import Crypto
import Database
import Vault

/// The list of contents inside each volume of a portable archive, for who brings it back: which file each entry was, in which
/// version (docs/formats/portable-archive.md).
enum PortableManifest {
    static let folder = ".cloudspace"

    static func path(ofVolume number: Int) -> String {
        let digits = String(number)
        return "\(folder)/manifest-\(String(repeating: "0", count: max(0, 4 - digits.utf8.count)))\(digits).json"
    }

    /// Whether an entry is the list of a volume.
    static func isManifest(_ path: String) -> Bool { path.hasPrefix("\(folder)/manifest-") && path.hasSuffix(".json") }

    static func json(
        of entries: ArraySlice<PortableEntry>, backup: BackupID, vault: UInt128, volume: Int, of count: Int,
        moment: Timestamp
    ) -> [UInt8] {
        var text = """
            {"format":1,"backup":"\(backup)","vault":"\(VaultID(vault))","moment":"\(moment.iso8601)",\
            "volume":\(volume),"volumes":\(count),"entries":[
            """
        var isFirst = true
        for entry in entries {
            text += isFirst ? "\n" : ",\n"
            isFirst = false
            text +=
                "{\"path\":\(JSONText.quoted(entry.path)),\"id\":\"\(entry.node)\",\"type\":\"\(entry.kind.documentName)\""
            text += ",\"modified\":\"\(Timestamp(milliseconds: entry.modified).iso8601)\""
            if let content = entry.content {
                text +=
                    ",\"size\":\(content.size),\"sha256\":\"\(Hex.encode(content.sha256))\",\"version\":\(content.version)"
            }
            text += "}"
        }
        text += "\n]}\n"
        return Array(text.utf8)
    }

    private enum VaultEntity {}
    private typealias VaultID = ID<VaultEntity>
}
