import Database
import HTTP
import Vault

/// The answer of `GET /api/drive/contents`, written entry by entry: a page of 10,000 is one buffer and no objects.
enum FolderListing {
    static func json(_ page: FolderPage, for principal: Principal, now: Timestamp) -> JSONWriter {
        var json = JSONWriter(capacity: 1_024 + page.entries.count * 448)
        let times = RelativeTime(now: now)
        let firstFile = page.entries.firstIndex { $0.node.kind == .file } ?? page.entries.endIndex
        json.beginObject()
        header(page, for: principal, to: &json)
        json.key("folders")
        json.beginArray()
        for entry in page.entries[..<firstFile] { folder(entry, to: &json) }
        json.endArray()
        json.key("files")
        json.beginArray()
        var owners = OwnerList()
        for entry in page.entries[firstFile...] { file(entry, times, &owners, to: &json) }
        json.endArray()
        json.field("next_cursor", page.next)
        json.field("total_count", page.total)
        json.endObject()
        return json
    }

    /// Where one is: the folder itself, and the way to it from the top of what one may see.
    private static func header(_ page: FolderPage, for principal: Principal, to json: inout JSONWriter) {
        let isForeign = page.folder.map { $0.space != principal.space } ?? false
        let top = isForeign ? "Shared with me" : "My Drive"
        json.object("current_folder") { json in
            json.field("id", page.folder?.id.description)
            json.field("name", page.folder?.name.text ?? top)
            json.field("parent_id", page.folder?.visibleParent)
        }
        json.array("breadcrumbs") { json in
            json.object { json in
                json.null("id")
                json.field("name", top)
            }
            for node in page.trail {
                json.object { json in
                    json.field("id", node.id.description)
                    json.field("name", node.name.text)
                }
            }
        }
    }

    private static func folder(_ entry: ListedNode, to json: inout JSONWriter) {
        let node = entry.node
        json.beginObject()
        json.field("id", node.id.description)
        json.field("name", node.name.text)
        json.field("items_count", entry.childCount)
        json.field("kind", node.kind.documentName)
        json.field("icon", FileAppearance.folder.icon)
        json.field("icon_color", FileAppearance.folder.color)
        json.field("is_starred", entry.isStarred)
        json.field("is_locked", entry.isLocked)
        json.field("updated_at", node.updatedAt)
        json.endObject()
    }

    private static func file(
        _ entry: ListedNode, _ times: RelativeTime, _ owners: inout OwnerList, to json: inout JSONWriter
    ) {
        let node = entry.node
        let look = FileAppearance.of(name: node.name.text, mediaType: node.meta.mediaType)
        json.beginObject()
        json.field("id", node.id.description)
        json.field("name", node.name.text)
        json.field("size", node.size)
        json.field("formatted_size", ByteCountText.text(node.size))
        json.field("icon", look.icon)
        json.field("icon_color", look.color)
        json.field("icon_bg", look.background)
        json.field("mime_type", node.meta.mediaType)
        json.field("is_starred", entry.isStarred)
        json.field("is_locked", entry.isLocked)
        json.field("updated_at", node.updatedAt)
        json.field("formatted_date", times.text(node.updatedAt))
        json.key("owners")
        json.raw(owners.json(entry.owners))
        json.endObject()
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

    static let schema = Schema.object([
        .required(
            "current_folder",
            .object([
                .required("id", .nullable(.uuid)), .required("name", .string()),
                .required("parent_id", .nullable(.uuid)),
            ])),
        .required(
            "breadcrumbs", .array(.object([.required("id", .nullable(.uuid)), .required("name", .string())]))),
        .required(
            "folders",
            .array(
                .object([
                    .required("id", .uuid), .required("name", .string()), .required("items_count", .integer),
                    .required("kind", .choice(["dossier", "casier", "armoire"])), .required("icon", .string()),
                    .required("icon_color", .string()), .required("is_starred", .boolean),
                    .required("is_locked", .boolean), .required("updated_at", .time),
                ]))),
        .required(
            "files",
            .array(
                .object([
                    .required("id", .uuid), .required("name", .string()), .required("size", .integer),
                    .required("formatted_size", .string()), .required("icon", .string()),
                    .required("icon_color", .string()),
                    .required("icon_bg", .string()), .required("mime_type", .string()),
                    .required("is_starred", .boolean),
                    .required("is_locked", .boolean), .required("updated_at", .time),
                    .required("formatted_date", .string()),
                    .required("owners", .array(FileView.badge)),
                ]))),
        .required("next_cursor", .nullable(.string()), "For the next page; null on the last one"),
        .required("total_count", .integer),
    ])
}
