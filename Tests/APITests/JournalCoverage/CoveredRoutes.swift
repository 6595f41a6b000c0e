import HTTP
import VaultTesting

extension CoveredRoute {
    /// Every route that leaves events. A new one is missing here until somebody says how it is used.
    static let all: [CoveredRoute] =
        accounts + files + time + sharing + links + journal + keeping + deliveries + administration + backups

    private static let accounts: [CoveredRoute] = [
        CoveredRoute("POST /api/auth/register") { scene in
            [
                try await scene.anyone.post(
                    "/api/auth/register",
                    json: #"{"first_name":"N","last_name":"C","email":"n.c@cloudspace.com","password":"12345678"}"#)
            ]
        },
        CoveredRoute("POST /api/auth/login") { scene in
            let right = try await scene.logIn()
            let (_, codes, _) = try await scene.secondFactor()
            let challenged = try await scene.logIn()
            let recovered = try await scene.logIn(World.password, #","code":"\#(codes[0])""#)
            return [right, challenged, recovered]
                + (try await scene.untilLimited { try await scene.logIn("wrong one") })
        },
        CoveredRoute("POST /api/auth/login/2fa") { scene in
            let (_, codes, _) = try await scene.secondFactor()
            @Sendable func confirm(_ code: String) async throws -> HTTPTestResponse {
                let challenge = try await scene.logIn().text("challenge")
                return try await scene.anyone.post(
                    "/api/auth/login/2fa", json: #"{"challenge":"\#(challenge)","code":"\#(code)"}"#)
            }
            return [try await confirm(codes[0])] + (try await wrongCodes(scene))
        },
        CoveredRoute("POST /api/auth/logout") { scene in [try await scene.alex.client.post("/api/auth/logout")] },
        CoveredRoute("GET /api/users") { scene in [try await scene.admin.client.get("/api/users")] },
        CoveredRoute("PUT /api/users/{id}") { scene in
            [try await scene.admin.client.put("/api/users/\(scene.alex.id)", json: #"{"role":"lecteur"}"#)]
        },
        CoveredRoute("PUT /api/user/profile") { scene in
            [try await scene.alex.client.put("/api/user/profile", json: #"{"first_name":"Alexis"}"#)]
        },
        CoveredRoute("POST /api/user/profile/avatar") { scene in
            let picture = PNGFile.picture(width: 30, height: 20)
            return [try await scene.alex.client.form("/api/user/profile/avatar", [.file("file", "me.png", picture)])]
        },
        CoveredRoute("DELETE /api/user/profile/avatar") { scene in
            let picture = PNGFile.picture(width: 30, height: 20)
            _ = try await scene.alex.client.form("/api/user/profile/avatar", [.file("file", "me.png", picture)])
            return [try await scene.alex.client.delete("/api/user/profile/avatar")]
        },
        CoveredRoute("POST /api/user/password/change") { scene in
            @Sendable func change(_ current: String, _ new: String) async throws -> HTTPTestResponse {
                try await scene.alex.client.post(
                    "/api/user/password/change", json: #"{"current_password":"\#(current)","new_password":"\#(new)"}"#)
            }
            return [try await change(World.password, "another one")]
                + (try await scene.untilLimited { try await change("wrong one", "whatever it is") })
        },
        CoveredRoute("POST /api/user/2fa/toggle") { scene in
            let (totp, _, answers) = try await scene.secondFactor()
            let off = try await scene.toggle(scene.code(totp))
            let (_, codes, again) = try await scene.secondFactor()
            let recovered = try await scene.toggle(codes[0])
            _ = try await scene.secondFactor()
            let limited = try await scene.untilLimited { try await scene.toggle("000000") }
            return answers + [off] + again + [recovered] + limited
        },
        CoveredRoute("PUT /api/settings/appearance") { scene in
            [try await scene.alex.client.put("/api/settings/appearance", json: #"{"theme":"midnight"}"#)]
        },
    ]

    /// Wrong codes, each challenge having five attempts, until signing in is limited.
    private static func wrongCodes(_ scene: CoverageScene) async throws -> [HTTPTestResponse] {
        var answers: [HTTPTestResponse] = []
        while answers.count < 50 {
            let challenge = try await scene.logIn()
            if challenge.status == 429 { return answers }
            for _ in 0..<5 {
                answers.append(
                    try await scene.anyone.post(
                        "/api/auth/login/2fa",
                        json: #"{"challenge":"\#(challenge.text("challenge"))","code":"000000"}"#))
                if answers.last?.status == 429 { return answers }
            }
        }
        return answers
    }

    private static let files: [CoveredRoute] = [
        CoveredRoute("POST /api/drive/folders") { scene in
            [try await scene.alex.client.post("/api/drive/folders", json: #"{"name":"Plans"}"#)]
        },
        CoveredRoute("POST /api/files/upload") { scene in
            let first = try await scene.alex.client.put("one", at: "a.txt")
            return [first, try await scene.alex.client.put("two", at: "a.txt")]
        },
        CoveredRoute("GET /api/files/{id}/download") { scene in
            let id = try await scene.file()
            return [
                try await scene.alex.client.get("/api/files/\(id)/download"),
                try await scene.alex.client.get("/api/files/\(id)/download?inline=true"),
            ]
        },
        CoveredRoute("POST /api/drive/import") { scene in
            let archive = try ArchiveFile.of([("new/a.txt", "one"), ("known.txt", "two")])
            try await scene.alex.client.put("one", at: "known.txt")
            return [try await scene.alex.client.form("/api/drive/import", [.file("file", "a.zip", archive)])]
        },
        CoveredRoute("DELETE /api/drive/import/{id}") { scene in
            // So many that the request to end it comes before the end.
            let archive = try ArchiveFile.of((0..<5_000).map { ("\($0)", "x") })
            let begun = try await scene.alex.client.raw(
                "/api/drive/import", archive, headers: [("Prefer", "respond-async")])
            return [try await scene.alex.client.delete("/api/drive/import/\(begun.text("id"))")]
        },
        CoveredRoute("POST /api/drive/download") { scene in
            let id = try await scene.file()
            return [try await scene.alex.client.post("/api/drive/download", json: #"{"ids":["\#(id)"]}"#)]
        },
        CoveredRoute("PUT /api/files/{id}/rename") { scene in
            [try await scene.alex.client.put("/api/files/\(try await scene.file())/rename", json: #"{"name":"b.txt"}"#)]
        },
        CoveredRoute("POST /api/files/{id}/move") { scene in
            let folder = try await scene.alex.client.folder("Plans")
            let id = try await scene.file()
            return [
                try await scene.alex.client.post("/api/files/\(id)/move", json: #"{"destination_id":"\#(folder)"}"#)
            ]
        },
        CoveredRoute("POST /api/files/{id}/copy") { scene in
            let folder = try await scene.alex.client.folder("Plans")
            let inner = try await scene.alex.client.folder("Inner", in: folder)
            _ = try await scene.file("b.txt", in: inner)
            return [
                try await scene.alex.client.post("/api/files/\(folder)/copy", json: #"{"destination_id":null}"#)
            ]
        },
        CoveredRoute("PUT /api/files/{id}/lock") { scene in
            let id = try await scene.file()
            return [
                try await scene.alex.client.put("/api/files/\(id)/lock", json: "{}"),
                try await scene.alex.client.put("/api/files/\(id)/lock", json: "{}"),
            ]
        },
        CoveredRoute("PUT /api/files/{id}/star") { scene in
            let id = try await scene.file()
            return [
                try await scene.alex.client.put("/api/files/\(id)/star", json: "{}"),
                try await scene.alex.client.put("/api/files/\(id)/star", json: "{}"),
            ]
        },
        CoveredRoute("DELETE /api/files/{id}") { scene in
            [try await scene.alex.client.delete("/api/files/\(try await scene.file())")]
        },
        CoveredRoute("POST /api/trash/{id}/restore") { scene in
            [try await scene.alex.client.post("/api/trash/\(try await scene.trashed())/restore")]
        },
        CoveredRoute("DELETE /api/trash/{id}") { scene in
            [try await scene.alex.client.delete("/api/trash/\(try await scene.trashed())")]
        },
        CoveredRoute("DELETE /api/trash") { scene in
            _ = try await scene.trashed()
            return [try await scene.alex.client.delete("/api/trash")]
        },
        CoveredRoute("GET /uploads/previews/{file}") { scene in
            let picture = PNGFile.picture(width: 40, height: 30)
            let id = try await scene.alex.client.form("/api/files/upload", [.file("file", "p.png", picture)]).text("id")
            let address = try await scene.alex.client.get("/api/files/\(id)/preview").text("preview_url")
            return [try await scene.anyone.get(address)]
        },
        CoveredRoute("POST /api/fichiers/{id}/version") { scene in
            [try await scene.alex.client.raw("/api/fichiers/\(try await scene.file())/version", Array("two".utf8))]
        },
        CoveredRoute("GET /api/fichiers/{id}/versions/{number}/download") { scene in
            [try await scene.alex.client.get("/api/fichiers/\(try await scene.file())/versions/1/download")]
        },
        CoveredRoute("GET /api/fichiers/{id}/versions/{number}/recu") { scene in
            [try await scene.alex.client.get("/api/fichiers/\(try await scene.file())/versions/1/recu")]
        },
        CoveredRoute("POST /api/fichiers/{id}/versions/{number}/restaurer") { scene in
            let id = try await scene.file()
            _ = try await scene.alex.client.raw("/api/fichiers/\(id)/version", Array("two".utf8))
            return [try await scene.alex.client.post("/api/fichiers/\(id)/versions/1/restaurer")]
        },
    ]

    private static let sharing: [CoveredRoute] = [
        CoveredRoute("POST /api/files/{id}/share") { scene in
            let id = try await scene.file()
            return [
                try await scene.alex.client.post(
                    "/api/files/\(id)/share", json: #"{"email":"\#(scene.sarah.account.profile.email.text)"}"#)
            ]
        },
        CoveredRoute("PUT /api/files/{id}/share/{userId}") { scene in
            [
                try await scene.alex.client.put(
                    "/api/files/\(try await scene.shared())/share/\(scene.sarah.id)", json: #"{"permission":"editor"}"#)
            ]
        },
        CoveredRoute("DELETE /api/files/{id}/share/{userId}") { scene in
            [try await scene.alex.client.delete("/api/files/\(try await scene.shared())/share/\(scene.sarah.id)")]
        },
        CoveredRoute("POST /api/files/{id}/comments") { scene in
            let id = try await scene.file()
            return [try await scene.alex.client.post("/api/files/\(id)/comments", json: #"{"text":"words"}"#)]
        },
        CoveredRoute("PUT /api/files/{id}/comments/{commentId}") { scene in
            let id = try await scene.file()
            let comment = try await scene.comment(on: id)
            return [try await scene.alex.client.put("/api/files/\(id)/comments/\(comment)", json: #"{"text":"new"}"#)]
        },
        CoveredRoute("DELETE /api/files/{id}/comments/{commentId}") { scene in
            let id = try await scene.file()
            return [try await scene.alex.client.delete("/api/files/\(id)/comments/\(try await scene.comment(on: id))")]
        },
        CoveredRoute("PUT /api/notifications/{id}/read") { scene in
            [try await scene.sarah.client.put("/api/notifications/\(try await scene.notification())/read", json: "{}")]
        },
        CoveredRoute("PUT /api/notifications/read-all") { scene in
            _ = try await scene.notification()
            return [try await scene.sarah.client.put("/api/notifications/read-all", json: "{}")]
        },
    ]

    private static let links: [CoveredRoute] = [
        CoveredRoute("POST /api/files/{id}/links") { scene in
            [try await scene.alex.client.post("/api/files/\(try await scene.file())/links", json: "{}")]
        },
        CoveredRoute("PUT /api/files/{id}/links/{linkId}") { scene in
            let id = try await scene.file()
            let link = try await scene.link(on: id)
            return [try await scene.alex.client.put("/api/files/\(id)/links/\(link.id)", json: #"{"max_downloads":1}"#)]
        },
        CoveredRoute("DELETE /api/files/{id}/links/{linkId}") { scene in
            let id = try await scene.file()
            return [try await scene.alex.client.delete("/api/files/\(id)/links/\(try await scene.link(on: id).id)")]
        },
        CoveredRoute("POST /api/links/{token}/unlock") { scene in
            let token = try await scene.link(on: try await scene.file(), #"{"password":"open sesame"}"#).token
            return [
                try await scene.anyone.post("/api/links/\(token)/unlock", json: #"{"password":"open sesame"}"#),
                try await scene.anyone.post("/api/links/\(token)/unlock", json: #"{"password":"something else"}"#),
            ]
        },
        CoveredRoute("GET /api/links/{token}/download") { scene in
            // Of a file the count tells all; what is read below a folder is told file by file.
            let folder = try await scene.alex.client.folder("Plans")
            _ = try await scene.file(in: folder)
            let token = try await scene.link(on: folder).token
            let counted = try await scene.anyone.get("/api/links/\(token)/download")
            return [counted, try await scene.anyone.get(counted.headers.first("Location") ?? "")]
        },
        CoveredRoute("POST /s/{token}") { scene in
            let token = try await scene.link(on: try await scene.file(), #"{"password":"open sesame"}"#).token
            @Sendable func submit(_ password: String) async throws -> HTTPTestResponse {
                try await scene.anyone.send(
                    .post, "/s/\(token)", headers: [("Content-Type", "application/x-www-form-urlencoded")],
                    body: Array("password=\(password)".utf8))
            }
            return [try await submit("open+sesame"), try await submit("something+else")]
        },
    ]

    private static let journal: [CoveredRoute] = [
        CoveredRoute("POST /api/journal/filtres") { scene in
            [try await scene.admin.client.post("/api/journal/filtres", json: #"{"nom":"Refus","filtre":{}}"#)]
        },
        CoveredRoute("PUT /api/journal/filtres/{id}") { scene in
            let id = try await scene.admin.client.post("/api/journal/filtres", json: #"{"nom":"a","filtre":{}}"#).text(
                "id")
            return [try await scene.admin.client.put("/api/journal/filtres/\(id)", json: #"{"nom":"b","filtre":{}}"#)]
        },
        CoveredRoute("DELETE /api/journal/filtres/{id}") { scene in
            let id = try await scene.admin.client.post("/api/journal/filtres", json: #"{"nom":"a","filtre":{}}"#).text(
                "id")
            return [try await scene.admin.client.delete("/api/journal/filtres/\(id)")]
        },
        CoveredRoute("GET /api/fichiers/{id}/preuve") { scene in
            [try await scene.alex.client.get("/api/fichiers/\(try await scene.file())/preuve")]
        },
        CoveredRoute("GET /api/journal") { scene in [try await scene.admin.client.get("/api/journal")] },
        CoveredRoute("GET /api/journal/checkpoint") { scene in
            [try await scene.admin.client.get("/api/journal/checkpoint")]
        },
        CoveredRoute("POST /api/journal/verification") { scene in
            [try await scene.admin.client.send(.post, "/api/journal/verification", body: [])]
        },
        CoveredRoute("POST /api/admin/seal") { scene in
            [try await scene.admin.client.send(.post, "/api/admin/seal", body: [])]
        },
        CoveredRoute("POST /api/admin/unseal") { scene in
            [try await scene.admin.client.post("/api/admin/unseal", json: "{}")]
        },
        CoveredRoute("GET /api/journal/export") { scene in [try await scene.admin.client.get("/api/journal/export")] },
    ]
}
