import HTTP
import Testing
import Vault
import VaultTesting

/// Every route against nobody and every role.
@Suite struct AccessTests {
    private static let unknown = "01925b2e-7c00-7000-8000-000000000000"

    /// The route's pattern with ids that name nothing: who may not even ask is refused before anybody looks.
    private func target(_ route: Route) -> String {
        var target = route.pattern.replacing("{number}", with: "1").replacing("{file}", with: Self.unknown + ".jpg")
        target = target.replacing("{generation}", with: "1")
        for name in ["{id}", "{userId}", "{commentId}", "{linkId}"] {
            target = target.replacing(name, with: Self.unknown)
        }
        return target
    }

    @Test func nobodyGetsPastASignedInRoute() async throws {
        try await withService { service in
            for route in service.application.routes.all where route.info.access != .anyone {
                for client in [
                    service.anyone, service.anyone.signedIn("x"), service.anyone.with("Authorization", "Basic YTpi"),
                    service.anyone.with("Authorization", "Bearer"), service.anyone.with("Cookie", "access_token=x"),
                ] {
                    let answer = try await client.send(
                        route.method, target(route), body: route.method.isSafe ? nil : [])
                    let isCookie = client.headers.first?.0 == "Cookie"
                    #expect(
                        answer.status == 401 || isCookie && !route.method.isSafe && answer.status == 403,
                        "\(route.method.rawValue) \(route.pattern): \(answer.status)")
                }
            }
        }
    }

    @Test func everyRoleGetsExactlyWhatItsRowSays() async throws {
        try await withService { service in
            for role in Role.allCases {
                let person = try await service.person("Role", role.rawValue, role: role)
                for route in service.application.routes.all where route.info.access != .anyone {
                    // One ends the session, the other does not end.
                    if route.pattern.hasSuffix("logout") || route.pattern.hasSuffix("stream") { continue }
                    let answer = try await person.client.send(
                        route.method, target(route), headers: [("Content-Type", "application/json")],
                        body: route.method.isSafe ? nil : body(route))
                    let mayCall = role.mayCall(route)
                    let isRefused = answer.status == 403 && answer.code == "role_forbids"
                    #expect(
                        isRefused == !mayCall,
                        "\(role) \(route.method.rawValue) \(route.pattern): \(answer.status) \(answer.text)")
                    #expect(answer.status != 401 && answer.status < 500)
                }
            }
        }
    }

    /// A body that gets past the checks of form.
    private func body(_ route: Route) -> [UInt8] {
        switch route.pattern {
        case "/api/files/upload", "/api/fichiers/{id}/version": Array("content".utf8)
        case "/api/users/{id}": Array(#"{"role":"lecteur"}"#.utf8)
        default: Array(#"{"name":"a","destination_id":null,"ids":["\#(Self.unknown)"]}"#.utf8)
        }
    }

    @Test func everyRouteThatChangesOrReadsContentHasAnEvent() async throws {
        try await withService { service in
            for route in service.application.routes.all {
                let readsContent = ["download", "export", "/api/journal"].contains { route.pattern.hasSuffix($0) }
                guard !route.method.isSafe || readsContent else { continue }
                #expect(!route.info.events.isEmpty, "\(route.method.rawValue) \(route.pattern) has no journal event")
            }
            let known = Set(AuditAction.allCases.map(\.rawValue))
            for route in service.application.routes.all { #expect(known.isSuperset(of: route.info.events)) }
        }
    }

    @Test func everyRouteIsDescribed() async throws {
        try await withService { service in
            for route in service.application.routes.all {
                #expect(!route.info.summary.isEmpty)
                #expect(!route.info.responses.isEmpty)
                #expect(route.info.responses.contains { $0.status < 400 })
                let takesBody = route.info.body != .none
                #expect(takesBody == !route.info.requests.isEmpty, "\(route.method.rawValue) \(route.pattern)")
            }
        }
    }

    @Test func theRoutesOfTheDocumentsAreAllThere() async throws {
        try await withService { service in
            let served = Set(service.application.routes.all.map { "\($0.method.rawValue) \($0.pattern)" })
            let wanted: Set<String> = [
                "POST /api/auth/register", "POST /api/auth/login", "POST /api/auth/logout", "GET /api/me",
                "GET /api/users",
                "PUT /api/users/{id}", "GET /api/fichiers/{id}/versions", "POST /api/fichiers/{id}/version",
                "GET /api/fichiers/{id}/versions/{number}/download",
                "POST /api/fichiers/{id}/versions/{number}/restaurer",
                "GET /api/journal", "GET /api/journal/checkpoint", "GET /api/journal/proof", "GET /api/journal/export",
                "GET /api/user/profile", "PUT /api/user/profile", "GET /api/user/storage", "GET /api/drive/contents",
                "POST /api/drive/folders", "POST /api/files/upload", "GET /api/files/{id}",
                "GET /api/files/{id}/download",
                "PUT /api/files/{id}/rename", "POST /api/files/{id}/move", "PUT /api/files/{id}/lock",
                "PUT /api/files/{id}/star", "DELETE /api/files/{id}", "GET /api/trash", "POST /api/trash/{id}/restore",
                "DELETE /api/trash/{id}", "DELETE /api/trash", "GET /health", "GET /ready", "GET /metrics",
                "GET /api/openapi.json", "GET /api/docs", "GET /", "GET /api/files/{id}/activity",
                "GET /api/activity/history", "GET /api/files/recent", "GET /api/files/starred",
                "GET /api/dashboard/stats", "GET /api/dashboard/activity", "GET /api/dashboard/quick-access",
                "GET /api/dashboard/team",
            ]
            #expect(wanted.subtracting(served) == [])
        }
    }
}

extension Role {
    /// The matrix, written a second time and by hand.
    fileprivate func mayCall(_ route: Route) -> Bool {
        switch self {
        case .admin: return true
        case .contributeur: return route.info.access == .signedIn
        case .lecteur:
            // The second one is a POST that only reads.
            let own = ["/api/user/", "/api/settings/", "/api/drive/download", "/api/me/"]
            let stars = route.pattern.hasSuffix("/star")
            let bell = route.pattern.hasPrefix("/api/notifications")
            return route.info.access == .signedIn
                && (route.method.isSafe || own.contains { route.pattern.hasPrefix($0) } || stars || bell)
        case .auditeur:
            let own = ["/api/me", "/api/user/", "/api/settings/", "/api/notifications", "/uploads/avatars/"]
            return route.info.access == .auditor || own.contains { route.pattern.hasPrefix($0) }
                || route.pattern == "/api/fichiers/{id}/conservation"
        }
    }
}
