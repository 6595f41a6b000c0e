import Database
import HTTP
import Vault

/// The master keys: their generations, the rotation from one to the next, and the end of an old one. Never a key.
struct AdminKeys: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/admin/keys", Self.statusInfo, status)
        table.signedIn(.get, "/api/admin/keys/rotation", Self.rotationInfo, rotation)
        table.signedIn(.post, "/api/admin/keys/rotation", Self.startInfo, start)
        table.signedIn(.post, "/api/admin/keys/rotation/pause", Self.pauseInfo, pause)
        table.signedIn(.post, "/api/admin/keys/rotation/resume", Self.resumeInfo, resume)
        table.signedIn(.delete, "/api/admin/keys/generations/{generation}", Self.destroyInfo, destroy)
    }

    // MARK: GET /api/admin/keys

    @Sendable func status(_ request: Request, _ principal: Principal) async throws -> Response {
        let status = try await vault.rotateKeys.status(as: principal)
        let now = vault.now()
        return .json { json in
            json.object { json in
                json.field("provider", status.provider)
                json.field("active_generation", status.active.map(Int64.init))
                json.array("generations", status.generations) { json, generation in json.generation(generation) }
                json.array("problems", status.problems) { json, problem in json.value(problem) }
                json.key("rotation")
                if let rotation = status.rotation { json.rotation(rotation, at: now) } else { json.null() }
            }
        }
    }

    // MARK: GET /api/admin/keys/rotation

    @Sendable func rotation(_ request: Request, _ principal: Principal) async throws -> Response {
        let rotation = try await vault.rotateKeys.latest(as: principal)
        let now = vault.now()
        return .json { json in
            json.object { json in
                json.key("rotation")
                if let rotation { json.rotation(rotation, at: now) } else { json.null() }
            }
        }
    }

    // MARK: POST /api/admin/keys/rotation

    @Sendable func start(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageKeys)
        let body = try await request.optionalJSONObject()
        let rate = try body?.optionalInteger("rate", in: 1...1_000_000).map(Int.init)
        let reason = try body?.optionalString("reason")
        let rotation = try await vault.rotateKeys.start(rate: rate, reason: reason, as: principal)
        return described(rotation, status: 202)
    }

    // MARK: POST /api/admin/keys/rotation/pause

    @Sendable func pause(_ request: Request, _ principal: Principal) async throws -> Response {
        described(try await vault.rotateKeys.pause(as: principal))
    }

    // MARK: POST /api/admin/keys/rotation/resume

    @Sendable func resume(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageKeys)
        let body = try await request.optionalJSONObject()
        var rate: Int??
        if let body, body.has("rate") {
            rate = .some(try body.optionalInteger("rate", in: 1...1_000_000).map(Int.init))
        }
        return described(try await vault.rotateKeys.resume(rate: rate, as: principal))
    }

    // MARK: DELETE /api/admin/keys/generations/{generation}

    @Sendable func destroy(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageKeys)
        let text = try request.parameter("generation")
        guard let number = Int(text), number > 0, String(number) == text else {
            throw VaultError.invalid(field: "generation", .malformed)
        }
        let outcome = try await vault.destroyGeneration(number, as: principal)
        return .json { json in
            json.object { json in
                json.field("generation", outcome.generation)
                json.field("destroyed_at", outcome.destroyedAt)
                json.field("stored", outcome.isStored)
            }
        }
    }

    private func described(_ rotation: Rotation, status: Int = 200) -> Response {
        let now = vault.now()
        return .json(status) { json in json.rotation(rotation, at: now) }
    }
}

extension JSONWriter {
    fileprivate mutating func rotation(_ rotation: Rotation, at now: Timestamp) {
        object { json in
            json.field("id", rotation.id.description)
            json.field("state", rotation.isPaused ? "paused" : rotation.state.rawValue)
            json.field("step", rotation.state.rawValue)
            json.field("from_generation", rotation.from)
            json.field("to_generation", rotation.to)
            json.field("done", rotation.done)
            json.field("total", max(rotation.total, rotation.done))
            json.field("rate", rotation.rate.map(Int64.init))
            json.field("reason", rotation.reason)
            json.field("requested_by", rotation.requestedBy?.description)
            json.field("requested_at", rotation.requestedAt)
            json.field("started_at", rotation.startedAt)
            json.field("paused_at", rotation.isPaused ? rotation.pausedAt : nil)
            json.field("finished_at", rotation.finishedAt)
            json.field("estimated_end", rotation.estimatedEnd(at: now))
            json.key("problem")
            if let problem = rotation.problem {
                json.object { json in
                    json.field("code", problem.obstacle.rawValue)
                    json.field("detail", problem.detail)
                }
            } else {
                json.null()
            }
        }
    }

