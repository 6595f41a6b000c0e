import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct EncryptionTests {
    @Test func theChainIsToldUpToTheMasterKey() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("content", at: "a.txt").text("id")
            let answer = try await alex.client.get("/api/fichiers/\(id)/chiffrement")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.text("nom") == "a.txt")
            let suite = service.world.core.settings.suite == .aes256GCM ? "AES-256-GCM" : "XChaCha20-Poly1305"
            #expect(try answer.member("contenu", "algorithme") == .string(suite))
            #expect(try answer.member("contenu", "taille") == .integer(7))
            #expect(try answer.member("contenu", "emplacement") == .string("base"))
            #expect(try answer.member("cle_de_fichier", "generation") == .integer(1))
            #expect(try answer.member("cle_de_fichier", "dernier_rechiffrement") == .null)
            #expect(try answer.member("cle_maitre", "fournisseur") == .string("file"))
            #expect(try answer.member("versions") == nil)
        }
    }

    @Test func aRotationIsSeenInTheChain() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("content", at: "a.txt").text("id")
            service.world.clock.advance(seconds: 60)
            _ = try await service.world.vault.rotateKeys.start(as: .localOperator)
            try await service.world.core.leases.round()
            try await RotationWork(service.world.core).run(
                under: try #require(service.world.core.leases.held[.rotation]))
            let answer = try await alex.client.get("/api/fichiers/\(id)/chiffrement")
            #expect(try answer.member("cle_de_fichier", "generation") == .integer(2))
            #expect(try answer.member("cle_maitre", "generation_active") == .integer(2))
            #expect(try answer.member("cle_de_fichier", "dernier_rechiffrement") == .string("2024-10-26T15:01:00Z"))
        }
    }

    @Test func versionsAreToldInPages() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("one", at: "a.txt").text("id")
            for text in ["two", String(repeating: "three", count: 10_000)] {
                _ = try await alex.client.put(text, at: "a.txt")
            }
            let first = try await alex.client.get("/api/fichiers/\(id)/chiffrement?versions=true&limit=2")
            #expect(try first.member("versions", "0", "version_number") == .integer(3))
            #expect(try first.member("versions", "0", "emplacement") == .string("depot"))
            #expect(try first.member("versions", "1", "version_number") == .integer(2))
            #expect(try first.member("curseur") == .integer(2))
            let last = try await alex.client.get("/api/fichiers/\(id)/chiffrement?versions=true&limit=2&curseur=2")
            #expect(try last.member("versions", "0", "version_number") == .integer(1))
            #expect(try last.member("curseur") == .null)
            #expect(try await alex.client.get("/api/fichiers/\(id)/chiffrement?versions=true&limit=0").status == 400)
        }
    }

    @Test func aFolderHasNoContentToTellOf() async throws {
        try await withService { service in
            let alex = try await service.person()
            let folder = try await alex.client.folder("Plans")
            let answer = try await alex.client.get("/api/fichiers/\(folder)/chiffrement")
            #expect(answer.status == 400)
            #expect(answer.code == "not_a_file")
        }
    }
}
