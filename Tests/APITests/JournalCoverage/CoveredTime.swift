import Database
import HTTP
import Testing
import VaultTesting

extension CoveredRoute {
    /// Lists and details leave no events, but for those of the past.
    static let time: [CoveredRoute] = [
        CoveredRoute("GET /api/drive/contents") { scene in
            [try await scene.alex.client.get("/api/drive/contents?as_of=\(try await moment(scene))")]
        },
        CoveredRoute("GET /api/files/{id}") { scene in
            let id = try await scene.file()
            return [try await scene.alex.client.get("/api/files/\(id)?as_of=\(try await moment(scene))")]
        },
        CoveredRoute("GET /api/search") { scene in
            [try await scene.alex.client.get("/api/search?q=a&as_of=\(try await moment(scene))")]
        },
        CoveredRoute("POST /api/drive/restore") { scene in
            let client = scene.alex.client
            let folder = try await client.folder("F")
            let file = try await scene.file("a.txt", in: folder)
            let renamed = try await scene.file("b.txt", in: folder)
            let moved = try await scene.file("c.txt", in: folder)
            let trashed = try await scene.file("d.txt", in: folder)
            let before = try await moment(scene)
            try await client.put("other", at: "a.txt", in: folder)
            _ = try await client.put("/api/files/\(renamed)/rename", json: #"{"name":"z.txt"}"#)
            _ = try await client.post("/api/files/\(moved)/move", json: #"{"destination_id":null}"#)
            _ = try await client.delete("/api/files/\(trashed)")
            try await client.put("later", at: "later.txt", in: folder)
            _ = file
            return [
                try await client.post("/api/drive/restore", json: #"{"as_of":\#(before),"dry_run":true}"#),
                try await client.post("/api/drive/restore", json: #"{"as_of":\#(before),"newer":"trash"}"#),
            ]
        },
        CoveredRoute("GET /api/fichiers/{id}/versions/compare") { scene in
            let id = try await scene.file()
            try await scene.alex.client.put("other", at: "a.txt")
            return [try await scene.alex.client.get("/api/fichiers/\(id)/versions/compare?from=1&to=2")]
        },
        CoveredRoute("POST /api/drive/restore/{id}/cancel") { scene in
            let client = scene.alex.client
            for number in 0..<201 { try await client.put("one", at: "\(number).txt") }
            let before = try await moment(scene)
            for number in 0..<201 { try await client.put("two", at: "\(number).txt") }
            let asked = try await client.post("/api/drive/restore", json: #"{"as_of":\#(before)}"#)
            try #require(asked.status == 202, "\(asked.text)")
            return [try await client.post("/api/drive/restore/\(asked.text("id"))/cancel")]
        },
    ]

    /// A moment of the past that nothing else shares.
    private static func moment(_ scene: CoverageScene) async throws -> Int64 {
        scene.service.world.clock.advance(seconds: 60)
        defer { scene.service.world.clock.advance(seconds: 60) }
        return scene.service.world.clock.now().milliseconds
    }
}
