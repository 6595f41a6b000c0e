import HTTP
import Vault
import VaultTesting

/// What of the journal leaves the machine.
extension CoveredRoute {
    /// Targets that the service of the scene is set up for.
    static let targets: Set<DeliveryTarget> = [.checkpointWebhook, .exportDirectory]

    private static let definition = #"{"name":"Journal","target":"export_directory","interval":"daily"}"#

    static let deliveries: [CoveredRoute] = [
        CoveredRoute("POST /api/admin/deliveries/{id}/retry") { scene in
            _ = try await scene.service.world.core.sequencer.makeCheckpoint()
            guard
                case .string(let id)? = try await scene.admin.client.get("/api/admin/deliveries").member(
                    "deliveries", "0", "id")
            else { throw VaultError.notFound(.delivery) }
            return [try await scene.admin.client.post("/api/admin/deliveries/\(id)/retry", json: "{}")]
        },
        CoveredRoute("POST /api/admin/journal/exports") { scene in
            [try await scene.admin.client.post("/api/admin/journal/exports", json: definition)]
        },
        CoveredRoute("PUT /api/admin/journal/exports/{id}") { scene in
            let id = try await scene.admin.client.post("/api/admin/journal/exports", json: definition).text("id")
            return [try await scene.admin.client.put("/api/admin/journal/exports/\(id)", json: definition)]
        },
        CoveredRoute("DELETE /api/admin/journal/exports/{id}") { scene in
            let id = try await scene.admin.client.post("/api/admin/journal/exports", json: definition).text("id")
            return [try await scene.admin.client.delete("/api/admin/journal/exports/\(id)")]
        },
    ]
}
