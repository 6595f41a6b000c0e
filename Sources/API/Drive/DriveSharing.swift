import HTTP
import Vault

/// Sharing with people (requirements/1, "Partage").
struct DriveSharing: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/sharing/shared-with-me", Self.sharedWithMeInfo, sharedWithMe)
        table.signedIn(.post, "/api/files/{id}/share", Self.shareInfo, share)
        table.signedIn(.get, "/api/files/{id}/shares", Self.sharesInfo, shares)
        table.signedIn(.put, "/api/files/{id}/share/{userId}", Self.changeInfo, change)
        table.signedIn(.delete, "/api/files/{id}/share/{userId}", Self.removeInfo, remove)
    }

    // MARK: GET /api/sharing/shared-with-me

    @Sendable func sharedWithMe(_ request: Request, _ principal: Principal) async throws -> Response {
        let page = try await vault.sharing.sharedWithMe(
            sort: try request.choice("sort", default: .date),
            order: try request.choice("order", default: .descending),
            limit: try request.limit(default: Sharing.defaultLimit, maximum: Sharing.maximumLimit),
            cursor: request.query.first("cursor"), as: principal)
        let times = RelativeTime(now: vault.now())
        return .json { json in
            json.object { json in
                json.array("files", page.entries) { json, entry in json.shared(entry, times) }
                json.field("total_count", page.total)
                json.field("next_cursor", page.next)
            }
        }
    }

    // MARK: POST /api/files/{id}/share

    @Sendable func share(_ request: Request, _ principal: Principal) async throws -> Response {
        let id = try request.nodeID()
        try principal.require(.writeContent)
        let body = try await request.jsonObject()
        let permission = try body.optionalString("permission").map(Self.permission) ?? .viewer
        let email = try EmailAddress(try body.required("email"))
        let (person, given) = try await vault.sharing.share(id, with: email, permission: permission, as: principal)
        return Self.answer(person, given, status: 201)
    }

    // MARK: GET /api/files/{id}/shares

    @Sendable func shares(_ request: Request, _ principal: Principal) async throws -> Response {
        let list = try await vault.sharing.list(
            try request.nodeID(),
            limit: try request.limit(default: Sharing.defaultLimit, maximum: Sharing.maximumLimit),
            cursor: request.query.first("cursor"), as: principal)
        return .json { json in
            json.object { json in
                json.object("owner") { json in json.contact(list.owner) }
                json.array("shares", list.shares) { json, share in json.share(share) }
                json.field("total_count", list.total)
                json.field("next_cursor", list.next)
            }
        }
    }

    // MARK: PUT /api/files/{id}/share/{userId}

    @Sendable func change(_ request: Request, _ principal: Principal) async throws -> Response {
        let id = try request.nodeID()
        let person = try request.sharedPerson()
        try principal.require(.writeContent)
        let body = try await request.jsonObject()
        let permission = try Self.permission(try body.required("permission"))
        let card = try await vault.sharing.change(id, for: person, to: permission, as: principal)
        return Self.answer(card, permission, status: 200)
    }

    // MARK: DELETE /api/files/{id}/share/{userId}

    @Sendable func remove(_ request: Request, _ principal: Principal) async throws -> Response {
        try await vault.sharing.remove(try request.nodeID(), from: try request.sharedPerson(), as: principal)
        return .message("Sharing removed")
    }

    private static func permission(_ word: String) throws(VaultError) -> Permission {
        guard let permission = Permission(word: word) else {
            throw .invalid(field: "permission", .unknownValue(allowed: Permission.allCases.map(\.word)))
        }
        return permission
    }

    private static func answer(_ person: Person, _ permission: Permission, status: Int) -> Response {
        .json(status) { json in
            json.object { json in
                json.object("shared_with") { json in json.contact(person) }
                json.field("permission", permission.word)
            }
        }
    }
}

extension Request {
    /// Text that is no identifier is nobody the file is shared with.
    fileprivate func sharedPerson() throws -> AccountID {
        guard let id = AccountID(try parameter("userId")) else { throw VaultError.notFound(.share) }
        return id
    }
}

extension JSONWriter {
    fileprivate mutating func shared(_ entry: SharedNode, _ times: RelativeTime) {
        let node = entry.node
        let look =
            node.kind.isFolder ? .folder : FileAppearance.of(name: node.name.text, mediaType: node.meta.mediaType)
        object { json in
            json.field("id", node.id.description)
            json.field("name", node.name.text)
            json.field("type", FileTypeName.of(node))
            json.field("icon", look.icon)
            json.field("icon_bg", look.strongBackground)
            json.field("icon_color", look.strongColor)
            json.field("is_folder", node.kind.isFolder)
            json.object("shared_by") { json in
                json.card(entry.sharedBy)
                json.field("avatar_url", entry.sharedBy.avatarURL)
            }
            json.field("date_shared", times.dayAndTime(entry.sharedAt))
            json.field("size", node.kind.isFolder ? nil : ByteCountText.text(node.size))
            json.field("size_bytes", node.size)
            json.field("permission", entry.permission.word)
            json.field("shared_at", entry.sharedAt)
            json.field("updated_at", node.updatedAt)
        }
    }

