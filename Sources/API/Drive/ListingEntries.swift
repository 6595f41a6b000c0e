import Database
import HTTP
import Vault

/// The folders of a listing, as one JSON array.
enum FolderEntries {
    private static let id = Array(#"{"id":""#.utf8)
    private static let name = Array(#"","name":""#.utf8)
    private static let items = Array(#"","items_count":"#.utf8)
    private static let kind = Array(#","kind":""#.utf8)
    private static let look = Array(#"","icon":"folder","icon_color":"text-yellow-500""#.utf8)
    private static let starred = Array(#","is_starred":"#.utf8)
    private static let locked = Array(#","is_locked":"#.utf8)
    private static let updated = Array(#","updated_at":"#.utf8)

    static func json(_ entries: ArraySlice<ListedNode>) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        bytes.reserveCapacity(2 + entries.count * 300)
        for index in entries.indices {
            if index > entries.startIndex { bytes.append(UInt8(ascii: ",")) }
            append(entries[index], to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    private static func append(_ entry: ListedNode, to bytes: inout [UInt8]) {
        let node = entry.node
        bytes += id
        UUIDText.append(node.id.value, to: &bytes)
        bytes += name
        TextBytes.appendEscaped(node.name.text, to: &bytes)
        bytes += items
        TextBytes.append(Int64(entry.childCount), to: &bytes)
        bytes += kind
        TextBytes.append(node.kind.documentName, to: &bytes)
        bytes += look
        bytes += starred
        TextBytes.append(entry.isStarred ? "true" : "false", to: &bytes)
        bytes += locked
        TextBytes.append(entry.isLocked ? "true" : "false", to: &bytes)
        bytes += updated
        node.updatedAt.appendQuoted(to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }
}

/// The files of a listing, as one JSON array.
enum FileEntries {
    private static let id = Array(#"{"id":""#.utf8)
    private static let name = Array(#"","name":""#.utf8)
    private static let size = Array(#"","size":"#.utf8)
    private static let formattedSize = Array(#","formatted_size":""#.utf8)
    private static let look = Array(#"","#.utf8)
    private static let mediaType = Array(#","mime_type":""#.utf8)
    private static let starred = Array(#"","is_starred":"#.utf8)
    private static let locked = Array(#","is_locked":"#.utf8)
    private static let updated = Array(#","updated_at":"#.utf8)
    private static let formattedDate = Array(#","formatted_date":""#.utf8)
    private static let ownersOf = Array(#"","owners":"#.utf8)

    static func json(_ entries: ArraySlice<ListedNode>, times: RelativeTime) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        bytes.reserveCapacity(2 + entries.count * 480)
        var owners = OwnerList()
        for index in entries.indices {
            if index > entries.startIndex { bytes.append(UInt8(ascii: ",")) }
            append(entries[index], times, &owners, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    private static func append(
        _ entry: ListedNode, _ times: RelativeTime, _ owners: inout OwnerList, to bytes: inout [UInt8]
    ) {
        let node = entry.node
        bytes += id
        UUIDText.append(node.id.value, to: &bytes)
        bytes += name
        TextBytes.appendEscaped(node.name.text, to: &bytes)
        bytes += size
        TextBytes.append(node.size, to: &bytes)
        bytes += formattedSize
        ByteCountText.append(node.size, to: &bytes)
        bytes += look
        bytes += FileAppearance.of(name: node.name.text, mediaType: node.meta.mediaType).json
        bytes += mediaType
        TextBytes.appendEscaped(node.meta.mediaType ?? MediaType.unknown, to: &bytes)
        bytes += starred
        TextBytes.append(entry.isStarred ? "true" : "false", to: &bytes)
        bytes += locked
        TextBytes.append(entry.isLocked ? "true" : "false", to: &bytes)
        bytes += updated
        node.updatedAt.appendQuoted(to: &bytes)
        bytes += formattedDate
        times.append(node.updatedAt, to: &bytes)
        bytes += ownersOf
        bytes += owners.json(entry.owners)
        bytes.append(UInt8(ascii: "}"))
    }

    /// The owners of consecutive entries are nearly always the same: written once, repeated as bytes.
    private struct OwnerList {
        private var people: [Person] = []
        private var bytes: [UInt8] = Array("[]".utf8)

        mutating func json(_ owners: [Person]) -> [UInt8] {
            if owners != people {
                var json = JSONWriter(capacity: 96 * owners.count + 2)
                json.array { json in for person in owners { json.badge(person) } }
                (people, bytes) = (owners, json.bytes)
            }
            return bytes
        }
    }
}
