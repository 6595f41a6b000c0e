import Database
import HTTP
import Synchronization
import Vault

/// What load balancers, monitoring and people see of a sealed vault.
struct SealedOperations: Sendable {
    let vault: any SealedVaultState
    let settings: ApplicationSettings
    private let server = ObservedServer()

    init(vault: any SealedVaultState, settings: ApplicationSettings) {
        self.vault = vault
        self.settings = settings
    }

    func observe(_ server: HTTPServer) { self.server.observe(server) }

    func register(in routes: inout Routes) {
        routes.add(.get, "/health", .operations("Whether the service works: it does not, while it is sealed"), health)
        routes.add(.get, "/ready", .operations("Whether requests can be served now: they cannot"), ready)
        routes.add(.get, "/metrics", .operations("Counters for Prometheus"), metrics)
        routes.add(.get, "/", .operations("What this is, and that it is sealed")) { _ in page() }
    }

    @Sendable private func health(_ request: Request) async throws -> Response {
        let hasDatabase = await vault.databaseAnswers()
        let status = vault.status
        return .json(503) { json in
            json.object { json in
                json.field("status", "DOWN")
                json.field("timestamp", SystemClock().now())
                json.field("service", settings.serviceName)
                json.field("version", settings.version)
                json.field("sealed", true)
                json.object("checks") { json in
                    json.object("database") { $0.field("status", hasDatabase ? "UP" : "DOWN") }
                    json.object("keys") { json in
                        json.field("status", "DOWN")
                        json.field("reason", status.reason?.rawValue)
                        json.field("provider", status.provider)
                    }
                }
            }
        }.with("Retry-After", "30")
    }

    @Sendable private func ready(_ request: Request) async throws -> Response {
        let reason = vault.status.reason
        return Response.json(503) { json in
            json.object { json in
                json.field("status", "NOT_READY")
                json.field("reason", Problem.vaultSealed.code)
                json.field("sealed", reason?.rawValue)
            }
        }.with("Retry-After", "30")
    }

    @Sendable private func metrics(_ request: Request) async throws -> Response {
        var text = Exposition()
        if let statistics = server.statistics { Metrics.write(statistics, to: &text) }
        text.gauge("cloudspace_sealed", "Whether the vault's keys are locked", 1)
        let status = vault.status
        if let threshold = status.threshold {
            text.gauge("cloudspace_unseal_shares_provided", "Shares given so far", Int64(status.provided))
            text.gauge("cloudspace_unseal_shares_needed", "Shares that unseal the vault", Int64(threshold))
        }
        return .bytes(200, text.bytes, contentType: "text/plain; version=0.0.4; charset=utf-8")
    }

    private func page() -> Response {
        let body = """
            <h1>CloudSpace Vault</h1>
            <p class="dim">\(Page.escaped(settings.version))</p>
            <section lang="en">
            <p><strong>This vault is sealed.</strong> Its keys are not unlocked, so nothing in it can be read or written. Nothing is
            lost. An operator unseals it:</p>
            <pre>cloudspace keys unseal --server URL</pre>
            <p><a href="/api/admin/seal">How it stands</a> · <a href="/health">Health</a></p>
            </section>
            <hr>
            <section lang="fr">
            <p><strong>Ce coffre est scellé.</strong> Ses clés ne sont pas déverrouillées : rien ne peut y être lu ni écrit. Rien n’est
            perdu. Un opérateur le descelle :</p>
            <pre>cloudspace keys unseal --server URL</pre>
            <p><a href="/api/admin/seal">Où en est-on</a> · <a href="/health">État du service</a></p>
            </section>
            """
        return Page(title: "CloudSpace Vault", language: .english, body: body).response(503).with("Retry-After", "30")
    }
}

/// The server whose counters metrics show, once there is one.
final class ObservedServer: Sendable {
    private let server = Mutex<HTTPServer?>(nil)

    func observe(_ server: HTTPServer) { self.server.withLock { $0 = server } }

    var statistics: ServerStatistics? { server.withLock { $0?.statistics } }
}
