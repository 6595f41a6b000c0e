import HTTP
import Testing
import Vault
import VaultTesting

/// Retention and holds over HTTP: what clients see of rules that keep their documents.
@Suite struct KeepingTests {
    @Test func aPolicyRefusesDeletionInBothLanguagesAndNamesItself() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let alex = try await service.person()
            let folder = try await alex.client.folder("Contracts")
            let file = try await alex.client.put("x", at: "a.txt", in: folder).text("id")
            let set = try await admin.client.post(
                "/api/admin/retention",
                json:
                    #"{"node_id":"\#(folder)","name":"Ten years","reason":"Commercial law","mode":"compliance","duration":"P10Y","keep_versions":3,"keep_for":90}"#
            )
            #expect(set.status == 201, "\(set.text)")
            #expect(set.text("duration") == "P3660D" && set.text("keep_for") == "P90D")
            let policy = set.text("id")

            let refused = try await alex.client.delete("/api/files/\(file)")
            #expect(refused.status == 423)
            #expect(refused.code == "retention_active")
            #expect(refused.error?.contains("“Ten years”") == true)
            let french = try await alex.client.with("Accept-Language", "fr").delete("/api/files/\(folder)")
            #expect(french.status == 423 && french.code == "retention_active")
            #expect(french.error?.contains("« Ten years »") == true)

            let why = try await alex.client.get("/api/fichiers/\(file)/conservation")
            #expect(why.status == 200)
            #expect(try why.member("bloque") == .boolean(true))
            #expect(try why.member("regles", "0", "nom") == .string("Ten years"))
            #expect(try why.member("regles", "0", "emplacement", "nom") == .string("Contracts"))
            #expect(try why.member("regles", "0", "motif") == .null)

            let shorter = try await admin.client.put(
                "/api/admin/retention/\(policy)", json: #"{"duration":1,"reason":"x"}"#)
            #expect(shorter.status == 409 && shorter.code == "retention_compliance")
            let lifted = try await admin.client.delete("/api/admin/retention/\(policy)?reason=x")
            #expect(lifted.status == 409 && lifted.code == "retention_compliance")
            let longer = try await admin.client.put(
                "/api/admin/retention/\(policy)", json: #"{"duration":"P11Y","keep_versions":null}"#)
            #expect(longer.status == 200, "\(longer.text)")
            #expect(try longer.member("keep_for") == .null)
            let list = try await admin.client.get("/api/admin/retention?limit=1")
            #expect(try list.member("policies", "0", "id") == .string(policy))
            #expect(try await alex.client.get("/api/admin/retention").status == 403)
        }
    }

    @Test(arguments: [
        (#"{"name":"n","reason":"r","duration":1}"#, 400, "invalid_field"),
        (#"{"node_id":"$id","reason":"r","duration":1}"#, 400, "invalid_field"),
        (#"{"node_id":"$id","name":"n","duration":1}"#, 400, "invalid_field"),
        (#"{"node_id":"$id","name":"n","reason":"r"}"#, 400, "invalid_field"),
        (#"{"node_id":"$id","name":"n","reason":"r","duration":"soon"}"#, 400, "invalid_field"),
        (#"{"node_id":"$id","name":"n","reason":"r","duration":1.5}"#, 400, "invalid_field"),
        (#"{"node_id":"$id","name":"n","reason":"r","duration":1,"mode":"soft"}"#, 400, "invalid_field"),
        (#"{"node_id":"$id","name":"n","reason":"r","duration":1,"keep_versions":0}"#, 400, nil),
        (#"{"node_id":"no","name":"n","reason":"r","duration":1}"#, 404, "folder_not_found"),
    ])
    func whatIsNoPolicyIsRefused(_ body: String, _ status: Int, _ code: String?) async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let folder = try await admin.client.folder("Contracts")
            let answer = try await admin.client.post(
                "/api/admin/retention", json: body.replacing("$id", with: folder))
            #expect(answer.status == status, "\(answer.text)")
            if let code { #expect(answer.code == code) }
        }
    }

    @Test func theTrashIsEmptiedOfWhatIsFreeAndSaysWhatStays() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let alex = try await service.person()
            let kept = try await alex.client.put("x", at: "a.txt").text("id")
            let free = try await alex.client.put("y", at: "b.txt").text("id")
            for id in [kept, free] { #expect(try await alex.client.delete("/api/files/\(id)").status == 200) }
            let hold = try await admin.client.post(
                "/api/admin/holds", json: #"{"name":"Secret case","reason":"r","node_ids":["\#(kept)"]}"#)
            #expect(hold.status == 201, "\(hold.text)")
            let single = try await alex.client.delete("/api/trash/\(kept)")
            #expect(single.status == 423 && single.code == "legal_hold_active")
            #expect(!single.text.contains("Secret case"))
            let emptied = try await alex.client.delete("/api/trash")
            #expect(emptied.status == 200)
            #expect(try emptied.member("deleted_count") == .integer(1))
            #expect(try emptied.member("kept_count") == .integer(1))
            #expect(try emptied.member("kept", "0", "id") == .string(kept))
            #expect(try emptied.member("kept", "0", "code") == .string("legal_hold_active"))
            #expect(!emptied.text.contains("Secret case"))
        }
    }

    @Test func aHoldIsReleasedByTwo() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Min", role: .admin)
            let auditor = try await service.person("Audi", "Tor", role: .auditeur)
            let alex = try await service.person()
            let file = try await alex.client.put("x", at: "a.txt").text("id")
            let opened = try await auditor.client.post(
                "/api/admin/holds", json: #"{"name":"Case 7","reason":"Litigation","node_ids":["\#(file)"]}"#)
            #expect(opened.status == 201 && opened.text("status") == "in_force")
            let hold = "/api/admin/holds/\(opened.text("id"))"
            #expect(try await auditor.client.get(hold + "/nodes").member("nodes", "0", "name") == .string("a.txt"))
            #expect(try await alex.client.get(hold).status == 403)
            #expect(try await auditor.client.post(hold + "/release/confirm", json: "{}").code == "no_release_pending")
            let asked = try await auditor.client.post(hold + "/release", json: #"{"reason":"Settled"}"#)
            #expect(asked.status == 202 && asked.text("status") == "release_asked")
            let alone = try await auditor.client.post(hold + "/release/confirm", json: "{}")
            #expect(alone.status == 403 && alone.code == "second_person_required")
            #expect(try await alex.client.delete("/api/files/\(file)").code == "legal_hold_active")
            let released = try await admin.client.post(hold + "/release/confirm", json: "{}")
            #expect(released.status == 200 && released.text("status") == "released")
            #expect(try await alex.client.delete("/api/files/\(file)").status == 200)
            #expect(try await admin.client.put(hold, json: #"{"name":"x"}"#).code == "hold_released")
        }
    }
}
