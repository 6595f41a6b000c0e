import HTTP
import Vault

extension JSONWriter {
    /// An account as its owner and administrators see it (design, section 11: `/api/me`).
    mutating func account(_ account: Account) {
        object { json in
            json.field("id", account.id.description)
            json.field("first_name", account.profile.firstName)
            json.field("last_name", account.profile.lastName)
            json.field("email", account.profile.email.text)
            json.field("role", account.role.rawValue)
            json.field("title", account.profile.title)
            json.field("status", account.status.rawValue)
            json.field("two_factor_enabled", account.twoFactorEnabled)
            json.field("company_id", account.company.map(\.description))
            json.field("created_at", account.createdAt)
        }
    }
}

extension Schema {
    static let uuid = Schema.string(format: "uuid")
    static let time = Schema.string(format: "date-time")

    static let account = Schema.object([
        .required("id", .uuid), .required("first_name", .string()), .required("last_name", .string()),
        .required("email", .string(format: "email")), .required("role", .choice(Role.allCases.map(\.rawValue))),
        .required("title", .nullable(.string())), .required("status", .choice(["active", "disabled"])),
        .required("two_factor_enabled", .boolean), .required("company_id", .nullable(.uuid)),
        .required("created_at", .time),
    ])

    static let error = Schema.object([
        .required("error", .string(), "One sentence, in English or French by Accept-Language"),
        .required("code", .string(), "Stable, in snake case"),
        .optional("field", .string(), "The field that is wrong"),
    ])

    static let message = Schema.object([.required("message", .string())])
}
