import Crypto
import Database
import HTTP
import Vault

/// What of the journal leaves the machine: deliveries under way and given up.
struct AdminDeliveries: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/admin/deliveries", Self.listInfo, list)
        table.signedIn(.post, "/api/admin/deliveries/{id}/retry", Self.retryInfo, retry)
    }

    // MARK: GET /api/admin/deliveries

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.readJournal)
        let page = try await vault.deliveries.list(
            in: try request.state(), to: try request.target(), before: request.query.first("cursor"),
            limit: try request.limit(default: 50, maximum: Deliveries.maximumLimit), as: principal)
        return .json { json in
            json.object { json in
                json.array("deliveries", page.entries) { json, delivery in json.delivery(delivery) }
                json.field("next_cursor", page.next)
            }
        }
    }

    // MARK: POST /api/admin/deliveries/{id}/retry

    @Sendable func retry(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageDeliveries)
        guard let id = DeliveryID(try request.parameter("id")) else { throw VaultError.notFound(.delivery) }
        let delivery = try await vault.deliveries.retry(id, as: principal)
        return .json(202) { json in json.delivery(delivery) }
    }
}

extension Request {
    fileprivate func state() throws -> Delivery.State? {
        guard let word = query.first("state"), !word.isEmpty else { return nil }
        guard let state = Delivery.State.allCases.first(where: { $0.word == word }) else {
            throw VaultError.invalid(field: "state", .unknownValue(allowed: Delivery.State.allCases.map(\.word)))
        }
        return state
    }

    fileprivate func target() throws -> DeliveryTarget? {
        guard let word = query.first("target"), !word.isEmpty else { return nil }
        let target: DeliveryTarget = try Choices.parse(word, field: "target")
        return target
    }
}

extension JSONWriter {
    fileprivate mutating func delivery(_ delivery: Delivery) {
        object { json in
            json.field("id", delivery.id.description)
            json.field("target", delivery.target.rawValue)
            json.field("reference", delivery.reference)
            json.field("tree_size", delivery.treeSize)
            json.field("schedule_id", delivery.schedule?.description)
            json.field("period_start", delivery.periodStart)
            json.field("state", delivery.state.word)
            json.field("attempts", delivery.attempts)
            json.field("created_at", delivery.createdAt)
            json.field("next_attempt_at", delivery.state == .waiting ? delivery.nextAt : nil)
            json.field("given_up_at", delivery.state == .waiting ? delivery.deadline : nil)
            json.field("attempted_at", delivery.attemptedAt)
            json.field("ended_at", delivery.endedAt)
            json.field("failure", delivery.failure)
            json.field("failure_status", delivery.failureStatus.map(Int64.init))
            json.field("file_name", delivery.receipt?.fileName)
            json.field("event_count", delivery.receipt?.itemCount)
            json.field("sha256", delivery.receipt.map { Hex.encode($0.sha256) })
        }
    }
}

// MARK: Descriptions

extension AdminDeliveries {
    private static let delivery = Schema.object([
        .required("id", .uuid, "The same for every attempt; receivers tell repetitions by it"),
        .required("target", .choice(DeliveryTarget.allCases.map(\.rawValue))),
        .required("reference", .string(), "Sent once for each target: a tree size, or a schedule and its period"),
        .required("tree_size", .integer, "Of the checkpoint; 0 before an export was made"),
        .required("schedule_id", .nullable(.uuid)), .required("period_start", .nullable(.time)),
        .required("state", .choice(Delivery.State.allCases.map(\.word))), .required("attempts", .integer),
        .required("created_at", .time), .required("next_attempt_at", .nullable(.time)),
        .required("given_up_at", .nullable(.time), "When it will be, unless it arrives"),
        .required("attempted_at", .nullable(.time)), .required("ended_at", .nullable(.time)),
        .required("failure", .nullable(.choice(DeliveryFailure.Code.allCases.map(\.rawValue)))),
        .required("failure_status", .nullable(.integer), "The receiver's, of HTTP or SMTP"),
        .required("file_name", .nullable(.string())), .required("event_count", .nullable(.integer)),
        .required("sha256", .nullable(.string()), "Of the export, hexadecimal"),
    ])

    private static let listInfo = RouteInfo.admin(
        "What leaves the machine: checkpoints and exports, newest first", access: .auditor,
        parameters: [
            QueryParameter("state", .choice(Delivery.State.allCases.map(\.word))),
            QueryParameter("target", .choice(DeliveryTarget.allCases.map(\.rawValue))),
            QueryParameter("limit", .integer, "1 to 200, default 50"),
            QueryParameter("cursor", .uuid, "`next_cursor` of the page before"),
        ],
        ResponseDescription(
            200, "One page",
            .object([
                .required("deliveries", .array(delivery)), .required("next_cursor", .nullable(.uuid)),
            ])))

    private static let retryInfo = RouteInfo.admin(
        "Try a delivery again at once, with its whole time before it", access: .admin, events: [.deliveryRetried],
        ResponseDescription(202, "It waits for the next round", delivery), .error(404, "Delivery not found"),
        .error(409, "It has arrived"))
}
