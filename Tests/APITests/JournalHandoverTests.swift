import Crypto
import Database
import Foundation
import HTTP
import Journal
import Testing
import Vault
import VaultTesting

/// What is handed over: selections with proofs, rows for spreadsheets, pages for people.
@Suite struct JournalHandoverTests {
    @Test func aFilteredExportVerifiesAndIsJournalledWithItsFilter() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            let folder = try await alex.client.folder("Contrats")
            for number in 0..<5 { try await alex.client.put("x", at: "\(number).pdf", in: folder) }
            for number in 0..<5 { try await alex.client.put("x", at: "\(number).txt") }
            for (query, count) in [
                ("action=file_uploaded", 10), ("action=file_uploaded&folder=\(folder)", 5), ("q=.pdf", 5),
                ("user=\(alex.id)&action=file_uploaded&address=127.0.0.1", 10), ("outcome=failed", 0),
            ] {
                let answer = try await auditor.client.get("/api/journal/export?\(query)")
                #expect(answer.status == 200, "\(query)")
                #expect(!answer.text.contains(".pdf"), "names stay sealed")
                var verifier = ExportVerifier()
                try verifier.take(answer.body)
                let report = try verifier.finish()
                #expect(report.form == .selection)
                #expect(report.eventCount == Int64(count), "\(query)")
            }
            let journal = try await auditor.client.get("/api/journal?action=journal_exported&limit=1000")
            #expect(journal.text.contains(#""q":".pdf""#))
            #expect(journal.text.contains(#""folder":"\#(folder)""#))
            #expect(journal.text.contains(#""format":"ndjson""#))
            #expect(try await auditor.client.get("/api/journal/export?folder=\(NodeID(1))").status == 404)
            let whole = try await auditor.client.get("/api/journal/export")
            var verifier = ExportVerifier()
            try verifier.take(whole.body)
            #expect(try verifier.finish().form == .full)
        }
    }

    @Test func spreadsheetsGetRowsAndNoFormulas() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            let names = ["=HYPERLINK(\"http:x\",\"a\")", "+1", "-1", "@SUM(A1)", "a, \"b\"\u{FF1D}", "été.txt"]
            for name in names {
                let answer = try await alex.client.raw("/api/files/upload?name=\(name.percentEncoded)", [1])
                try #require(answer.status == 201, "\(answer.text)")
            }
            let answer = try await auditor.client.get("/api/journal/export?format=csv&action=file_uploaded&bom=true")
            #expect(answer.status == 200)
            #expect(answer.headers.first("Content-Type") == "text/csv; charset=utf-8; header=present")
            #expect(answer.body.starts(with: [0xEF, 0xBB, 0xBF]))
            let records = CSVReader.records(String(decoding: answer.body.dropFirst(3), as: UTF8.self))
            #expect(records.allSatisfy { $0.count == 16 })
            #expect(records[0][7] == "cible_nom")
            #expect(records[1][4] == "checkpoint")
            let shown = Set(records[2...].map { $0[7] })
            #expect(shown.isSuperset(of: ["'+1", "'-1", "'@SUM(A1)", "été.txt"]), "\(shown)")
            for record in records {
                for field in record { #expect(!"=+-@\t\r".contains(field.first ?? "a"), "\(field)") }
            }

            // Each row leads to its proof.
            let key = try NoteVerifierKey(parsing: records[1][13])
            let checkpoint = try Checkpoint(opening: records[1][12], key: key)
            #expect(records[1][14] == String(checkpoint.head.size))
            let row = try #require(records.last)
            for query in [
                "sequence=\(row[0])", "leaf=\(row[14])", "feuille=\(row[14])", "hash=\(row[15].percentEncoded)",
            ] {
                let proof = try await auditor.client.get("/api/journal/proof?\(query)&size=\(checkpoint.head.size)")
                    .json()
                #expect(try proof.string("leaf_hash") == row[15], "\(query)")
                let inclusion = InclusionProof(
                    leafIndex: try proof.integer("leaf_index"), treeSize: checkpoint.head.size,
                    hashes: try proof.array("hashes").map { hash in
                        guard case .string(let text) = hash else { return [] }
                        return Base64.decode(text) ?? []
                    })
                #expect(
                    inclusion.verifies(leafHash: Base64.decode(row[15]) ?? [], rootHash: checkpoint.head.rootHash))
            }
            #expect(
                try await auditor.client.get("/api/journal/proof?hash=\(String(repeating: "00", count: 32))").status
                    == 404)
            #expect(try await auditor.client.get("/api/journal/proof?hash=abc").status == 400)
            #expect(try await auditor.client.get("/api/journal/proof?leaf=100000").status == 404)
            let english = try await auditor.client.get(
                "/api/journal/export?format=csv&langue=en&names=false&action=file_uploaded")
            #expect(english.text.hasPrefix("sequence,time,actor,"))
            #expect(!english.text.contains("été"))
            #expect(english.text.contains("uploaded the file ID="))
        }
    }

    @Test func aPDFHoldsTheRowsWithTheirAccents() async throws {
        try await withService { service in
            let auditor = try await service.person("Au", "Ditor", role: .auditeur)
            let alex = try await service.person()
            for number in 0..<60 { try await alex.client.put("x", at: "Été \(number) – reçu.pdf") }
            let answer = try await auditor.client.get(
                "/api/journal/export?format=pdf&action=file_uploaded&user=\(alex.id)")
            #expect(answer.status == 200)
            #expect(answer.headers.first("Content-Type") == "application/pdf")
            let file = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID()).pdf")
            try Data(answer.body).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["pdftotext", "-layout", file.path, "-"]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(text.contains("Journal d’activité"))
            #expect(text.contains("a déposé le fichier"))
            let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            for number in 0..<60 { #expect(words.contains("Été \(number) – reçu"), "\(number)") }
            #expect(text.contains(service.world.journal.origin))
            #expect(text.contains("file_uploaded"))
            #expect(text.contains("page 2"))
        }
    }
}

/// Reads RFC 4180, apart from what writes it.
private enum CSVReader {
    static func records(_ text: String) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field = ""
        var isQuoted = false
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch (scalar, isQuoted) {
            case ("\"", true):
                if scalars.first == "\"" {
                    field.unicodeScalars.append("\"")
                    scalars = scalars.dropFirst()
                } else {
                    isQuoted = false
                }
            case ("\"", false): isQuoted = true
            case (",", false):
                record.append(field)
                field = ""
            case ("\r", false): break
            case ("\n", false):
                records.append(record + [field])
                (record, field) = ([], "")
            default: field.unicodeScalars.append(scalar)
            }
        }
        return records
    }
}
