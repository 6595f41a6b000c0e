import HTTP
import Vault

extension AdminHolds {
    private static let hold = Schema.object([
        .required("id", .uuid), .required("name", .string()), .required("reason", .nullable(.string())),
        .required("status", .choice(LegalHold.statuses)), .required("opened_by", .uuid),
        .required("opened_at", .time), .required("updated_at", .time), .required("released_at", .nullable(.time)),
        .required("node_count", .integer),
        .required(
            "release",
            .nullable(
                .object([
                    .required("asked_by", .uuid), .required("asked_at", .time), .required("reason", .string()),
                    .required("node_ids", .nullable(.array(.uuid)), "null: the whole hold"),
                ])), "The request that waits for a second person"),
    ])

    private static let page = [
        QueryParameter("limit", .integer, "1 to 1,000, default 100"),
        QueryParameter("cursor", .uuid, "`next_cursor` of the page before"),
    ]

    static let listInfo = RouteInfo.admin(
        "Legal holds, newest first, released ones too", access: .auditor, parameters: page,
        ResponseDescription(
            200, "One page",
            .object([.required("holds", .array(hold)), .required("next_cursor", .nullable(.uuid))])))

    static let openInfo = RouteInfo.admin(
        "Open a legal hold on files and folders of anybody", access: .auditor, body: .json, events: [.holdOpened],
        requests: [
            .json(
                .required("name", .string()), .required("reason", .string()),
                .required("node_ids", .array(.uuid), "At most 1,000 at once; a folder holds all below it"))
        ],
        ResponseDescription(201, "The hold", hold), .error(404, "One of the nodes is not there"))

    static let getInfo = RouteInfo.admin(
        "One legal hold", access: .auditor, ResponseDescription(200, "The hold", hold),
        .error(404, "No such hold"))

    static let changeInfo = RouteInfo.admin(
        "Change the name or the reason of a hold", access: .auditor, body: .json, events: [.holdExtended],
        requests: [.json(.optional("name", .string()), .optional("reason", .string()))],
        ResponseDescription(200, "The hold", hold), .error(404, "No such hold"), .error(409, "It was released"))

    static let nodesInfo = RouteInfo.admin(
        "What a hold lies on", access: .auditor, parameters: page,
        ResponseDescription(
            200, "One page",
            .object([
                .required(
                    "nodes",
                    .array(
                        .object([
                            .required("id", .uuid), .required("kind", .choice(NodeKind.allCases.map(\.documentName))),
                            .required("name", .string()), .required("space_id", .uuid),
                            .required("in_trash", .boolean),
                            .required("carried", .boolean, "It left a held folder and took the hold along"),
                            .required("added_by", .uuid), .required("added_at", .time),
                        ]))), .required("next_cursor", .nullable(.uuid)),
            ])), .error(404, "No such hold"))

    static let extendInfo = RouteInfo.admin(
        "Put more files and folders under a hold", access: .auditor, body: .json, events: [.holdExtended],
        requests: [.json(.required("node_ids", .array(.uuid)))],
        ResponseDescription(200, "The hold", hold), .error(404, "No such hold, or one of the nodes is not there"),
        .error(409, "It was released"))

    static let askInfo = RouteInfo.admin(
        "Ask that a hold end, or that some nodes be taken out of it", access: .auditor, body: .json,
        events: [.holdReleaseAsked],
        requests: [
            .json(
                .required("reason", .string()),
                .optional("node_ids", .nullable(.array(.uuid)), "null or absent: the whole hold"))
        ],
        ResponseDescription(202, "The hold, waiting for a second person", hold), .error(404, "No such hold"),
        .error(409, "It was released, a release is asked for already, or a node is not on its list"))

    static let confirmInfo = RouteInfo.admin(
        "Confirm a release that another person asked for", access: .auditor, events: [.holdReleased],
        ResponseDescription(200, "The hold", hold), .error(403, "The same person asked for it"),
        .error(404, "No such hold"), .error(409, "Nobody asked"))

    static let refuseInfo = RouteInfo.admin(
        "Refuse a release, or take one's own request back", access: .auditor, body: .json,
        events: [.holdReleaseRefused], requests: [.json(.optional("reason", .string()))],
        ResponseDescription(200, "The hold", hold), .error(404, "No such hold"), .error(409, "Nobody asked"))
}
