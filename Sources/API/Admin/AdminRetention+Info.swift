import HTTP
import Vault

extension AdminRetention {
    static let policy = Schema.object([
        .required("id", .uuid), .required("node_id", .uuid, "The folder that bears it"), .required("space_id", .uuid),
        .required("covers_space", .boolean, "It lies on the root of the space"), .required("name", .string()),
        .required("reason", .nullable(.string())), .required("mode", .choice(RetentionMode.allCases.map(\.name))),
        .required("duration", .string(), "ISO 8601, from the making of each version"),
        .required("duration_ms", .integer), .required("keep_versions", .nullable(.integer)),
        .required("keep_for", .nullable(.string())), .required("created_by", .uuid), .required("created_at", .time),
        .required("updated_at", .time), .required("lifted_at", .nullable(.time)),
    ])

    private static let durationText =
        "ISO 8601 (P10Y, P90D, PT12H) or a number of days; a year counts 366 days, a month 31"

    static let listInfo = RouteInfo.admin(
        "Retention policies, oldest first, lifted ones too",
        parameters: [
            QueryParameter("limit", .integer, "1 to 1,000, default 100"),
            QueryParameter("cursor", .uuid, "`next_cursor` of the page before"),
        ],
        ResponseDescription(
            200, "One page",
            .object([.required("policies", .array(policy)), .required("next_cursor", .nullable(.uuid))])))

    static let setInfo = RouteInfo.admin(
        "Put a retention policy on a folder, or on a space by its root", body: .json, events: [.retentionSet],
        requests: [
            .json(
                .required("node_id", .uuid), .required("name", .string()), .required("reason", .string()),
                .optional("mode", .choice(RetentionMode.allCases.map(\.name)), "Default governance"),
                .optional("duration", .oneOf([.string(), .integer]), durationText),
                .optional("keep_versions", .integer, "Let all but the newest so many versions expire"),
                .optional("keep_for", .oneOf([.string(), .integer]), "Let versions older than this expire"))
        ],
        ResponseDescription(201, "The policy", policy), .error(404, "Folder not found"),
        .error(409, "The folder bears too many policies"))

    static let getInfo = RouteInfo.admin(
        "One retention policy", ResponseDescription(200, "The policy", policy), .error(404, "No such policy"))

    static let changeInfo = RouteInfo.admin(
        "Change a policy: longer always, shorter only in governance mode and with a reason", body: .json,
        events: [.retentionChanged, .retentionLifted],
        requests: [
            .json(
                .optional("name", .string()), .optional("mode", .choice(RetentionMode.allCases.map(\.name))),
                .optional("duration", .oneOf([.string(), .integer]), durationText),
                .optional(
                    "keep_versions", .nullable(.integer), "With keep_for: what is not given is no longer kept by"),
                .optional("keep_for", .nullable(.oneOf([.string(), .integer]))),
                .optional("reason", .string(), "Needed to make it weaker"))
        ],
        ResponseDescription(200, "The policy", policy), .error(404, "No such policy"),
        .error(409, "In compliance mode, or lifted"))

    static let liftInfo = RouteInfo.admin(
        "Lift a policy in governance mode", body: .json, events: [.retentionLifted],
        parameters: [QueryParameter("reason", .string(), "Where the client sends no body with DELETE")],
        requests: [.json(.required("reason", .string()))],
        ResponseDescription(200, "The policy, lifted", policy), .error(404, "No such policy"),
        .error(409, "In compliance mode, or lifted already"))

    static let bypassInfo = RouteInfo.admin(
        "Destroy one file or folder although policies in governance mode keep it", body: .json,
        events: [.retentionBypassed, .fileDeleted],
        requests: [.json(.required("node_id", .uuid), .required("reason", .string()))],
        ResponseDescription(
            200, "Destroyed", .object([.required("destroyed", .integer), .required("bytes", .integer)])),
        .error(404, "File not found"), .error(409, "Nothing keeps it"),
        .error(423, "Kept by a legal hold, or in compliance mode"))
}
