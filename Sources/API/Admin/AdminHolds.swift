import HTTP
import Vault

/// Legal holds as cases: opened by one, released by two.
struct AdminHolds: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/admin/holds", Self.listInfo, list)
        table.signedIn(.post, "/api/admin/holds", Self.openInfo, open)
        table.signedIn(.get, "/api/admin/holds/{id}", Self.getInfo, get)
        table.signedIn(.put, "/api/admin/holds/{id}", Self.changeInfo, change)
        table.signedIn(.get, "/api/admin/holds/{id}/nodes", Self.nodesInfo, nodes)
        table.signedIn(.post, "/api/admin/holds/{id}/nodes", Self.extendInfo, extend)
        table.signedIn(.post, "/api/admin/holds/{id}/release", Self.askInfo, ask)
        table.signedIn(.post, "/api/admin/holds/{id}/release/confirm", Self.confirmInfo, confirm)
        table.signedIn(.post, "/api/admin/holds/{id}/release/refuse", Self.refuseInfo, refuse)
    }

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.holdDocuments)
        let page = try await vault.holds.list(
            before: try request.cursor(HoldID.init), limit: try request.limit(default: 100, maximum: 1_000),
            as: principal)
        return .json { json in
            json.object { json in
                json.array("holds", page.holds) { json, hold in json.hold(hold) }
                json.field("next_cursor", page.next?.description)
            }
        }
    }

    @Sendable func open(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.holdDocuments)
        let body = try await request.jsonObject()
        let hold = try await vault.holds.open(
            name: try body.required("name"), reason: try body.optionalString("reason"),
            on: try body.nodeIDs() ?? [], as: principal)
        return .json(201) { $0.hold(hold) }
    }

    @Sendable func get(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.holdDocuments)
        let hold = try await vault.holds.get(try request.holdID(), as: principal)
        return .json { $0.hold(hold) }
    }

    @Sendable func change(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.holdDocuments)
        let body = try await request.jsonObject()
        let hold = try await vault.holds.describe(
            try request.holdID(), name: try body.optionalString("name"), reason: try body.optionalString("reason"),
            as: principal)
        return .json { $0.hold(hold) }
    }

    @Sendable func nodes(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.holdDocuments)
        let page = try await vault.holds.nodes(
            of: try request.holdID(), after: try request.cursor(NodeID.init),
            limit: try request.limit(default: 100, maximum: 1_000), as: principal)
        return .json { json in
            json.object { json in
                json.array("nodes", page.nodes) { json, node in json.held(node) }
                json.field("next_cursor", page.next?.description)
            }
        }
    }

    @Sendable func extend(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.holdDocuments)
        let body = try await request.jsonObject()
        let hold = try await vault.holds.extend(
            try request.holdID(), to: try body.nodeIDs() ?? [], as: principal)
        return .json { $0.hold(hold) }
    }

    @Sendable func ask(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.holdDocuments)
        let body = try await request.jsonObject()
        let hold = try await vault.holds.askRelease(
            try request.holdID(), of: try body.nodeIDs(), reason: try body.optionalString("reason"), as: principal)
        return .json(202) { $0.hold(hold) }
    }

    @Sendable func confirm(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.holdDocuments)
        let hold = try await vault.holds.confirmRelease(try request.holdID(), as: principal)
        return .json { $0.hold(hold) }
    }

    @Sendable func refuse(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.holdDocuments)
        let body = try await request.optionalJSONObject()
        let hold = try await vault.holds.refuseRelease(
            try request.holdID(), reason: try body?.optionalString("reason"), as: principal)
        return .json { $0.hold(hold) }
    }
}

extension Request {
    fileprivate func holdID() throws -> HoldID {
        guard let id = HoldID(try parameter("id")) else { throw VaultError.notFound(.hold) }
        return id
    }
}

extension JSONValue {
    /// - Throws: `VaultError.notFound(.file)` for text that is no identifier.
    fileprivate func nodeIDs() throws -> [NodeID]? {
        try optionalStrings("node_ids")?.map { text in
            guard let id = NodeID(text) else { throw VaultError.notFound(.file) }
            return id
        }
    }
}

extension JSONWriter {
    fileprivate mutating func hold(_ hold: LegalHold) {
        object { json in
            json.field("id", hold.id.description)
            json.field("name", hold.name)
            json.field("reason", hold.reason)
            json.field("status", hold.status)
            json.field("opened_by", hold.openedBy.description)
            json.field("opened_at", hold.openedAt)
            json.field("updated_at", hold.updatedAt)
            json.field("released_at", hold.releasedAt)
            json.field("node_count", hold.nodes)
            json.key("release")
            guard let release = hold.pending else { return json.null() }
            json.object { json in
                json.field("asked_by", release.askedBy.description)
                json.field("asked_at", release.askedAt)
                json.field("reason", release.reason)
                json.key("node_ids")
                guard let nodes = release.nodes else { return json.null() }
                json.array { json in for node in nodes { json.value(node.description) } }
            }
        }
    }

    fileprivate mutating func held(_ node: HeldNode) {
        object { json in
            json.field("id", node.id.description)
            json.field("kind", node.kind.documentName)
            json.field("name", node.name)
            json.field("space_id", node.space.description)
            json.field("in_trash", node.state == .trashed)
            json.field("carried", node.isCarried)
            json.field("added_by", node.addedBy.description)
            json.field("added_at", node.addedAt)
        }
    }
}

extension LegalHold {
    static let statuses = ["in_force", "release_asked", "released"]

    fileprivate var status: String {
        if releasedAt != nil { return "released" }
        return pending == nil ? "in_force" : "release_asked"
    }
}
