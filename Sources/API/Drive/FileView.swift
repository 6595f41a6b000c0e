import HTTP
import Vault

/// A file or folder as the client's side panel shows it, and as every change of it answers (requirements/1,
/// `GET /api/files/:fileId`, "file object").
enum FileView {
    /// - Parameter links: what makes the address of the file's picture; without it no address is given.
    static func response(
        _ details: NodeDetails, for principal: Principal, _ links: PictureLinks? = nil, status: Int = 200
    ) -> Response {
        var json = JSONWriter(capacity: 1_024)
        write(details, for: principal, links, to: &json)
        return .json(status, json)
    }

    static func write(
        _ details: NodeDetails, for principal: Principal, _ links: PictureLinks? = nil, to json: inout JSONWriter
    ) {
        let node = details.node
        let previewAddress = details.preview.flatMap { links?.preview(of: $0, for: principal) }
        json.beginObject()
        json.field("id", node.id.description)
        json.field("name", node.name.text)
        json.field("is_folder", node.kind.isFolder)
        json.field("kind", node.kind.documentName)
        json.field("type", FileTypeName.of(node))
        json.field("size", node.size)
        json.field("formatted_size", ByteCountText.text(node.size))
        json.look(of: node)
        json.field("mime_type", node.meta.mediaType)
        json.field("is_starred", details.isStarred)
        json.field("is_locked", details.isLocked)
        json.field("preview_url", previewAddress)
        json.object("owner") { json in json.card(details.owner) }
        json.array("shared_with", details.sharedWith) { json, share in
            json.object { json in
                json.card(share.person)
                json.field("permission", share.permission.word)
            }
        }
        if node.kind.isFolder { json.field("items_count", details.childCount) }
        json.field("version_number", node.head.map { Int64($0.number) })
        json.field("version_id", node.head?.id.description)
        json.field("created_at", node.createdAt)
        json.field("updated_at", node.updatedAt)
        // At the root, or where what lies above is not the caller's to see, there is no way and so no parent.
        json.field("parent_id", details.path.isEmpty ? nil : node.visibleParent)
        json.field("parent_path", path(details, for: principal))
        json.field("permission", details.permission.word)
        json.endObject()
    }

    /// "My Drive/Projects/Q4 Marketing".
    private static func path(_ details: NodeDetails, for principal: Principal) -> String {
        let top = details.node.space == principal.space ? "My Drive" : "Shared with me"
        return ([top] + details.path).joined(separator: "/")
    }
}

extension JSONWriter {
    /// Icon, colour and background of a node.
    mutating func look(of node: Node) {
        let look = FileAppearance.of(node)
        field("icon", look.icon)
        field("icon_color", look.color)
        field("icon_bg", look.background)
    }

    mutating func card(_ person: Person) {
        field("id", person.id.description)
        field("name", person.fullName)
        field("initials", person.initials)
    }
}

// MARK: Descriptions

extension FileView {
    static let badge = Schema.object([
        .required("id", .uuid), .required("initials", .string()), .required("color", .string()),
    ])

    private static let card: [Schema.Property] = [
        .required("id", .uuid), .required("name", .string()), .required("initials", .string()),
    ]

    static let schema = Schema.object([
        .required("id", .uuid), .required("name", .string()), .required("is_folder", .boolean),
        .required("kind", .choice(NodeKind.allCases.map(\.documentName))), .required("type", .string()),
        .required("size", .integer), .required("formatted_size", .string()), .required("icon", .string()),
        .required("icon_color", .string()), .required("icon_bg", .string()),
        .required("mime_type", .nullable(.string())),
        .required("is_starred", .boolean), .required("is_locked", .boolean),
        .required("preview_url", .nullable(.string())),
        .required("owner", .object(card)),
        .required(
            "shared_with",
            .array(.object(card + [.required("permission", .choice(Permission.allCases.map(\.word)))]))),
        .optional("items_count", .integer, "Folders only"), .required("version_number", .nullable(.integer)),
        .required("version_id", .nullable(.uuid), "In quotes, the ETag of the content: what If-Match takes"),
        .required("created_at", .time), .required("updated_at", .time), .required("parent_id", .nullable(.uuid)),
        .required("parent_path", .string()), .required("permission", .choice(Permission.allCases.map(\.word))),
    ])
}
