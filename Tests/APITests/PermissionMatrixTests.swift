import HTTP
import Synchronization
import Testing
import Vault
import VaultTesting

/// Who may do what with somebody's file or folder: one row a route, checked for a node that is shared itself and for one
/// that lies in a shared folder.
struct PermissionRow: Sendable, CustomTestStringConvertible {
    /// Who asks.
    enum Caller: String, CaseIterable, Sendable {
        case owner, editor, viewer, stranger
        /// Was an editor until a moment ago.
        case formerEditor
        case signedOut
    }

    /// What the id in the path or the body names.
    enum Subject: Sendable {
        case file, folder, trashedFile
        /// A comment or the like below a file, made by the owner beforehand.
        case part(@Sendable (_ owner: Service.Person, _ file: String) async throws -> String)
    }

    let method: Method
    let pattern: String
    let subject: Subject
    /// JSON in which `$id` stands for the subject and `$me` for the caller; nil for none.
    let body: String?
    /// What the query holds.
    let query: String
    /// Statuses for the callers in their order, the last one left out: who is signed out always gets 401.
    let statuses: [Int]

    init(
        _ method: Method, _ pattern: String, of subject: Subject = .file, body: String? = nil, query: String = "",
        _ statuses: [Int]
    ) {
        self.method = method
        self.pattern = pattern
        self.subject = subject
        self.body = body
        self.query = query
        self.statuses = statuses
    }

    var testDescription: String { "\(method.rawValue) \(pattern)\(query)" }

