import Crypto
import HTTP
import Journal
import Testing
import Vault
import VaultTesting

@Suite struct JournalTests {
    @Test func theJournalTellsWhoDidWhat() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            let id = try await alex.client.put("x", at: "ContratRH.pdf").text("id")
            let answer = try await auditor.client.get("/api/journal?target=\(id)")
            #expect(answer.status == 200)
            let example = try JSONValue(
                parsing: """
                    {"entrees":[{"sequence":1,"date":"2025-06-01T15:22:00Z","user_id":"uuid","action":"file_uploaded",
                      "cible":{"type":"fichier","id":"uuid","nom":"ContratRH.pdf"},"adresse":"127.0.0.1","requete":"id",
                      "details":{"size":1}}],"curseur":null}
                    """)
            #expect(differences(try answer.json(), from: example) == [])
            let entry = try answer.member("entrees", "0")
            #expect(entry?["action"] == .string("file_uploaded"))
            #expect(entry?["user_id"] == .string(alex.id))
            #expect(entry?["cible"]?["nom"] == .string("ContratRH.pdf"))
            #expect(entry?["cible"]?["type"] == .string("fichier"))
            #expect(entry?["adresse"] == .string("127.0.0.1"))
            #expect(entry?["details"]?["size"] == .integer(1))
        }
    }

    @Test func theJournalIsFilteredAndPaged() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            for number in 0..<4 {
                try await alex.client.put("x", at: "\(number).txt")
                service.world.clock.advance(seconds: 60)
            }
            func sequences(_ query: String) async throws -> [Int64] {
                let answer = try await auditor.client.get("/api/journal?\(query)")
                guard answer.status == 200, case .array(let entries)? = try answer.member("entrees") else { return [] }
                return try entries.map { try $0.integer("sequence") }
            }
            let uploads = try await sequences("user=\(alex.id)&action=file_uploaded")
            #expect(uploads.count == 4)
            #expect(uploads == uploads.sorted(by: >))
            let page = try await auditor.client.get("/api/journal?action=file_uploaded&limit=3")
            let cursor = try #require(try page.member("curseur"))
            #expect(cursor == .integer(uploads[2]))
            #expect(try await sequences("action=file_uploaded&cursor=\(uploads[2])") == [uploads[3]])
            #expect(try await sequences("action=file_uploaded&curseur=\(uploads[2])") == [uploads[3]])
            #expect(try await sequences("action=file_uploaded&from=2024-10-26T15:02:00Z").count == 2)
            #expect(try await sequences("action=file_uploaded&to=2024-10-26T15:02:00Z").count == 2)
            #expect(try await sequences("action=file_uploaded&from=2024-10-26&to=2024-10-26").count == 4)
            #expect(try await sequences("action=file_uploaded&to=2024-10-25").count == 0)
            for query in ["from=yesterday", "to=1", "user=alex", "target=x", "limit=0", "limit=1001", "cursor=x"] {
                #expect(try await auditor.client.get("/api/journal?\(query)").status == 400)
            }
        }
    }

    @Test func checkpointsAreSignedAndProofsVerify() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            for number in 0..<5 { try await alex.client.put("x", at: "\(number).txt") }
            let first = try await auditor.client.get("/api/journal/checkpoint")
            #expect(first.status == 200)
            let key = try NoteVerifierKey(parsing: first.text("verifier_key"))
            let checkpoint = try Checkpoint(opening: first.text("checkpoint"), key: key)
            #expect(try first.member("tree_size") == .integer(checkpoint.head.size))
            let note = try await auditor.client.get("/api/journal/checkpoint", headers: [("Accept", "text/plain")])
            let second = try Checkpoint(opening: note.text, key: key)
            #expect(second.head.size > checkpoint.head.size)

            let inclusion = try await auditor.client.get("/api/journal/proof?sequence=3&size=\(checkpoint.head.size)")
                .json()
            let proof = InclusionProof(
                leafIndex: try inclusion.integer("leaf_index"), treeSize: try inclusion.integer("tree_size"),
                hashes: try hashes(inclusion))
            let leaf = try #require(Base64.decode(try inclusion.string("leaf_hash")))
            #expect(proof.verifies(leafHash: leaf, rootHash: checkpoint.head.rootHash))

            let grown = try await auditor.client.get(
                "/api/journal/proof?from=\(checkpoint.head.size)&to=\(second.head.size)"
            ).json()
            let consistency = ConsistencyProof(
                fromSize: checkpoint.head.size, toSize: second.head.size, hashes: try hashes(grown))
            #expect(consistency.verifies(fromRoot: checkpoint.head.rootHash, toRoot: second.head.rootHash))
        }
    }

    private func hashes(_ answer: JSONValue) throws -> [[UInt8]] {
        try answer.array("hashes").map { hash in
            guard case .string(let text) = hash, let bytes = Base64.decode(text) else { throw NotAHash() }
            return bytes
        }
    }

    private struct NotAHash: Error {}

    @Test(arguments: [
        ("", 400), ("sequence=x", 400), ("sequence=100000", 404), ("sequence=1&size=100000", 400), ("from=5&to=2", 400),
        ("from=100000", 400), ("from=-1", 400),
    ])
    func proofsThatCannotBeAreRefused(_ query: String, _ status: Int) async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            _ = try await auditor.client.get("/api/journal/checkpoint")
            #expect(try await auditor.client.get("/api/journal/proof?\(query)").status == status)
        }
    }

    @Test func theExportVerifiesWithoutUs() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            for number in 0..<300 { _ = try await auditor.client.get("/api/journal?limit=1&cursor=\(number + 1)") }
            let key = try NoteVerifierKey(
                parsing: try await auditor.client.get("/api/journal/checkpoint").text("verifier_key"))
            let answer = try await auditor.client.get("/api/journal/export")
            #expect(answer.status == 200)
            #expect(answer.headers.first("Content-Type") == "application/x-ndjson")
            var verifier = ExportVerifier(key: key)
            try verifier.take(answer.body)
            let report = try verifier.finish()
            #expect(report.eventCount > 300)
            let journal = try await auditor.client.get("/api/journal?action=journal_exported")
            #expect(try journal.member("entrees", "0", "user_id") == .string(auditor.id))
        }
    }

    @Test func readingTheJournalIsInTheJournal() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            _ = try await auditor.client.get("/api/journal")
            let answer = try await auditor.client.get("/api/journal?action=journal_read")
            #expect(try answer.member("entrees", "0", "user_id") == .string(auditor.id))
        }
    }

    @Test func downloadsAreInTheJournalBeforeTheirFirstByte() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            let id = try await alex.client.put("x", at: "a.txt").text("id")
            _ = try await alex.client.get("/api/files/\(id)/download")
            let answer = try await auditor.client.get("/api/journal?target=\(id)&action=file_downloaded")
            #expect(try answer.member("entrees", "0", "cible", "nom") == .string("a.txt"))
        }
    }
}
