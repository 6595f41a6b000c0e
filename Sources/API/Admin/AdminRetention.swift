import HTTP
import Vault

/// Retention policies: setting, changing, lifting, and going past one of them.
struct AdminRetention: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/admin/retention", Self.listInfo, list)
        table.signedIn(.post, "/api/admin/retention", Self.setInfo, set)
        table.signedIn(.post, "/api/admin/retention/bypass", Self.bypassInfo, bypass)
        table.signedIn(.get, "/api/admin/retention/{id}", Self.getInfo, get)
        table.signedIn(.put, "/api/admin/retention/{id}", Self.changeInfo, change)
        table.signedIn(.delete, "/api/admin/retention/{id}", Self.liftInfo, lift)
    }

    // MARK: GET /api/admin/retention

    @Sendable func list(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageRetention)
        let cursor = try request.cursor(RetentionPolicyID.init)
        let page = try await vault.retention.list(
            after: cursor, limit: try request.limit(default: 100, maximum: 1_000), as: principal)
        return .json { json in
            json.object { json in
                json.array("policies", page.policies) { json, policy in json.policy(policy) }
                json.field("next_cursor", page.next?.description)
            }
        }
    }

    // MARK: POST /api/admin/retention

    @Sendable func set(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageRetention)
        let body = try await request.jsonObject()
        guard let node = NodeID(try body.required("node_id")) else { throw VaultError.notFound(.folder) }
        let policy = try await vault.retention.set(
            RetentionRules(
                mode: try body.mode() ?? .governance, duration: try body.duration("duration") ?? 0,
                expiry: try body.expiry()),
            name: try body.required("name"), reason: try body.optionalString("reason"), on: node, as: principal)
        return .json(201) { $0.policy(policy) }
    }

    // MARK: GET /api/admin/retention/{id}

    @Sendable func get(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageRetention)
        let policy = try await vault.retention.get(try request.policyID(), as: principal)
        return .json { $0.policy(policy) }
    }

    // MARK: PUT /api/admin/retention/{id}

    @Sendable func change(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageRetention)
        let body = try await request.jsonObject()
        var change = RetentionChange(
            name: try body.optionalString("name"), mode: try body.mode(), duration: try body.duration("duration"),
            reason: try body.optionalString("reason"))
        if body.has("keep_versions") || body.has("keep_for") {
            change.expiry = try body.expiry().map { .set($0) } ?? .remove
        }
        let policy = try await vault.retention.change(try request.policyID(), change, as: principal)
        return .json { $0.policy(policy) }
    }

    // MARK: DELETE /api/admin/retention/{id}

    @Sendable func lift(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageRetention)
        let body = try await request.optionalJSONObject()
        let policy = try await vault.retention.lift(
            try request.policyID(), reason: try body?.optionalString("reason") ?? request.query.first("reason"),
            as: principal)
        return .json { $0.policy(policy) }
    }

    // MARK: POST /api/admin/retention/bypass

    @Sendable func bypass(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageRetention)
        let body = try await request.jsonObject()
        guard let node = NodeID(try body.required("node_id")) else { throw VaultError.notFound(.file) }
        let report = try await vault.purge.bypassing(
            node, reason: try body.optionalString("reason"), as: principal)
        return .json { json in
            json.object { json in
                json.field("destroyed", report.nodes)
                json.field("bytes", report.bytes)
            }
        }
    }
}

extension Request {
    fileprivate func policyID() throws -> RetentionPolicyID {
        guard let id = RetentionPolicyID(try parameter("id")) else { throw VaultError.notFound(.retentionPolicy) }
        return id
    }

    /// `cursor` of the query, as an identifier.
    func cursor<Entity>(_ parse: (String) -> ID<Entity>?) throws -> ID<Entity>? {
        guard let text = query.first("cursor") else { return nil }
        guard let id = parse(text) else { throw Problem.invalidCursor }
        return id
    }
}

extension JSONValue {
    fileprivate func mode() throws -> RetentionMode? {
        guard let text = try optionalString("mode") else { return nil }
        guard let mode = RetentionMode(name: text) else {
            throw VaultError.invalid(field: "mode", .unknownValue(allowed: RetentionMode.allCases.map(\.name)))
        }
        return mode
    }

    /// Days as a number, or the text of ISO 8601. In milliseconds.
    fileprivate func duration(_ name: String) throws -> Int64? {
        let found: Int64?
        switch self[name] {
        case nil, .null?: return nil
        case .integer(let days)?: found = RetentionDuration.milliseconds(days: days)
        case .string(let text)?: found = RetentionDuration.parse(text)
        default: found = nil
        }
        guard let found else { throw VaultError.invalid(field: name, .malformed) }
        return found
    }

    fileprivate func expiry() throws -> VersionExpiry? {
        let versions = try optionalInteger("keep_versions", in: 1...Int64(VersionExpiry.mostVersions)).map(Int.init)
        return VersionExpiry(keepVersions: versions, keepFor: try duration("keep_for"))
    }
}

extension JSONWriter {
    fileprivate mutating func policy(_ policy: RetentionPolicy) {
        object { json in
            json.field("id", policy.id.description)
            json.field("node_id", policy.node.description)
            json.field("space_id", policy.space.description)
            json.field("covers_space", policy.node.value == policy.space.value)
            json.field("name", policy.name)
            json.field("reason", policy.reason)
            json.field("mode", policy.mode.name)
            json.field("duration", RetentionDuration.text(policy.duration))
            json.field("duration_ms", policy.duration)
            json.field("keep_versions", (policy.expiry?.keepVersions).map(Int64.init))
            json.field("keep_for", (policy.expiry?.keepFor).map(RetentionDuration.text))
            json.field("created_by", policy.createdBy.description)
            json.field("created_at", policy.createdAt)
            json.field("updated_at", policy.updatedAt)
            json.field("lifted_at", policy.liftedAt)
        }
    }
}
