import Crypto

/// What administrators do to the vault itself.
extension CoveredRoute {
    static let administration: [CoveredRoute] = [
        CoveredRoute("PUT /api/admin/keys/recovery") { scene in
            let key = RecoverySecretKey().publicKey.text
            return [
                try await scene.admin.client.put("/api/admin/keys/recovery", json: "{\"public_key\":\"\(key)\"}")
            ]
        },
        CoveredRoute("POST /api/admin/keys/rotation") { scene in
            [try await scene.admin.client.post("/api/admin/keys/rotation")]
        },
        CoveredRoute("POST /api/admin/keys/rotation/pause") { scene in
            _ = try await scene.admin.client.post("/api/admin/keys/rotation")
            return [try await scene.admin.client.send(.post, "/api/admin/keys/rotation/pause")]
        },
        CoveredRoute("POST /api/admin/keys/rotation/resume") { scene in
            _ = try await scene.admin.client.post("/api/admin/keys/rotation")
            _ = try await scene.admin.client.send(.post, "/api/admin/keys/rotation/pause")
            return [try await scene.admin.client.post("/api/admin/keys/rotation/resume")]
        },
        CoveredRoute("GET /api/fichiers/{id}/chiffrement") { scene in
            [try await scene.alex.client.get("/api/fichiers/\(try await scene.file())/chiffrement")]
        },
        CoveredRoute("DELETE /api/admin/keys/generations/{generation}") { scene in
            _ = try await scene.admin.client.post("/api/admin/keys/rotation")
            try await scene.finishRotation()
            scene.service.world.clock.advance(seconds: 25 * 3_600)
            let token = try await scene.service.world.vault.sessions.open(scene.admin.account.id, from: .local).token
            return [try await scene.anyone.signedIn(token).delete("/api/admin/keys/generations/1")]
        },
    ]
}
