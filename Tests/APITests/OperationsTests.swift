import Database
import HTTP
import Testing
import Vault
import VaultTesting

@testable import API

@Suite struct OperationsTests {
    @Test func healthHasTheDocumentedShape() async throws {
        try await withService { service in
            let answer = try await service.anyone.get("/health")
            let example = try JSONValue(
                parsing: """
                    {"status":"UP","timestamp":"2024-01-15T10:30:00Z","service":"support-storage-service","version":"1.0.0",
                     "checks":{"database":{"status":"UP","responseTime":"45ms"},"blob_store":{"status":"UP"}}}
                    """)
            #expect(answer.status == 200)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try await service.anyone.get("/ready").status == 200)
        }
    }

    @Test func aClosedDatabaseIsToldToLoadBalancers() async throws {
        try await withService { service in
            await service.world.database.close()
            let answer = try await service.anyone.get("/health")
            #expect(answer.status == 503)
            #expect(answer.string("status") == "DOWN")
            #expect(try await service.anyone.get("/ready").status == 503)
            let login = try await service.anyone.post(
                "/api/auth/login", json: #"{"email":"a@b.fr","password":"12345678"}"#)
            #expect(login.status == 503)
            #expect(login.headers.first("Retry-After") == "1")
            #expect(service.log.records.last?.route == "POST /api/auth/login")
        }
    }

    @Test func metricsCountWhatHappens() async throws {
        try await withService { service in
            let alex = try await service.person()
            try await alex.client.put("x", at: "a.txt")
            _ = try await alex.client.get("/api/files/nonsense")
            let text = try await service.anyone.get("/metrics").text
            for name in [
                "cloudspace_http_requests_total{class=\"2xx\"} 1", "cloudspace_http_requests_total{class=\"4xx\"} 1",
                "cloudspace_http_requests_in_flight 1", "cloudspace_http_request_duration_seconds_bucket{le=\"+Inf\"}",
                "cloudspace_database_commits_total", "cloudspace_journal_size",
                "cloudspace_http_received_bytes_total",
                "cloudspace_node_info{node=\"\(service.world.core.membership.id)\"} 1",
                "cloudspace_node_uptime_seconds 0", "cloudspace_lease_held{lease=\"housekeeping\"} 0",
                "cloudspace_sign_ins_limited_total 0",
            ] {
                #expect(text.contains(name), "\(name) in \(text)")
            }
            #expect(!text.contains(alex.id))
        }
    }

    @Test func metricsTellOfLeasesAndJobs() async throws {
        try await withService { service in
            let core = service.world.core
            try await core.leases.round()
            core.jobs.succeeded("checkpoint", at: World.start)
            core.jobs.failed("checkpoint")
            let text = try await service.anyone.get("/metrics").text
            for line in [
                "cloudspace_lease_held{lease=\"sequencer\"} 1", "cloudspace_job_runs_total{job=\"checkpoint\"} 2",
                "cloudspace_job_failures_total{job=\"checkpoint\"} 1",
                "cloudspace_job_last_success_timestamp_seconds{job=\"checkpoint\"} 1729954800",
            ] {
                #expect(text.contains(line + "\n"), "\(line) in \(text)")
            }
        }
    }

    @Test func theOpenAPIDocumentHoldsEveryRoute() async throws {
        try await withService { service in
            let document = try await service.anyone.get("/api/openapi.json").json()
            #expect(document["openapi"] == .string("3.1.0"))
            for route in service.application.routes.all {
                let method = route.method.rawValue.lowercased()
                #expect(document["paths"]?[route.pattern]?[method] != nil, "\(method) \(route.pattern)")
            }
            #expect(document["components"]?["schemas"]?["Error"] != nil)
        }
    }

    @Test func thePagesRunNothingAndLoadNothing() async throws {
        try await withService { service in
            for target in ["/", "/api/docs"] {
                let page = try await service.anyone.get(target)
                #expect(page.status == 200)
                #expect(page.headers.first("Content-Type") == "text/html; charset=utf-8")
                #expect(page.headers.first("Content-Security-Policy")?.contains("script") == false)
                #expect(!page.text.contains("<script"))
                #expect(!page.text.contains("src="))
            }
            #expect(try await service.anyone.get("/").text.contains("coffre-fort"))
            #expect(try await service.anyone.get("/api/docs").text.contains("/api/files/{id}/download"))
        }
    }

    @Test func whatNobodyForesawIsLoggedAndNotShown() {
        struct Secretive: Error, CustomStringConvertible { var description: String { "name of a document" } }
        let log = RecordedLog()
        let refusals = Refusals(log: { log.append($0) })
        guard let request = try? Request(.get, "/api/me") else { return }
        let unforeseen = refusals.response(to: DatabaseError.corrupt, request)
        #expect(unforeseen.status == 500)
        guard case .bytes(let body) = unforeseen.body else { return }
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"error":"Internal server error (request test)","code":"internal"}"#)
        #expect(log.records.map(\.status) == [500])
        #expect(log.records.first?.cause.contains("damaged") == true)
    }

    @Test func underTLSBrowsersAreToldToKeepToIt() {
        let headers = ResponseHeaders(allowedOrigins: [])
        for isTLS in [false, true] {
            var response = Response.empty()
            headers.apply(to: &response, for: RequestHead(method: .get, target: "/", path: [], isTLS: isTLS))
            #expect(response.headers.contains("Strict-Transport-Security") == isTLS)
        }
    }

    @Test(arguments: [
        (DatabaseError.full, 507, "storage_full"), (.busy, 503, "unavailable"), (.overloaded, 503, "unavailable"),
        (.closed, 503, "unavailable"), (.conflict, 503, "unavailable"), (.io, 503, "database_unavailable"),
        (.unreachable("away"), 503, "database_unavailable"), (.corrupt, 500, "internal"),
    ])
    func troubleOfTheDatabaseHasItsStatus(_ error: DatabaseError, _ status: Int, _ code: String) throws {
        let refusals = Refusals(log: { _ in })
        let response = refusals.response(to: error, try Request(.get, "/"))
        #expect(response.status == status)
        guard case .bytes(let body) = response.body else { return }
        #expect(try JSONValue(parsing: body)["code"] == .string(code))
        #expect(response.headers.contains("Retry-After") == (status == 503))
    }
}