    /// Routes of people's files, each with what requirements/1 and section 11 of the design say.
    static let all: [PermissionRow] = [
        PermissionRow(.get, "/api/files/{id}", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/files/{id}", of: .folder, [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/activity", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/activity", of: .folder, [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/activity", of: .trashedFile, [404, 404, 404, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/download", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/download", of: .folder, [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/preview", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/preview", of: .trashedFile, [404, 404, 404, 403, 403]),
        PermissionRow(.put, "/api/files/{id}/rename", body: #"{"name":"b.txt"}"#, [200, 200, 403, 403, 403]),
        PermissionRow(.put, "/api/files/{id}/rename", of: .folder, body: #"{"name":"b"}"#, [200, 200, 403, 403, 403]),
        PermissionRow(.post, "/api/files/{id}/move", body: #"{"destination_id":null}"#, [200, 403, 403, 403, 403]),
        PermissionRow(.post, "/api/files/{id}/copy", body: #"{"destination_id":null}"#, [201, 201, 201, 403, 403]),
        PermissionRow(
            .post, "/api/files/{id}/copy", of: .folder, body: #"{"destination_id":null}"#, [201, 201, 201, 403, 403]),
        PermissionRow(.put, "/api/files/{id}/lock", [200, 403, 403, 403, 403]),
        PermissionRow(.put, "/api/files/{id}/star", [200, 200, 200, 403, 403]),
        PermissionRow(.delete, "/api/files/{id}", [200, 403, 403, 403, 403]),
        PermissionRow(.delete, "/api/files/{id}", of: .folder, [200, 403, 403, 403, 403]),
        PermissionRow(.get, "/api/files/{id}", of: .trashedFile, [404, 404, 404, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/download", of: .trashedFile, [404, 404, 404, 403, 403]),
        PermissionRow(.post, "/api/trash/{id}/restore", of: .trashedFile, [200, 403, 403, 403, 403]),
        PermissionRow(.delete, "/api/trash/{id}", of: .trashedFile, [200, 403, 403, 403, 403]),
        PermissionRow(.get, "/api/drive/contents", of: .folder, query: "?parent_id=$id", [200, 200, 200, 403, 403]),
        PermissionRow(
            .get, "/api/drive/contents", of: .folder, query: "?as_of=$now&parent_id=$id", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/files/{id}", query: "?as_of=$now", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/download", query: "?as_of=$now", [200, 200, 200, 403, 403]),
        PermissionRow(
            .post, "/api/drive/restore", of: .folder, body: #"{"folder_id":"$id","as_of":$now}"#,
            [200, 403, 403, 403, 403]),
        PermissionRow(
            .post, "/api/drive/folders", of: .folder, body: #"{"name":"new","parent_id":"$id"}"#,
            [201, 201, 403, 403, 403]),
        PermissionRow(
            .post, "/api/files/upload", of: .folder, body: "content", query: "?name=new.txt&parent_id=$id",
            [201, 201, 403, 403, 403]),
        PermissionRow(.post, "/api/drive/download", body: #"{"ids":["$id"]}"#, [200, 200, 200, 403, 403]),
        PermissionRow(.post, "/api/drive/download", of: .folder, body: #"{"ids":["$id"]}"#, [200, 200, 200, 403, 403]),
        PermissionRow(
            .post, "/api/files/{id}/share", body: #"{"email":"new.comer@cloudspace.com","permission":"owner"}"#,
            [404, 403, 403, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/shares", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/shares", of: .folder, [200, 200, 200, 403, 403]),
        PermissionRow(
            .put, "/api/files/{id}/share/{userId}", of: .part(Self.guest), body: #"{"permission":"owner"}"#,
            [200, 403, 403, 403, 403]),
        PermissionRow(.delete, "/api/files/{id}/share/{userId}", of: .part(Self.guest), [200, 403, 403, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/comments", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/comments", of: .trashedFile, [404, 404, 404, 403, 403]),
        PermissionRow(.post, "/api/files/{id}/comments", body: #"{"text":"new"}"#, [201, 201, 201, 403, 403]),
        PermissionRow(
            .post, "/api/files/{id}/comments", of: .folder, body: #"{"text":"new"}"#, [201, 201, 201, 403, 403]),
        PermissionRow(
            .put, "/api/files/{id}/comments/{commentId}", of: .part(Self.comment), body: #"{"text":"new"}"#,
            [200, 403, 403, 403, 403]),
        PermissionRow(
            .delete, "/api/files/{id}/comments/{commentId}", of: .part(Self.comment), [200, 403, 403, 403, 403]),
        PermissionRow(.post, "/api/files/{id}/links", body: "{}", [201, 403, 403, 403, 403]),
        PermissionRow(.post, "/api/files/{id}/links", of: .folder, body: "{}", [201, 403, 403, 403, 403]),
        PermissionRow(.get, "/api/files/{id}/links", [200, 403, 403, 403, 403]),
        PermissionRow(
            .put, "/api/files/{id}/links/{linkId}", of: .part(Self.link), body: #"{"max_downloads":1}"#,
            [200, 403, 403, 403, 403]),
        PermissionRow(.delete, "/api/files/{id}/links/{linkId}", of: .part(Self.link), [200, 403, 403, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/conservation", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/conservation", of: .folder, [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/conservation", of: .trashedFile, [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/versions", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/versions", of: .folder, [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/versions/compare", query: "?from=1&to=1", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/chiffrement", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/chiffrement", of: .trashedFile, [404, 404, 404, 403, 403]),
        PermissionRow(.post, "/api/fichiers/{id}/version", body: "content", [201, 201, 403, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/preuve", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/preuve", of: .trashedFile, [404, 404, 404, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/versions/{number}/download", [200, 200, 200, 403, 403]),
        PermissionRow(.get, "/api/fichiers/{id}/versions/{number}/recu", [200, 200, 200, 403, 403]),
        PermissionRow(.post, "/api/fichiers/{id}/versions/{number}/restaurer", [201, 201, 403, 403, 403]),
    ]

    /// Somebody the file is shared with, beside those who ask.
    @Sendable private static func guest(_ owner: Service.Person, _ file: String) async throws -> String {
        let answer = try await owner.client.post(
            "/api/files/\(file)/share", json: #"{"email":"gu.est@cloudspace.com"}"#)
        try #require(answer.status == 201, "\(answer.text)")
        guard case .string(let id)? = try answer.member("shared_with", "id") else { return "" }
        return id
    }

    @Sendable private static func comment(_ owner: Service.Person, _ file: String) async throws -> String {
        let answer = try await owner.client.post("/api/files/\(file)/comments", json: #"{"text":"secret"}"#)
        try #require(answer.status == 201, "\(answer.text)")
        return answer.text("id")
    }

    @Sendable private static func link(_ owner: Service.Person, _ file: String) async throws -> String {
        let answer = try await owner.client.post("/api/files/\(file)/links", json: "{}")
        try #require(answer.status == 201, "\(answer.text)")
        return answer.text("id")
    }

    /// Routes with an id that is no file's, or without one: what keeps each of them to its caller is tested with it.
    static let elsewhere: Set<String> = [
        "PUT /api/users/{id}", "POST /api/users/{id}/effacement", "GET /api/users/{id}/effacement", "GET /api/trash",
        "POST /api/drive/import", "GET /api/drive/import/{id}", "DELETE /api/drive/import/{id}",
        "DELETE /api/trash", "GET /api/search", "GET /api/drive/restore/{id}", "GET /api/drive/restore/{id}/items",
        "POST /api/drive/restore/{id}/cancel", "GET /api/user/profile",
        "PUT /api/journal/filtres/{id}", "DELETE /api/journal/filtres/{id}",
        "PUT /api/user/profile", "GET /api/user/storage", "GET /api/activity/history", "GET /api/files/recent",
        "GET /api/files/starred", "GET /api/dashboard/stats", "GET /api/dashboard/activity",
        "GET /api/dashboard/quick-access", "GET /api/dashboard/team",
        "POST /api/user/password/change", "POST /api/user/2fa/toggle", "GET /api/settings/appearance",
        "PUT /api/settings/appearance", "GET /api/sharing/shared-with-me", "GET /api/notifications",
        "GET /api/notifications/stream",
        "PUT /api/notifications/{id}/read", "PUT /api/notifications/read-all",
        "GET /api/settings/appearance", "PUT /api/settings/appearance", "POST /api/user/2fa/toggle",
        "POST /api/user/password/change",
        "POST /api/user/profile/avatar", "DELETE /api/user/profile/avatar", "GET /uploads/avatars/{file}",
        "GET /uploads/previews/{file}",
        "GET /api/sauvegardes/{id}", "GET /api/sauvegardes/{id}/evenements", "GET /api/sauvegardes/{id}/archive",
        "DELETE /api/sauvegardes/{id}", "POST /api/sauvegardes/{id}/annuler", "POST /api/sauvegardes/{id}/verifier",
        "POST /api/sauvegardes/{id}/exercice", "PUT /api/sauvegardes/programmes/{id}",
        "DELETE /api/sauvegardes/programmes/{id}",
        "POST /api/sauvegardes/{id}/restaurer",
        "GET /api/sauvegardes/restaurations/{id}",
    ]
}

@Suite struct PermissionMatrixTests {
    /// A new route of files without a row is a mistake, and so is a row of no route.
    @Test func everyRouteOfFilesHasItsRow() async throws {
        try await withService { service in
            let rows = Set(PermissionRow.all.map { "\($0.method.rawValue) \($0.pattern)" })
            let routes = service.application.routes.all.filter { route in
                route.info.access != .anyone
                    && (route.info.family == "drive"
                        || route.info.family == "security" && route.pattern.contains("{"))
            }
            let names = Set(routes.map { "\($0.method.rawValue) \($0.pattern)" })
            #expect(names.subtracting(rows).subtracting(PermissionRow.elsewhere) == [], "without a row")
            #expect(rows.subtracting(names) == [], "rows of no route")
        }
    }

    @Test(arguments: PermissionRow.all)
    func whoMayAndWhoMayNot(_ row: PermissionRow) async throws {
        try await withService { service in
            let scene = try await SharedDrive(service)
            for (place, caller) in PermissionRow.Caller.allCases.enumerated() {
                let expected = caller == .signedOut ? 401 : row.statuses[place]
                for isInherited in [false, true] {
                    let id = try await scene.subject(of: row, isInherited: isInherited)
                    let answer = try await scene.send(row, id, as: caller)
                    #expect(
                        answer.status == expected,
                        "\(caller)\(isInherited ? ", through the folder" : ""): \(answer.status) \(answer.text)")
                    if expected == 403 { #expect(answer.error == "Access denied") }
                    if expected == 403 || expected == 401 {
                        #expect(!answer.text.contains("secret"), "the refusal says what it is about")
                    }
                }
            }
        }
    }
}

/// Alex's drive, shared with others in every way.
private final class SharedDrive: Sendable {
    let service: Service
    let owner: Service.Person
    let others: [PermissionRow.Caller: Service.Person]
    private let count = Mutex(0)

    init(_ service: Service) async throws {
        self.service = service
        owner = try await service.person()
        _ = try await service.person("Gu", "Est")
        others = [
            .editor: try await service.person("Ed", "Itor"), .viewer: try await service.person("Vi", "Ewer"),
            .stranger: try await service.person("Stran", "Ger"), .formerEditor: try await service.person("For", "Mer"),
        ]
    }

    /// A new node of the owner's, shared: by itself, or with the folder that it lies in.
    func subject(of row: PermissionRow, isInherited: Bool) async throws -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let around = try await owner.client.folder("secret place \(number)")
        let id: String
        switch row.subject {
        case .folder:
            id = try await owner.client.folder("secret folder", in: around)
            try await owner.client.put("x", at: "inside.txt", in: id)
        case .file, .trashedFile, .part:
            id = try await owner.client.put("x", at: "secret \(number).txt", in: around).text("id")
        }
        try await share(isInherited ? around : id)
        if case .trashedFile = row.subject {
            try #require(try await owner.client.delete("/api/files/\(id)").status == 200)
        }
        return id
    }

    private func share(_ id: String) async throws {
        let node = try #require(NodeID(id))
        let grants: [(AccountID, Permission)] = [
            (.editor, Permission.editor), (.viewer, .viewer), (.formerEditor, .editor),
        ].compactMap { caller, permission in others[caller].map { ($0.account.id, permission) } }
        let former = others[.formerEditor]?.account.id
        try await service.world.database.write { [owner] transaction in
            for (grantee, permission) in grants {
                try transaction.run(
                    """
                    INSERT INTO grants (node_id, grantee_id, permission, granted_by, created_at)
                    VALUES (\(node), \(grantee), \(permission.rawValue), \(owner.account.id), \(transaction.now))
                    """)
            }
        }
        if let client = others[.formerEditor]?.client {
            try #require(try await client.get("/api/files/\(id)").status == 200)
        }
        try await service.world.database.write { transaction in
            if let former {
                _ = try transaction.run("DELETE FROM grants WHERE grantee_id = \(former)")
            }
        }
    }

    func send(
        _ row: PermissionRow, _ id: String, as caller: PermissionRow.Caller
    ) async throws -> HTTPTestResponse {
        let person = caller == .owner ? owner : others[caller]
        let client = person?.client ?? service.anyone
        var target = row.pattern.replacing("{id}", with: id).replacing("{number}", with: "1")
        if case .part(let make) = row.subject {
            let part = try await make(owner, id)
            for name in ["{commentId}", "{userId}", "{linkId}"] { target = target.replacing(name, with: part) }
        }
        let now = "\(service.world.clock.now().milliseconds)"
        target += row.query.replacing("$id", with: id).replacing("$now", with: now)
        let body = row.body?.replacing("$id", with: id).replacing("$me", with: person?.id ?? "")
            .replacing("$now", with: now)
        let type = body?.hasPrefix("{") == true ? "application/json" : "application/octet-stream"
        return try await client.send(
            row.method, target, headers: body == nil ? [] : [("Content-Type", type)], body: body.map { Array($0.utf8) })
    }
}
