import HTTP
import Vault

/// Favourites (requirements/1, "Favoris").
struct DriveStarred: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/files/starred", Self.info, starred)
    }

    // MARK: GET /api/files/starred

    @Sendable func starred(_ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await vault.starred(
            sort: try request.choice("sort", default: .name), order: try request.choice("order", default: .ascending),
            limit: try request.limit(default: ListStarred.defaultLimit, maximum: ListStarred.maximumLimit),
            cursor: request.query.first("cursor"), as: principal)
        let times = RelativeTime(now: vault.now())
        return .json { json in
            json.object { json in
                json.array("folders", page.entries.filter { $0.node.kind.isFolder }) { json, entry in
                    json.starredFolder(entry)
                }
                json.array("files", page.entries.filter { !$0.node.kind.isFolder }) { json, entry in
                    let address = entry.preview.map { vault.pictureLinks.preview(of: $0, for: principal) }
                    json.starredFile(entry, times, previewAddress: address)
                }
                json.field("total_count", page.total)
                json.field("next_cursor", page.next)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func starredFolder(_ entry: StarredNode) {
        object { json in
            json.field("id", entry.node.id.description)
            json.field("name", entry.node.name.text)
            json.field("items_count", entry.childCount)
            json.field("size", ByteCountText.text(entry.bytes) + (entry.isMore ? "+" : ""))
            json.field("icon", FileAppearance.folder.icon)
            json.field("icon_color", FileAppearance.folder.color)
            json.field("is_locked", entry.isLocked)
        }
    }

    fileprivate mutating func starredFile(_ entry: StarredNode, _ times: RelativeTime, previewAddress: String?) {
        let node = entry.node
        let look = FileAppearance.of(node)
        let badge = TypeBadge.of(name: node.name, mediaType: node.meta.mediaType)
        object { json in
            json.field("id", node.id.description)
            json.field("name", node.name.text)
            json.field("icon", look.icon)
            json.field("icon_color", look.color)
            json.field("icon_bg", FileAppearance.cardBackground)
            json.field("updated_at", "Updated \(times.phrase(node.updatedAt))")
            json.field("type_badge", badge.text)
            json.field("badge_color", badge.color)
            json.field("is_image", badge == .image || node.meta.mediaType?.hasPrefix("image/") == true)
            json.field("preview_url", previewAddress)
            json.field("is_locked", entry.isLocked)
            json.field("size", entry.bytes)
            json.field("formatted_size", ByteCountText.text(entry.bytes))
        }
    }
}

// MARK: Descriptions

extension DriveStarred {
    private static let info = RouteInfo.drive(
        "Favourites: folders first, then files",
        parameters: [
            QueryParameter("sort", .choice(StarredSort.allCases.map(\.rawValue)), "Default: name"),
            QueryParameter("order", .choice(ListOrder.allCases.map(\.rawValue)), "Default: asc"),
            QueryParameter("limit", .integer, "1 to 1,000, the default"),
            QueryParameter("cursor", .string(), "next_cursor of the page before"),
        ],
        ResponseDescription(
            200, "The favourites",
            .object([
                .required(
                    "folders",
                    .array(
                        .object([
                            .required("id", .uuid), .required("name", .string()), .required("items_count", .integer),
                            .required(
                                "size", .string(), "Of all below; ends with + where there is too much to count"),
                            .required("icon", .string()), .required("icon_color", .string()),
                            .required("is_locked", .boolean),
                        ]))),
                .required(
                    "files",
                    .array(
                        .object([
                            .required("id", .uuid), .required("name", .string()), .required("icon", .string()),
                            .required("icon_color", .string()), .required("icon_bg", .string()),
                            .required("updated_at", .string(), "In words: \"Updated 2h ago\""),
                            .required("type_badge", .string()), .required("badge_color", .string()),
                            .required("is_image", .boolean), .required("preview_url", .nullable(.string())),
                            .required("is_locked", .boolean), .required("size", .integer),
                            .required("formatted_size", .string()),
                        ]))),
                .required("total_count", .integer), DriveActivity.nextCursor,
            ])))
}
