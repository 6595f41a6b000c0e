import HTTP
import VaultTesting

/// Routes of backups.
extension CoveredRoute {
    private static let nightly = #"{"nom":"Nightly","type":"systeme","rythme":"quotidien","heure":3}"#
    private static let system = #"{"type":"systeme"}"#

    static let backups: [CoveredRoute] = [
        CoveredRoute("POST /api/sauvegardes") { scene in
            [try await scene.admin.client.post("/api/sauvegardes", json: system)]
        },
        CoveredRoute("GET /api/sauvegardes/{id}/archive") { scene in
            [try await scene.admin.client.get("/api/sauvegardes/\(try await scene.backup())/archive")]
        },
        CoveredRoute("DELETE /api/sauvegardes/{id}") { scene in
            [try await scene.admin.client.delete("/api/sauvegardes/\(try await scene.backup())")]
        },
        CoveredRoute("POST /api/sauvegardes/{id}/annuler") { scene in
            let id = try await scene.admin.client.post("/api/sauvegardes", json: system).text("id")
            return [try await scene.admin.client.post("/api/sauvegardes/\(id)/annuler")]
        },
        CoveredRoute("POST /api/sauvegardes/{id}/verifier") { scene in
            [try await scene.admin.client.post("/api/sauvegardes/\(try await scene.backup())/verifier")]
        },
        CoveredRoute("POST /api/sauvegardes/{id}/restaurer") { scene in
            [try await scene.admin.client.post("/api/sauvegardes/\(try await scene.backup())/restaurer", json: "{}")]
        },
        CoveredRoute("POST /api/sauvegardes/{id}/exercice") { scene in
            [try await scene.admin.client.post("/api/sauvegardes/\(try await scene.backup())/exercice")]
        },
        CoveredRoute("POST /api/sauvegardes/programmes") { scene in
            [try await scene.admin.client.post("/api/sauvegardes/programmes", json: nightly)]
        },
        CoveredRoute("PUT /api/sauvegardes/programmes/{id}") { scene in
            let id = try await scene.admin.client.post("/api/sauvegardes/programmes", json: nightly).text("id")
            return [try await scene.admin.client.put("/api/sauvegardes/programmes/\(id)", json: nightly)]
        },
        CoveredRoute("DELETE /api/sauvegardes/programmes/{id}") { scene in
            let id = try await scene.admin.client.post("/api/sauvegardes/programmes", json: nightly).text("id")
            return [try await scene.admin.client.delete("/api/sauvegardes/programmes/\(id)")]
        },
        CoveredRoute("POST /api/sauvegardes/elagage") { scene in
            _ = try await scene.backup()
            scene.service.world.clock.advance(seconds: 1)
            _ = try await scene.backup()
            return [
                try await scene.admin.client.post("/api/sauvegardes/elagage", json: #"{"garder":{"dernieres":1}}"#)
            ]
        },
    ]
}

extension CoverageScene {
    /// A finished backup of the system.
    func backup() async throws -> String {
        let id = try await admin.client.post("/api/sauvegardes", json: #"{"type":"systeme"}"#).text("id")
        try await service.backups.work()
        return id
    }
}
