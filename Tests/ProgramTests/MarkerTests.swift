import Archive
import Foundation
import Testing
import VaultTesting

/// A stolen disk yields nothing: markers planted in every kind of input are found nowhere.
@Suite struct MarkerTests {
    /// What is planted, by where it goes. Lower-case letters and digits, so that every spelling is foreseeable.
    private static let markers: [String: String] = [
        "small content": "mkasmallcontent7q1x", "large content": "mkblargecontent8w2y", "file name": "mkcfilename9e3z",
        "folder name": "mkdfoldername1r4a", "new name": "mkenewname2t5b", "version message": "mkfmessage3y6c",
        "first name": "mkgfirstname4u7d", "last name": "mkhlastname5i8e", "bio": "mkibiography6o9f",
        "title": "mkjjobtitle7p1g", "e-mail": "mkkmailbox8a2h", "password": "mklpassword9s3i",
        "query": "mkmlooking1d4j",
        "idempotency key": "mknidempotent2f5k", "lock reason": "mkoreason3g6l",
        "comment": "mkpcomment4h8n", "link password": "mkqlinkpass5j9o",
        "imported name": "mkrimported6k1p", "imported content": "mksimportbody7l2q",
        "portable content": "mktportable8z3r",
        "portable password": "mkuzippass9x4s", "backup reason": "mkvreason1c5t", "schedule name": "mkwschedule2v6u",
    ]

    @Test func noMarkerIsFoundInTheDataDirectoryOrTheLog() async throws {
        let place = try Place()
        try await Program.makeUser("admin@example.com", role: "admin", password: Session.password, in: place)
        let server = try await RunningServer(place, ["--access-log"])
        let large = try await blocking { try Self.useEverything(server) }
        try await blocking { try Self.backUpEverything(server) }
        try await blocking { try Self.readTheJournal(server) }
        #expect(try place.files(in: "/backups").count == 2, "the archives are among what is searched")
        try expectNoMarker(in: place, server, "while it runs")
        #expect(await server.stop() == 0)
        try expectNoMarker(in: place, server, "after the stop")

        // The search itself must be able to find: what was stored is there, in one large blob.
        let blob = try #require(try place.files(in: "/blobs").first)
        #expect(place.size(blob) > large)
        let decoy = place.data + "/decoy"
        try Data("xx\(Data("ab\(Self.markers["bio"] ?? "")".utf8).base64EncodedString())".utf8).write(
            to: URL(fileURLWithPath: decoy))
        #expect(try !hits(in: [decoy]).isEmpty)
    }

