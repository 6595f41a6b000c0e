import HTTP
import Journal
import Testing
import Vault
import VaultTesting

@Suite struct ReceiptTests {
    @Test func aClientThatRemovesItsCopyGetsAReceipt() async throws {
        try await withService { service in
            let alex = try await service.person()
            let raw = try await alex.client.raw(
                "/api/files/upload?name=a.bin&delete_after_upload=true", Array("content".utf8))
            let form = try await alex.client.form(
                "/api/files/upload",
                [.field("delete_after_upload", "true"), .file("file", "b.bin", Array("content".utf8))])
            let version = try await alex.client.raw(
                "/api/fichiers/\(raw.text("id"))/version?delete_after_upload=1", Array("more".utf8))
            let shown = try await service.anyone.get("/api/recus/cle")
            #expect(shown.status == 200)
            let key = try NoteVerifierKey(parsing: shown.text("verifier_key"))
            for (answer, size, number) in [(raw, 7, 1), (form, 7, 1), (version, 4, 2)] {
                #expect(answer.status == 201)
                let receipt = try UploadReceipt(opening: answer.text("receipt"), key: key)
                #expect(receipt.size == Int64(size))
                #expect(receipt.version == number)
            }
            let later = try await alex.client.get("/api/fichiers/\(raw.text("id"))/versions/2/recu")
            #expect(later.string("receipt") == version.string("receipt"))
            #expect(later.string("verifier_key") == key.text)
            let note = try await alex.client.get(
                "/api/fichiers/\(raw.text("id"))/versions/2/recu", headers: [("Accept", "text/plain")])
            #expect(String(decoding: note.body, as: UTF8.self) == version.string("receipt"))
        }
    }

    @Test func withoutTheFlagThereIsNone() async throws {
        try await withService { service in
            let alex = try await service.person()
            for query in ["", "&delete_after_upload=false", "&delete_after_upload=0", "&delete_after_upload="] {
                let answer = try await alex.client.raw("/api/files/upload?name=a.bin\(query)", [1])
                #expect(answer.status == 201)
                #expect(try answer.json().has("receipt") == false)
            }
        }
    }

    @Test func aFlagThatIsNeitherYesNorNoIsRefusedBeforeAnythingIsStored() async throws {
        try await withService { service in
            let alex = try await service.person()
            let answer = try await alex.client.raw("/api/files/upload?name=a.bin&delete_after_upload=perhaps", [1])
            #expect(answer.status == 400)
            #expect(answer.string("field") == "delete_after_upload")
            #expect(try await alex.client.get("/api/drive/contents").member("total_count") == .integer(0))
        }
    }
}
