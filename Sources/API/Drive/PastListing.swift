import Database
import HTTP
import Vault
import Versions

/// The answer of `GET /api/drive/contents?as_of=…`: the shape of today's, with the names, places and sizes of then. What
/// people mark today, such as stars and locks, is not of the past.
enum PastListing {
    static func json(_ page: PastFolderPage, now: Timestamp) -> JSONWriter {
        var json = JSONWriter(capacity: 1_024 + page.entries.count * 480)
        let firstFile = page.entries.firstIndex { $0.kind == .file } ?? page.entries.endIndex
        let times = RelativeTime(now: now)
        let top = page.isForeign ? "Shared with me" : "My Drive"
        json.object { json in
            json.object("current_folder") { json in
                json.field("id", page.folder?.id.description)
                json.field("name", page.folder.map { $0.name?.text } ?? top)
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
                        json.field("name", node.name?.text)
                    }
                }
            }
            json.array("folders", page.entries[..<firstFile]) { json, node in json.pastFolder(node) }
            json.array("files", page.entries[firstFile...]) { json, node in json.pastFile(node, page.owner, times) }
            json.field("next_cursor", page.next)
            json.field("total_count", page.total)
            json.field("as_of", page.moment)
        }
        return json
    }
}

extension JSONWriter {
    fileprivate mutating func pastFolder(_ node: PastNode) {
        let look = node.look
        object { json in
            json.field("id", node.id.description)
            json.field("name", node.name?.text)
            json.null("items_count")
            json.field("kind", node.kind.documentName)
            json.field("icon", look.icon)
            json.field("icon_color", look.color)
            json.field("is_starred", false)
            json.field("is_locked", false)
            json.field("updated_at", node.validFrom)
            json.field("today", node.today.rawValue)
        }
    }

    fileprivate mutating func pastFile(_ node: PastNode, _ owner: Person?, _ times: RelativeTime) {
        let look = node.look
        object { json in
            json.field("id", node.id.description)
            json.field("name", node.name?.text)
            json.field("size", node.size)
            json.field("formatted_size", ByteCountText.text(node.size))
            json.field("icon", look.icon)
            json.field("icon_color", look.color)
            json.field("icon_bg", look.background)
            json.field("mime_type", node.mediaType ?? MediaType.unknown)
            json.field("is_starred", false)
            json.field("is_locked", false)
            json.field("updated_at", node.validFrom)
            json.field("formatted_date", times.text(node.validFrom))
            json.array("owners") { json in if let owner { json.badge(owner) } }
            json.field("version_number", node.head)
            json.field("today", node.today.rawValue)
        }
    }

    /// A file or folder as it was: the members of today's details that the past has.
    mutating func past(_ details: PastDetails, asOf moment: Timestamp) {
        let node = details.node
        let look = node.look
        object { json in
            json.field("id", node.id.description)
            json.field("name", node.name?.text)
            json.field("is_folder", node.kind.isFolder)
            json.field("kind", node.kind.documentName)
            json.field("size", node.size)
            json.field("formatted_size", ByteCountText.text(node.size))
            json.field("icon", look.icon)
            json.field("icon_color", look.color)
            json.field("icon_bg", look.background)
            json.field("mime_type", node.mediaType)
            json.object("owner") { json in json.card(details.owner) }
            json.field("version_number", node.kind == .file ? Int64(node.head) : nil)
            json.field("created_at", node.createdAt)
            json.field("updated_at", node.validFrom)
            json.field("parent_id", details.path.isEmpty ? nil : node.parent?.description)
            let top = details.isForeign ? "Shared with me" : "My Drive"
            json.field("parent_path", ([top] + details.path).joined(separator: "/"))
            json.field("today", node.today.rawValue)
            json.field("as_of", moment)
        }
    }
}

extension PastNode {
    var look: FileAppearance {
        kind.isFolder
            ? FileAppearance.folder : FileAppearance.of(name: name?.text ?? "", mediaType: mediaType)
    }
}