    /// The content that a preview is made of is in memory alone, and so is the preview.
    @Test func makingPreviewsLeavesNothingInAFile() async throws {
        let place = try Place()
        let temporary = try Scratch.directory()
        let server = try await RunningServer(place, environment: ["TMPDIR": temporary])
        let marker = "mkppreviewed5v8w"
        let preview = try await blocking { () throws -> [UInt8] in
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            let id = try ama.upload("plan.pdf", PDFFile.page(marker))
            // The server waits for some seconds; on a busy machine that is not enough.
            var answer = try ama.connection.send("GET", "/api/files/\(id)/preview")
            for _ in 0..<30 where answer.text.contains("is_pending") {
                answer = try ama.connection.send("GET", "/api/files/\(id)/preview")
            }
            let picture = try ama.connection.send("GET", answer.string("preview_url"))
            #expect(picture.status == 200, "\(answer.text)")
            let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"me.png\"\r\n\r\n"
            let avatar = try ama.connection.send(
                "POST", "/api/user/profile/avatar", headers: ["Content-Type": "multipart/form-data; boundary=b"],
                body: Array(head.utf8) + PNGFile.picture(width: 90, height: 90) + Array("\r\n--b--\r\n".utf8))
            #expect(avatar.status == 200, "\(avatar.text)")
            return picture.body
        }
        let traces = [Data(marker.utf8), Data(preview.dropFirst(200).prefix(64))]
        func look(_ moment: Comment) throws {
            var files = try place.files()
            for folder in [temporary, "/tmp", "/var/tmp", "/dev/shm"] {
                files += (try? FileManager.default.contentsOfDirectory(atPath: folder).map { folder + "/" + $0 }) ?? []
            }
            for file in files {
                guard let data = try? Data(contentsOf: URL(fileURLWithPath: file)) else { continue }
                for trace in traces { #expect(data.range(of: trace) == nil, "\(file): \(moment)") }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty, moment)
        }
        try look("while it runs")
        #expect(await server.stop() == 0)
        try look("after the stop")
        let report = try await Program.run(["doctor", "--deep"] + place.flags)
        #expect(report.status == 0, "\(report.output)")
        #expect(report.output.contains("2 opened and verified"), "the preview is one of them")
        #expect(report.output.contains("previews     "))
    }

    @Test func afterAPurgeTheWrappedKeyIsInNoFile() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let id = try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            _ = try ama.upload("other.bin", content(50_000, seed: 1))
            return try ama.upload("secret.bin", content(50_000, seed: 2))
        }
        let owner = id.replacing("-", with: "")
        let query = "SELECT lower(hex(wrapped)) FROM file_keys WHERE owner_id = x'\(owner)'"
        let sqlite = try ChildProcess("/usr/bin/sqlite3", ["-readonly", place.database, query])
        try #require(await sqlite.exit() == 0, "\(sqlite.errors)")
        let wrapped = try #require(bytes(hex: sqlite.output))
        try #require(wrapped.count >= 60)
        // The nonce and ciphertext of the key, without the format byte that all keys share.
        let key = Data(wrapped.dropFirst(8).prefix(32))
        let holds: (String) throws -> Bool = { try Data(contentsOf: URL(fileURLWithPath: $0)).range(of: key) != nil }
        #expect(try place.files().contains(where: holds), "the search can find it")

        try await blocking {
            let ama = try Session(at: server, email: "ama@example.com")
            #expect(try ama.connection.send("DELETE", "/api/files/\(id)").status == 200)
            #expect(try ama.connection.send("DELETE", "/api/trash/\(id)").status == 200)
            #expect(try ama.download(id).status != 200)
        }
        for file in try place.files() { #expect(try !holds(file), "\(file), while the server runs") }
        #expect(await server.stop() == 0)
        for file in try place.files() { #expect(try !holds(file), "\(file)") }
        #expect(
            try await Program.run(["journal", "verify"] + place.flags).status == 0, "and every proof still verifies")
        #expect(try await Program.run(["doctor", "--deep"] + place.flags).status == 0)
    }

    /// - Returns: the size of the large content.
    private static func useEverything(_ server: RunningServer) throws -> Int {
        func marker(_ name: String) -> String { markers[name] ?? "missing" }
        let email = "\(marker("e-mail"))@\(marker("e-mail")).example.com"
        let connection = try server.connect()
        let password = "\(marker("password")) long enough"
        let registered = try connection.json(
            "POST", "/api/auth/register",
            [
                "first_name": marker("first name"), "last_name": marker("last name"), "email": email,
                "password": password,
            ])
        try #require(registered.status == 201, "\(registered.text)")
        _ = try connection.json("POST", "/api/auth/login", ["email": email, "password": marker("password")])
        let session = try Session(at: server, email: email, password: password)
        func expect(_ reply: Connection.Reply, _ statuses: Set<Int> = [200, 201], line: Int = #line) {
            #expect(statuses.contains(reply.status), "line \(line): \(reply.status) \(reply.text)")
        }
        let http = session.connection
        expect(try http.json("PUT", "/api/user/profile", ["bio": marker("bio"), "role": marker("title")]))

        let folder = try http.json("POST", "/api/drive/folders", ["name": marker("folder name")])
        expect(folder)
        let inner = try http.json(
            "POST", "/api/drive/folders", ["name": "\(marker("folder name")) inner", "parent_id": folder.string("id")])
        expect(inner)
        let smallContent = Array("say \(marker("small content")) twice \(marker("small content"))".utf8)
        let small = try session.upload("\(marker("file name")).txt", smallContent, parent: folder.string("id"))
        let largeContent = Array(String(repeating: "line with \(marker("large content")) in it\n", count: 40_000).utf8)
        let large = try session.upload("\(marker("file name")).pdf", largeContent)

        let boundary = "boundary"
        let form = """
            --\(boundary)\r\nContent-Disposition: form-data; name="message"\r\n\r\n\(marker("version message"))\r\n\
            --\(boundary)\r\nContent-Disposition: form-data; name="file"; filename="\(marker("file name")).txt"\r\n\
            Content-Type: text/plain\r\n\r\nsecond \(marker("small content"))\r\n--\(boundary)--\r\n
            """
        expect(
            try http.send(
                "POST", "/api/fichiers/\(small)/version",
                headers: ["Content-Type": "multipart/form-data; boundary=\(boundary)"], body: Array(form.utf8)))
        expect(try http.send("GET", "/api/fichiers/\(small)/versions"))
        expect(try http.send("GET", "/api/fichiers/\(small)/versions/1/download"))
        expect(try http.send("POST", "/api/fichiers/\(small)/versions/1/restaurer"))
        expect(
            try http.send(
                "POST", "/api/files/upload?name=\(marker("file name")).key",
                headers: ["Content-Type": "text/plain", "Idempotency-Key": marker("idempotency key")],
                body: smallContent))

        for file in [small, large] {
            let comment = try http.json(
                "POST", "/api/files/\(file)/comments", ["text": "first \(marker("comment")) @\(marker("first name"))"])
            expect(comment)
            expect(
                try http.json(
                    "PUT", "/api/files/\(file)/comments/\(comment.string("id"))", ["text": marker("comment")]))
            expect(try http.send("GET", "/api/files/\(file)/comments"))
            let link = try http.json(
                "POST", "/api/files/\(file)/links", ["password": "\(marker("link password")) long enough"])
            expect(link)
            let token = link.string("token")
            expect(
                try http.json(
                    "POST", "/api/links/\(token)/unlock", ["password": "\(marker("link password")) long enough"]))
            expect(try http.json("POST", "/api/links/\(token)/unlock", ["password": marker("link password")]), [403])
            expect(try http.send("GET", "/s/\(token)"))
        }

        expect(try http.send("GET", "/api/drive/contents?search=\(marker("query"))"), [200, 400])
        expect(try http.send("GET", "/api/drive/contents?parent_id=\(folder.string("id"))"))
        expect(try http.send("GET", "/api/files/\(small)"))
        expect(try session.download(small))
        expect(try session.download(large))
        expect(try http.json("PUT", "/api/files/\(small)/rename", ["name": "\(marker("new name")).txt"]))
        expect(try http.json("POST", "/api/files/\(small)/move", ["destination_id": inner.string("id")]))
        expect(try http.json("PUT", "/api/files/\(small)/lock", ["reason": marker("lock reason")]))
        expect(try http.json("PUT", "/api/files/\(small)/lock", [:]))
        expect(try http.send("DELETE", "/api/files/\(small)"))
        expect(try http.send("POST", "/api/trash/\(small)/restore"))
        expect(try http.send("DELETE", "/api/files/\(small)"))
        expect(try http.send("DELETE", "/api/trash/\(small)"))
        // Refusals name nothing either.
        expect(try http.send("GET", "/api/files/\(marker("file name"))"), [404])
        expect(try http.send("GET", "/\(marker("file name"))?\(marker("query"))=1"), [404])
        expect(try http.send("POST", "/api/auth/logout"))
        return largeContent.count
    }

    /// Archives of both forms, an import, a schedule. A portable archive shows names: that file's is no secret.
    private static func backUpEverything(_ server: RunningServer) throws {
        func marker(_ name: String) -> String { markers[name] ?? "missing" }
        let http = try Session(at: server, email: "admin@example.com").connection
        let boundary = "b"
        let text = Array("\(marker("imported content")) and more".utf8)
        let writer = try ZIPWriter()
        try writer.begin(
            ArchiveEntry(
                path: "\(marker("imported name")).txt", kind: .file(size: Int64(text.count)), modified: 1_700_000_000))
        try writer.write(text)
        try writer.finish()
        let archive = writer.take()
        let head =
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(marker("imported name")).zip\"\r\n\r\n"
        let imported = try http.send(
            "POST", "/api/drive/import",
            headers: ["Content-Type": "multipart/form-data; boundary=\(boundary)"],
            body: Array(head.utf8) + archive + Array("\r\n--b--\r\n".utf8))
        #expect([200, 202].contains(imported.status), "\(imported.text)")
        #expect(imported.text.contains("\"created\":1"), "\(imported.text)")
        let file = try http.send(
            "POST", "/api/files/upload?name=report.txt", headers: ["Content-Type": "text/plain"],
            body: Array(String(repeating: "\(marker("portable content")) ", count: 5_000).utf8))
        #expect(file.status == 201, "\(file.text)")
        func backUp(_ order: [String: String]) throws {
            let asked = try http.json("POST", "/api/sauvegardes", order)
            #expect(asked.status == 202, "\(asked.text)")
            // The stream ends with the work.
            let end = try http.send("GET", "/api/sauvegardes/\(asked.string("id"))/evenements")
            #expect(end.text.contains("terminee"), "\(end.text)")
        }
        try backUp(["type": "systeme"])
        try backUp([
            "type": "fichier", "cible_id": file.string("id"), "forme": "portable",
            "mot_de_passe": "\(marker("portable password")) long", "motif": marker("backup reason"),
        ])
        let schedule = try http.json(
            "POST", "/api/sauvegardes/programmes",
            ["nom": marker("schedule name"), "type": "systeme", "rythme": "quotidien"])
        #expect(schedule.status == 201, "\(schedule.text)")
    }

    private static func readTheJournal(_ server: RunningServer) throws {
        let admin = try Session(at: server, email: "admin@example.com")
        for path in [
            "/api/journal", "/api/journal/checkpoint", "/api/journal/export", "/api/users", "/metrics", "/health",
        ] {
            #expect(try admin.connection.send("GET", path).status == 200, "\(path)")
        }
    }

    private func expectNoMarker(in place: Place, _ server: RunningServer, _ moment: Comment) throws {
        let found = try hits(in: try place.files())
        #expect(found.isEmpty, moment)
        for form in Self.forms where server.child.errors.contains(form.text) {
            Issue.record("\(form.marker) is in the log")
        }
        for path in try place.files() {
            for (name, marker) in Self.markers { #expect(!path.contains(marker), "\(name) is in a path") }
        }
    }

    private struct Form {
        let marker: String
        let text: String
        let bytes: Data
    }

    /// Each marker as UTF-8, UTF-16 of both orders, hexadecimal, reversed, and base64 at each of its three alignments.
    private static let forms: [Form] = markers.flatMap { name, marker in
        var forms: [(String, Data)] = [
            ("UTF-8", Data(marker.utf8)), ("upper case", Data(marker.uppercased().utf8)),
            ("reversed", Data(String(marker.reversed()).utf8)),
            ("hexadecimal", Data(marker.utf8.map { String(format: "%02x", $0) }.joined().utf8)),
        ]
        for (label, encoding) in [("UTF-16LE", String.Encoding.utf16LittleEndian), ("UTF-16BE", .utf16BigEndian)] {
            if let data = marker.data(using: encoding) { forms.append((label, data)) }
        }
        for shift in 0..<3 {
            // Whole groups of three bytes are the same whatever stands around them.
            let whole = marker.utf8.dropFirst((3 - shift) % 3)
            let text = Data(whole.prefix(whole.count / 3 * 3)).base64EncodedString()
            forms.append(("base64 + \(shift)", Data(text.utf8)))
            forms.append(("base64url + \(shift)", Data(text.replacing("+", with: "-").replacing("/", with: "_").utf8)))
        }
        return forms.map { Form(marker: "\(name) (\($0.0))", text: String(decoding: $0.1, as: UTF8.self), bytes: $0.1) }
    }

    private func hits(in paths: [String]) throws -> [String] {
        var found: Set<String> = []
        for path in paths {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            for form in Self.forms where data.range(of: form.bytes) != nil { found.insert("\(form.marker) in \(path)") }
        }
        return found.sorted()
    }

    private func bytes(hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8.filter { $0 != 10 })
        guard digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).reduce(into: [UInt8]?([])) { bytes, index in
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
                bytes = nil
                return
            }
            bytes?.append(byte)
        }
    }
}