    fileprivate mutating func generation(_ generation: KeyGeneration) {
        object { json in
            json.field("generation", generation.number)
            json.field("state", generation.state.rawValue)
            json.field("keys", generation.keys)
            json.field("created_at", generation.createdAt)
            json.field("activated_at", generation.activatedAt)
            json.field("retired_at", generation.retiredAt)
            json.field("destroyed_at", generation.destroyedAt)
        }
    }
}

// MARK: Descriptions

extension AdminKeys {
    private static let rotationSchema = Schema.object([
        .required("id", .uuid),
        .required("state", .choice(Rotation.State.allCases.map(\.rawValue) + ["paused"])),
        .required("step", .choice(Rotation.State.allCases.map(\.rawValue)), "Where it is, or was when it was paused"),
        .required("from_generation", .integer), .required("to_generation", .integer),
        .required("done", .integer, "Keys wrapped anew"), .required("total", .integer),
        .required("rate", .nullable(.integer), "Keys a second; null leaves people's writes in peace"),
        .required("reason", .nullable(.string())), .required("requested_by", .nullable(.uuid)),
        .required("requested_at", .time), .required("started_at", .nullable(.time)),
        .required("paused_at", .nullable(.time)), .required("finished_at", .nullable(.time)),
        .required("estimated_end", .nullable(.time)),
        .required(
            "problem",
            .nullable(
                .object([
                    .required("code", .choice(Rotation.Obstacle.allCases.map(\.rawValue))),
                    .required("detail", .string()),
                ])), "What keeps it from going on"),
    ])

    private static let generationSchema = Schema.object([
        .required("generation", .integer),
        .required("state", .choice(["staged", "active", "superseded", "retired", "destroyed"])),
        .required("keys", .integer, "Keys that rest wrapped under it"), .required("created_at", .nullable(.time)),
        .required("activated_at", .nullable(.time)), .required("retired_at", .nullable(.time)),
        .required("destroyed_at", .nullable(.time)),
    ])

    private static let statusInfo = RouteInfo.admin(
        "The key provider, the generations of the master key, and what rests under each; never key material",
        ResponseDescription(
            200, "The keys",
            .object([
                .required("provider", .nullable(.string())), .required("active_generation", .nullable(.integer)),
                .required("generations", .array(generationSchema)), .required("problems", .array(.string())),
                .required("rotation", .nullable(rotationSchema)),
            ])))

    private static let rotationInfo = RouteInfo.admin(
        "The rotation of the master key that is under way, or else the last one",
        ResponseDescription(
            200, "The rotation, null when there never was one",
            .object([.required("rotation", .nullable(rotationSchema))])))

    private static let startInfo = RouteInfo.admin(
        "Rotate the master key: wrap every key anew while the vault is served", body: .json,
        events: [.rotationStarted],
        requests: [
            .json(
                .optional("rate", .integer, "Keys a second, 1 to 1,000,000"),
                .optional("reason", .string(), "At most 500 characters"))
        ],
        ResponseDescription(202, "It is under way", rotationSchema), .error(409, "A rotation is under way"))

    private static let pauseInfo = RouteInfo.admin(
        "Halt the rotation after the batch under way", events: [.rotationPaused],
        ResponseDescription(200, "It is paused", rotationSchema), .error(409, "No rotation, or paused already"))

    private static let resumeInfo = RouteInfo.admin(
        "Go on with a paused rotation", body: .json, events: [.rotationResumed],
        requests: [.json(.optional("rate", .nullable(.integer), "Another rate; null for none"))],
        ResponseDescription(200, "It goes on", rotationSchema), .error(409, "No rotation, or not paused"))

    private static let destroyInfo = RouteInfo.admin(
        "Forget a retired generation of the master key for good", events: [.generationDestroyed],
        ResponseDescription(
            200, "It is destroyed",
            .object([
                .required("generation", .integer), .required("destroyed_at", .time),
                .required("stored", .boolean, "Whether this server's stored ring is without it already"),
            ])),
        .error(404, "There never was such a generation"), .error(409, "Something still needs it"))
}