    fileprivate mutating func share(_ share: Share) {
        object { json in
            json.contact(share.person)
            json.field("permission", share.permission.word)
            json.field("shared_at", share.grantedAt)
            json.key("shared_by")
            if let giver = share.grantedBy { json.object { json in json.card(giver) } } else { json.null() }
            switch share.source {
            case .direct:
                json.field("is_inherited", false)
                json.null("inherited_from")
            case .inherited(let folder):
                json.field("is_inherited", true)
                json.key("inherited_from")
                if let folder {
                    json.object { json in
                        json.field("id", folder.id.description)
                        json.field("name", folder.name.text)
                    }
                } else {
                    json.null()
                }
            }
        }
    }

    /// A person with their address: for those who deal with each other by it.
    fileprivate mutating func contact(_ person: Person) {
        card(person)
        field("email", person.email)
        field("avatar_url", person.avatarURL)
    }
}

// MARK: Descriptions

extension DriveSharing {
    private static let words = Permission.allCases.map(\.word)

    private static let contact: [Schema.Property] = [
        .required("id", .uuid), .required("name", .string()), .required("initials", .string()),
        .required("email", .string(format: "email")), .required("avatar_url", .nullable(.string())),
    ]

    private static let given = Schema.object([
        .required("shared_with", .object(contact)), .required("permission", .choice(words)),
    ])

    private static let sharedWithMeInfo = RouteInfo.drive(
        "What others share with the caller",
        parameters: [
            QueryParameter("sort", .choice(SharedSort.allCases.map(\.rawValue)), "Default: date"),
            QueryParameter("order", .choice(ListOrder.allCases.map(\.rawValue)), "Default: desc"),
            QueryParameter("limit", .integer, "1 to 1,000, default 100"),
            QueryParameter("cursor", .string(), "`next_cursor` of the page before"),
        ],
        ResponseDescription(
            200, "One page",
            .object([
                .required(
                    "files",
                    .array(
                        .object([
                            .required("id", .uuid), .required("name", .string()), .required("type", .string()),
                            .required("icon", .string()), .required("icon_bg", .string()),
                            .required("icon_color", .string()), .required("is_folder", .boolean),
                            .required(
                                "shared_by",
                                .object([
                                    .required("id", .uuid), .required("name", .string()),
                                    .required("initials", .string()), .required("avatar_url", .nullable(.string())),
                                ])),
                            .required("date_shared", .string()),
                            .required("size", .nullable(.string()), "null for folders"),
                            .required("size_bytes", .integer), .required("permission", .choice(words)),
                            .required("shared_at", .time), .required("updated_at", .time),
                        ]))),
                .required("total_count", .integer), .required("next_cursor", .nullable(.string())),
            ])))

    private static let shareInfo = RouteInfo.drive(
        "Share with a person", body: .json, events: [.fileShared],
        requests: [
            .json(
                .required("email", .string(format: "email")),
                .optional("permission", .choice(words), "Default: viewer"))
        ],
        ResponseDescription(201, "Shared", given), .error(403, "Access denied"),
        .error(404, "File not found, or User not found"), .error(409, "File already shared with this user"))

    private static let sharesInfo = RouteInfo.drive(
        "Who has access, and from where",
        parameters: [
            QueryParameter("limit", .integer, "1 to 1,000, default 100"),
            QueryParameter("cursor", .string(), "`next_cursor` of the page before"),
        ],
        ResponseDescription(
            200, "The owner and one page of the others",
            .object([
                .required("owner", .object(contact)),
                .required(
                    "shares",
                    .array(
                        .object(
                            contact + [
                                .required("permission", .choice(words)), .required("shared_at", .time),
                                .required(
                                    "shared_by",
                                    .nullable(
                                        .object([
                                            .required("id", .uuid), .required("name", .string()),
                                            .required("initials", .string()),
                                        ]))),
                                .required("is_inherited", .boolean),
                                .required(
                                    "inherited_from",
                                    .nullable(.object([.required("id", .uuid), .required("name", .string())])),
                                    "The folder it was given on; null when the caller may not see it"),
                            ]))),
                .required("total_count", .integer), .required("next_cursor", .nullable(.string())),
            ])),
        .error(403, "Access denied"), .error(404, "File not found"))

    private static let changeInfo = RouteInfo.drive(
        "Give a person another permission", body: .json, events: [.shareChanged],
        requests: [.json(.required("permission", .choice(words)))],
        ResponseDescription(200, "As it is now", given), .error(403, "Access denied"),
        .error(404, "File not found, or File is not shared with this user"))

    private static let removeInfo = RouteInfo.drive(
        "Take access back; with one's own id, give it up", events: [.fileUnshared],
        ResponseDescription(200, "Removed", .message), .error(403, "Access denied"),
        .error(404, "File not found, or File is not shared with this user"))
}
