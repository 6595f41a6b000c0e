import HTTP
import Vault

/// The signed-in person's profile and storage (requirements/1, "Profil Utilisateur", "Stockage").
struct DriveAccount: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/user/profile", Self.profileInfo, profile)
        table.signedIn(.put, "/api/user/profile", Self.updateInfo, update)
        table.signedIn(.get, "/api/user/storage", Self.storageInfo, storage)
    }

    // MARK: GET /api/user/profile

    @Sendable func profile(_ request: Request, _ principal: Principal) async throws -> Response {
        let (account, usage) = try await vault.accounts.profile(of: principal)
        return .json { $0.profile(account, usage) }
    }

    // MARK: PUT /api/user/profile

    @Sendable func update(_ request: Request, _ principal: Principal) async throws -> Response {
        let body = try await request.jsonObject()
        let change = ProfileChange(
            firstName: try body.optionalString("first_name"), lastName: try body.optionalString("last_name"),
            email: try body.optionalString("email"),
            bio: body.isNull("bio") ? "" : try body.optionalString("bio"),
            title: body.isNull("title") ? "" : try body.optionalString("title"))
        do {
            _ = try await vault.accounts.update(change, as: principal)
        } catch VaultError.emailTaken {
            throw Problem.emailInUse
        }
        return try await profile(request, principal)
    }

    // MARK: GET /api/user/storage

    @Sendable func storage(_ request: Request, _ principal: Principal) async throws -> Response {
        let usage = try await vault.accounts.usage(of: principal)
        return .json { $0.storage(usage) }
    }
}

extension JSONWriter {
    /// `role` is the job title people show; the permission role is in `/api/me` (design, section 11).
    fileprivate mutating func profile(_ account: Account, _ usage: Usage) {
        let profile = account.profile
        object { json in
            json.field("id", account.id.description)
            json.field("first_name", profile.firstName)
            json.field("last_name", profile.lastName)
            json.field("email", profile.email.text)
            json.field("bio", profile.bio.flatMap { $0.isEmpty ? nil : $0 })
            json.field("avatar_url", profile.avatarURL)
            json.field("role", profile.title.flatMap { $0.isEmpty ? nil : $0 } ?? "member")
            json.field("storage_used", usage.used)
            json.field("storage_limit", usage.limit)
            json.field("two_factor_enabled", account.twoFactorEnabled)
            json.field("created_at", account.createdAt)
        }
    }

    mutating func storage(_ usage: Usage) {
        object { json in
            json.field("used", usage.used)
            json.field("limit", usage.limit)
            json.field("percentage", StorageShares.percentage(usage.used, of: usage.limit))
            json.field("formatted_used", ByteCountText.text(usage.used))
            json.field("formatted_limit", ByteCountText.text(usage.limit))
            json.array("breakdown", StorageShares.of(usage)) { json, share in
                json.object { json in
                    json.field("type", share.type)
                    json.field("size", share.size)
                    json.field("formatted", ByteCountText.text(share.size))
                    json.field("percent", share.percent)
                    json.field("icon", share.icon)
                }
            }
            json.object("trash") { json in
                json.field("size", usage.trashed.bytes)
                json.field("formatted", ByteCountText.text(usage.trashed.bytes))
                json.field("files", usage.trashed.files)
            }
            json.field("remaining", usage.remaining)
        }
    }
}

// MARK: Descriptions

extension DriveAccount {
    private static let profileSchema = Schema.object([
        .required("id", .uuid), .required("first_name", .string()), .required("last_name", .string()),
        .required("email", .string(format: "email")), .required("bio", .nullable(.string())),
        .required("avatar_url", .nullable(.string())), .required("role", .string(), "Job title"),
        .required("storage_used", .integer), .required("storage_limit", .integer),
        .required("two_factor_enabled", .boolean), .required("created_at", .time),
    ])

    private static let profileInfo = RouteInfo.drive(
        "The profile", ResponseDescription(200, "The profile", profileSchema))

    private static let updateInfo = RouteInfo.drive(
        "Change the profile; what is left out stays", body: .json, events: [.settingsUpdated],
        requests: [
            .json(
                .optional("first_name", .string()), .optional("last_name", .string()),
                .optional("email", .string(format: "email")), .optional("bio", .nullable(.string())),
                .optional("title", .nullable(.string()), "Job title"))
        ],
        ResponseDescription(200, "The profile", profileSchema), .error(400, "Invalid email format"),
        .error(409, "Email already in use"))

    private static let storageInfo = RouteInfo.drive(
        "Storage used, by type",
        ResponseDescription(
            200, "Current versions of live files; trash beside them",
            .object([
                .required("used", .integer), .required("limit", .integer), .required("percentage", .integer),
                .required("formatted_used", .string()), .required("formatted_limit", .string()),
                .required(
                    "breakdown",
                    .array(
                        .object([
                            .required("type", .string()), .required("size", .integer),
                            .required("formatted", .string()),
                            .required("percent", .integer), .required("icon", .string()),
                        ]))),
                .required(
                    "trash",
                    .object([
                        .required("size", .integer), .required("formatted", .string()), .required("files", .integer),
                    ])),
                .required("remaining", .integer, "Bytes until the limit"),
            ])))
}
