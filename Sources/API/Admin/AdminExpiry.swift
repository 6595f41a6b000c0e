import HTTP
import Vault

/// Letting old versions go, and first saying which and why.
struct AdminExpiry: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/admin/retention/{id}/expiry", Self.info, expire)
    }

    // MARK: POST /api/admin/retention/{id}/expiry

    @Sendable func expire(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageRetention)
        guard let id = RetentionPolicyID(try request.parameter("id")) else {
            throw VaultError.notFound(.retentionPolicy)
        }
        guard try request.query.boolean("dry_run") ?? false else {
            let report = try await vault.expireVersions.run(id, as: principal)
            return .json { json in
                json.object { json in
                    json.field("dry_run", false)
                    json.field("expired_count", report.versions)
                    json.field("expired_bytes", report.bytes)
                    json.field("more", report.isCut)
                }
            }
        }
        let page = try await vault.expireVersions.plan(id, after: try request.expiryCursor(), as: principal)
        let doomed = page.decisions.filter(\.expires)
        let language = request.language
        return .json { json in
            json.object { json in
                json.field("dry_run", true)
                json.field("expired_count", doomed.count)
                json.field("expired_bytes", doomed.reduce(0) { $0 + $1.size })
                json.array("decisions", page.decisions) { json, decision in json.decision(decision, in: language) }
                json.field("next_cursor", page.next.map { "\($0.node).\($0.number)" })
            }
        }
    }

    private static let info = RouteInfo.admin(
        "Let the old versions under a policy expire, or with dry_run say what would become of each and why",
        events: [.versionExpired],
        parameters: [
            QueryParameter("dry_run", .boolean, "true: nothing is changed, one page of decisions"),
            QueryParameter("cursor", .string(), "`next_cursor` of the page before, for dry_run"),
        ],
        ResponseDescription(
            200, "What expired, or would",
            .object([
                .required("dry_run", .boolean), .required("expired_count", .integer, "With dry_run, on this page"),
                .required("expired_bytes", .integer),
                .optional("more", .boolean, "Call again: it ends after 10,000 versions"),
                .optional(
                    "decisions",
                    .array(
                        .object([
                            .required("file_id", .uuid), .required("version", .integer),
                            .required("created_at", .time), .required("size", .integer),
                            .required("expires", .boolean), .required("code", .choice(ExpiryDecision.codes)),
                            .required("reason", .string()), .required("rule_id", .nullable(.uuid)),
                            .required("until", .nullable(.time)),
                        ]))), .optional("next_cursor", .nullable(.string())),
            ])), .error(404, "No such policy"), .error(409, "Lifted, or it lets no versions expire"))
}

extension Request {
    fileprivate func expiryCursor() throws -> ExpiryCursor? {
        guard let text = query.first("cursor") else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let node = NodeID(parts[0]), let number = Int32(parts[1]), number >= 0 else {
            throw Problem.invalidCursor
        }
        return ExpiryCursor(node: node, number: Int(number))
    }
}

extension ExpiryDecision {
    fileprivate static let codes = ["expires", "current", "newest", "younger", "retention", "hold"]
}

extension JSONWriter {
    fileprivate mutating func decision(_ decision: ExpiryDecision, in language: Language) {
        let words = ExpiryWords(decision.verdict)
        object { json in
            json.field("file_id", decision.node.description)
            json.field("version", decision.number)
            json.field("created_at", decision.createdAt)
            json.field("size", decision.size)
            json.field("expires", decision.expires)
            json.field("code", words.code)
            json.field("reason", words.reason.text(language))
            json.field("rule_id", words.rule)
            json.field("until", words.until)
        }
    }
}
