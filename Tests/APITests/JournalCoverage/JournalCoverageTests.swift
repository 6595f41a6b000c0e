import Database
import HTTP
import Journal
import Media
import Testing
import Vault
import VaultTesting

/// The journal is complete: what is done, and what content is read, is found in it afterwards.
@Suite struct JournalCoverageTests {
    /// Routes without events, each with its reason. Nothing here changes anything or gives out content.
    static let silent: [String: String] = [
        // For machines and for everybody; they know nobody.
        "GET /": "a page about the service", "GET /health": "whether it works", "GET /ready": "whether it serves",
        "GET /metrics": "numbers", "GET /api/recus/cle": "a key for everybody",
        "GET /api/openapi.json": "the description of the API", "GET /api/docs": "the same",
        // One's own account.
        "GET /api/me": "oneself", "GET /api/user/profile": "oneself", "GET /api/user/storage": "one's own numbers",
        "GET /api/settings/appearance": "one's own settings", "GET /api/notifications": "one's own notifications",
        "GET /api/notifications/stream": "the same, as they come", "GET /uploads/avatars/{file}": "a portrait",
        // Lists and details of what one may read: journalling each would bury what matters (design, section 8).
        "GET /api/drive/import/{id}": "what became of one's own archive",
        "GET /api/files/recent": "a list",
        "GET /api/files/starred": "a list", "GET /api/files/{id}/activity": "a list",
        "GET /api/drive/restore/{id}": "numbers and states", "GET /api/drive/restore/{id}/items": "a list",
        "GET /api/activity/history": "a list", "GET /api/trash": "a list", "GET /api/sharing/shared-with-me": "a list",
        "GET /api/files/{id}/shares": "a list", "GET /api/files/{id}/links": "a list",
        "GET /api/files/{id}/comments": "a list", "GET /api/fichiers/{id}/versions": "a list",
        "GET /api/dashboard/stats": "numbers", "GET /api/dashboard/activity": "a list",
        "GET /api/dashboard/quick-access": "a list", "GET /api/dashboard/team": "a list",
        "GET /api/files/{id}/preview": "where the picture is; the picture itself is journalled",
        // What is behind a link, before it is taken: counted and journalled when it is.
        "GET /api/links/{token}": "a link's terms", "GET /s/{token}": "a link's page",
        // Rules and what they bind: names of documents for those whose work it is, no content.
        "GET /api/admin/retention": "a list", "GET /api/admin/retention/{id}": "details",
        "GET /api/admin/holds": "a list",
        "GET /api/admin/holds/{id}": "details", "GET /api/admin/holds/{id}/nodes": "a list",
        "GET /api/fichiers/{id}/conservation": "details", "GET /api/users/{id}/effacement": "numbers and ids",
        // State of the vault itself, of nobody's content.
        "GET /api/admin/seal": "whether it is open", "GET /api/journal/verification": "numbers and a hash",
        "GET /api/admin/keys": "numbers and states", "GET /api/admin/keys/rotation": "the same",
        "GET /api/admin/keys/recovery": "a public key and when a bundle was made",
        "GET /api/admin/deliveries": "numbers and states", "GET /api/admin/journal/exports": "a list",
        "GET /api/sauvegardes/restaurations/{id}": "numbers and states",
        "GET /api/sauvegardes": "a list", "GET /api/sauvegardes/{id}": "numbers and states",
        "GET /api/sauvegardes/{id}/evenements": "the same, as they come",
        "GET /api/sauvegardes/programmes": "a list",
        // Hashes, which say nothing.
        "GET /api/journal/proof": "hashes", "GET /api/journal/filtres": "one's own filters",
    ]

    @Test func everyRouteIsCoveredOrSilentForAReason() async throws {
        try await withService { service in
            let routes = service.application.routes.all
            let names = Set(routes.map(\.name))
            let covered = Set(CoveredRoute.all.map(\.route))
            #expect(
                names.subtracting(covered).subtracting(Self.silent.keys) == [],
                "say in CoveredRoutes.swift how it is used, so that its events are looked for, or why it needs none")
            #expect(covered.union(Self.silent.keys).subtracting(names) == [], "no such route")
            #expect(covered.intersection(Self.silent.keys) == [])
            for route in routes where Self.silent[route.name] != nil {
                #expect(route.info.events.isEmpty, "\(route.name) declares events and is said to leave none")
                #expect(route.method.isSafe, "\(route.name) changes something and leaves no event")
            }
        }
    }

    @Test(arguments: CoveredRoute.all)
    func theEventsARouteDeclaresAreTheOnesItLeaves(_ row: CoveredRoute) async throws {
        let previews = PreviewProgram.besideThisOne().flatMap { PreviewProgram(path: $0) }
        var settings = VaultSettings()
        settings.deliveries.targets = CoveredRoute.targets
        try await withService(vault: settings, previews: previews) { service in
            let scene = try await CoverageScene(service)
            let answers = try await row.act(scene)
            let route = try #require(service.application.routes.all.first { $0.name == row.route })
            var found: Set<String> = []
            for answer in answers {
                let id = try #require(answer.headers.first("X-Request-ID"))
                let actions = try await service.world.database.read { snapshot in
                    try snapshot.all("SELECT action FROM journal_events WHERE request_id = \(id)") { $0.text(0) }
                }
                #expect(
                    !actions.isEmpty || answer.status == 429,
                    "\(row.route) answered \(answer.status) and left no event: \(answer.text.prefix(200))")
                found.formUnion(actions)
            }
            #expect(found == Set(route.info.events))
        }
    }
}

extension Route {
    var name: String { "\(method.rawValue) \(pattern)" }
}
