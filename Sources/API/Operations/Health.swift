import BlobStore
import HTTP
import Vault

/// Tells load balancers and people whether the service works (requirements/4, `GET /health`).
///
/// `/health` is DOWN when any part is. `/ready` asks the database alone: without the blob store everything but content
/// works, and every node lacks the same store, so taking nodes out of the balancer would only take the rest away, too. For
/// the same reason a journal that contradicts its witness makes `/health` DOWN, while `/ready` only says so.
struct Health: Sendable {
    let vault: Vault
    let parts: PartChecks
    let settings: ApplicationSettings

    func register(in table: inout RouteTable) {
        table.open(.get, "/health", Self.healthInfo, health)
        table.open(.get, "/ready", Self.readyInfo, ready)
    }

    // MARK: GET /health

    @Sendable func health(_ request: Request) async throws -> Response {
        let checks = await checks()
        let isUp = checks.allSatisfy(\.isUp)
        return .json(isUp ? 200 : 503) { json in
            json.object { json in
                json.field("status", isUp ? "UP" : "DOWN")
                json.field("timestamp", vault.now())
                json.field("service", settings.serviceName)
                json.field("version", settings.version)
                json.object("checks") { json in for check in checks { json.check(check) } }
            }
        }
    }

    // MARK: GET /ready

    @Sendable func ready(_ request: Request) async throws -> Response {
        let isReady = await database().isUp
        return .json(isReady ? 200 : 503) { json in
            json.object { json in
                json.field("status", isReady ? "READY" : "NOT_READY")
                json.field("journal", vault.core.witness.status.state.word)
            }
        }
    }

    fileprivate struct Check {
        let name: String
        let isUp: Bool
        let milliseconds: Int64
        var freeBytes: Int64?
    }

    private func checks() async -> [Check] {
        async let database = database()
        async let blobs = blobs()
        let parts = [await database, await blobs]
        // Only where something is remembered elsewhere is there anything to say.
        let witness = vault.core.witness.status.state
        guard witness != .unknown else { return parts }
        return parts + [Check(name: "journal_witness", isUp: witness == .consistent, milliseconds: 0)]
    }

    private func database() async -> Check {
        let outcome = await parts.database.outcome()
        return Check(name: "database", isUp: outcome.answer != nil, milliseconds: Self.milliseconds(outcome.took))
    }

    private func blobs() async -> Check {
        let outcome = await parts.blobs.outcome()
        return Check(
            name: "blob_store", isUp: outcome.answer != nil, milliseconds: Self.milliseconds(outcome.took),
            freeBytes: outcome.answer?.freeBytes)
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
    }
}

extension WitnessStatus.State {
    /// As `/ready` spells it.
    fileprivate var word: String {
        switch self {
        case .unknown: "NOT_WITNESSED"
        case .consistent: "CONSISTENT"
        case .unreadable: "WITNESS_UNREADABLE"
        case .contradicted: "CONTRADICTED"
        }
    }
}

extension JSONWriter {
    fileprivate mutating func check(_ check: Health.Check) {
        object(check.name) { json in
            json.field("status", check.isUp ? "UP" : "DOWN")
            json.field("responseTime", "\(check.milliseconds)ms")
            if let free = check.freeBytes { json.field("available_space", ByteCountText.text(free)) }
        }
    }
}

// MARK: Descriptions

extension Health {
    private static let schema = Schema.object([
        .required("status", .choice(["UP", "DOWN"])), .required("timestamp", .time), .required("service", .string()),
        .required("version", .string()),
        .required(
            "checks",
            .map(
                .object([
                    .required("status", .choice(["UP", "DOWN"])), .required("responseTime", .string()),
                    .optional("available_space", .string()),
                ]))),
    ])

    private static let healthInfo = RouteInfo.operations(
        "Whether the service and its parts work", ResponseDescription(200, "All parts work", schema),
        ResponseDescription(503, "A part does not", schema))

    private static let readyInfo = RouteInfo.operations(
        "Whether requests can be served now, and whether the journal agrees with checkpoints kept elsewhere",
        ResponseDescription(200, "Ready", readySchema), ResponseDescription(503, "Not ready", readySchema))

    private static let readySchema = Schema.object([
        .required("status", .choice(["READY", "NOT_READY"])),
        .required("journal", .choice(["NOT_WITNESSED", "CONSISTENT", "WITNESS_UNREADABLE", "CONTRADICTED"])),
    ])
}
