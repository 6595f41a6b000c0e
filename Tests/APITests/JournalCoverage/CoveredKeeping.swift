import HTTP
import Testing
import VaultTesting

extension CoveredRoute {
    /// Routes of retention, legal holds and erasure.
    static let keeping: [CoveredRoute] = [
        CoveredRoute("POST /api/admin/retention") { scene in [try await scene.policy().answer] },
        CoveredRoute("PUT /api/admin/retention/{id}") { scene in
            let path = "/api/admin/retention/\(try await scene.policy().id)"
            return [
                try await scene.admin.client.put(path, json: #"{"duration":90}"#),
                try await scene.admin.client.put(path, json: #"{"duration":1,"reason":"r"}"#),
            ]
        },
        CoveredRoute("DELETE /api/admin/retention/{id}") { scene in
            [try await scene.admin.client.delete("/api/admin/retention/\(try await scene.policy().id)?reason=r")]
        },
        CoveredRoute("POST /api/admin/retention/bypass") { scene in
            let policy = try await scene.policy()
            return [
                try await scene.admin.client.post(
                    "/api/admin/retention/bypass", json: #"{"node_id":"\#(policy.file)","reason":"r"}"#)
            ]
        },
        CoveredRoute("POST /api/admin/retention/{id}/expiry") { scene in
            let policy = try await scene.policy(duration: 0)
            _ = try await scene.alex.client.raw("/api/fichiers/\(policy.file)/version", Array("second".utf8))
            return [try await scene.admin.client.post("/api/admin/retention/\(policy.id)/expiry")]
        },
        CoveredRoute("POST /api/admin/holds") { scene in [try await scene.hold().answer] },
        CoveredRoute("PUT /api/admin/holds/{id}") { scene in
            [try await scene.admin.client.put(try await scene.hold().path, json: #"{"name":"Case 8"}"#)]
        },
        CoveredRoute("POST /api/admin/holds/{id}/nodes") { scene in
            let node = try await scene.file("b.txt")
            return [
                try await scene.admin.client.post(
                    try await scene.hold().path + "/nodes", json: #"{"node_ids":["\#(node)"]}"#)
            ]
        },
        CoveredRoute("POST /api/admin/holds/{id}/release") { scene in
            [try await scene.admin.client.post(try await scene.hold().path + "/release", json: #"{"reason":"r"}"#)]
        },
        CoveredRoute("POST /api/admin/holds/{id}/release/confirm") { scene in
            let path = try await scene.hold().path
            _ = try await scene.admin.client.post(path + "/release", json: #"{"reason":"r"}"#)
            let second = try await scene.service.person("Audi", "Tor", role: .auditeur)
            return [try await second.client.post(path + "/release/confirm")]
        },
        CoveredRoute("POST /api/admin/holds/{id}/release/refuse") { scene in
            let path = try await scene.hold().path
            _ = try await scene.admin.client.post(path + "/release", json: #"{"reason":"r"}"#)
            return [try await scene.admin.client.post(path + "/release/refuse", json: "{}")]
        },
        CoveredRoute("POST /api/users/{id}/effacement") { scene in
            [try await scene.admin.client.post("/api/users/\(scene.alex.id)/effacement", json: "{}")]
        },
        CoveredRoute("POST /api/me/effacement") { scene in
            [try await scene.alex.client.post("/api/me/effacement", json: #"{"password":"\#(World.password)"}"#)]
        },
    ]
}

extension CoverageScene {
    /// A policy on a folder of Alex's that holds a file.
    fileprivate func policy(
        duration: Int = 30
    ) async throws -> (id: String, file: String, answer: HTTPTestResponse) {
        let folder = try await alex.client.folder("Kept")
        let file = try await file(in: folder)
        let answer = try await admin.client.post(
            "/api/admin/retention",
            json:
                #"{"node_id":"\#(folder)","name":"n","reason":"r","duration":\#(duration),"keep_versions":1}"#)
        try #require(answer.status == 201, "\(answer.text)")
        return (answer.text("id"), file, answer)
    }

    fileprivate func hold() async throws -> (path: String, answer: HTTPTestResponse) {
        let answer = try await admin.client.post(
            "/api/admin/holds", json: #"{"name":"Case 7","reason":"r","node_ids":["\#(try await file())"]}"#)
        try #require(answer.status == 201, "\(answer.text)")
        return ("/api/admin/holds/\(answer.text("id"))", answer)
    }
}
