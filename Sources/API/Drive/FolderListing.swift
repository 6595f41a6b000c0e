import Database
import HTTP
import Vault
import Versions

/// The answer of `GET /api/drive/contents`, written entry by entry: a page of 10,000 is one buffer and no objects.
enum FolderListing {
    static func json(_ page: FolderPage, for principal: Principal, now: Timestamp) -> JSONWriter {
        var json = JSONWriter(capacity: 1_024 + page.entries.count * 480)
        let firstFile = page.entries.firstIndex { $0.node.kind == .file } ?? page.entries.endIndex
        json.beginObject()
        header(page, for: principal, to: &json)
        json.key("folders")
        json.raw(FolderEntries.json(page.entries[..<firstFile]))
        json.key("files")
        json.raw(FileEntries.json(page.entries[firstFile...], times: RelativeTime(now: now)))
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
            // The folder above only where one may see it: the trail ends with the folder itself.
            json.field("parent_id", page.trail.dropLast().last?.id.description)
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
                    .required("id", .uuid), .required("name", .nullable(.string()), "With as_of: null once shredded"),
                    .required("items_count", .nullable(.integer), "With as_of: null"),
                    .required("kind", .choice(["dossier", "casier", "armoire"])), .required("icon", .string()),
                    .required("icon_color", .string()), .required("is_starred", .boolean),
                    .required("is_locked", .boolean), .required("updated_at", .time),
                    .optional(
                        "today", .choice(PastNode.Today.allCases.map(\.rawValue)), "With as_of: what became of it"),
                ]))),
        .required(
            "files",
            .array(
                .object([
                    .required("id", .uuid), .required("name", .nullable(.string())), .required("size", .integer),
                    .required("formatted_size", .string()), .required("icon", .string()),
                    .required("icon_color", .string()),
                    .required("icon_bg", .string()), .required("mime_type", .string()),
                    .required("is_starred", .boolean),
                    .required("is_locked", .boolean), .required("updated_at", .time),
                    .required("formatted_date", .string()),
                    .required("owners", .array(FileView.badge)),
                    .optional("version_number", .integer, "With as_of: the version that was current"),
                    .optional(
                        "today", .choice(PastNode.Today.allCases.map(\.rawValue)), "With as_of: what became of it"),
                ]))),
        .required("next_cursor", .nullable(.string()), "For the next page; null on the last one"),
        .required("total_count", .integer),
        .optional("as_of", .time, "With as_of: the moment; names and places are those of then"),
    ])
}
