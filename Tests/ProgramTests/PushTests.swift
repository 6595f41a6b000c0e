import Foundation
import Glibc
import Testing
import VaultTesting

/// `cloudspace push` against the real server.
@Suite struct PushTests {
    /// A directory of files, with what its own account needs to send it.
    private final class Tree {
        let root: String
        let top: String
        let receipts: String
        let server: RunningServer
        let person: Session
        let email: String

        /// Kept: its directories go with it.
        private let place: Place

        init(_ server: RunningServer, in place: Place, email: String = "ama@example.com") throws {
            self.server = server
            self.place = place
            self.email = email
            root = try Scratch.directory()
            top = root + "/scans"
            receipts = root + "/receipts"
            person = try Session(registeringAt: server, email: email)
            try FileManager.default.createDirectory(atPath: top, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }

        func put(_ path: String, _ content: [UInt8]) throws {
            let url = URL(fileURLWithPath: top + "/" + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content).write(to: url)
        }

        func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: top + "/" + path) }

        func flags(_ more: [String], port: UInt16? = nil) -> [String] {
            [
                "push", "--dir", top, "--server", "http://127.0.0.1:\(port ?? server.port)", "--email", email,
                "--receipts", receipts,
            ] + more
        }

        func push(_ more: [String] = [], port: UInt16? = nil) async throws -> Program.Result {
            try await Program.run(flags(more, port: port), input: Session.password + "\n")
        }

        /// Files below a folder of the vault by path, with their ids and versions.
        func remote(_ folder: String? = nil, _ prefix: String = "") throws -> [String: (id: String, version: Int)] {
            let query = folder.map { "?parent_id=\($0)" } ?? ""
            let page = try person.connection.send("GET", "/api/drive/contents" + query)
            var found: [String: (id: String, version: Int)] = [:]
            for case let file as [String: Any] in page.json["files"] as? [Any] ?? [] {
                let id = file["id"] as? String ?? ""
                let details = try person.connection.send("GET", "/api/files/\(id)")
                found[prefix + (file["name"] as? String ?? "")] = (id, details.json["version_number"] as? Int ?? 0)
            }
            for case let folder as [String: Any] in page.json["folders"] as? [Any] ?? [] {
                let name = folder["name"] as? String ?? ""
                for (path, file) in try remote(folder["id"] as? String, prefix + name + "/") { found[path] = file }
            }
            return found
        }
    }

    @Test func aTreeIsSentWithItsFoldersAndStays() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let tree = try Tree(server, in: place)
        try tree.put("one.txt", Array("one".utf8))
        try tree.put("Été/deux.bin", content(300_000, seed: 2))
        try tree.put("Été/leer", [])
        try tree.put("a/b/c/deep.txt", Array("deep".utf8))
        symlink("/etc/passwd", tree.top + "/link")
        mkfifo(tree.top + "/pipe", 0o600)
        let pushed = try await tree.push()
        #expect(pushed.status == 0, "\(pushed.errors)")
        #expect(pushed.output.contains("sent 4, there already 0, removed here 0, left alone 2, not sent 0"))
        #expect(pushed.errors.contains("left alone: link: is a link"))
        #expect(pushed.errors.contains("left alone: pipe: is no regular file"))
        let remote = try tree.remote()
        #expect(
            remote.keys.sorted()
                == [
                    "scans/a/b/c/deep.txt", "scans/one.txt", "scans/Été/deux.bin", "scans/Été/leer",
                ].sorted())
        let twin = try #require(remote["scans/Été/deux.bin"])
        #expect(try tree.person.download(twin.id).body == content(300_000, seed: 2))
        #expect(tree.exists("one.txt") && tree.exists("Été/deux.bin"))
    }

    @Test func whatIsThereAlreadyIsNotSentAgainAndWhatChangedIsAVersion() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let tree = try Tree(server, in: place)
        try tree.put("same.txt", Array("same".utf8))
        try tree.put("other.txt", Array("before".utf8))
        #expect(try await tree.push().status == 0)
        try tree.put("other.txt", Array("afterwards".utf8))
        let again = try await tree.push()
        #expect(again.output.contains("sent 1, there already 1,"), "\(again.output)\(again.errors)")
        let remote = try tree.remote()
        #expect(remote["scans/same.txt"]?.version == 1)
        #expect(remote["scans/other.txt"]?.version == 2)
    }

    @Test(arguments: [[], ["--overwrite"]])
    func filesGoOnlyAfterTheirReceiptAndTheirReceiptsStay(_ more: [String]) async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let tree = try Tree(server, in: place)
        for number in 0..<12 { try tree.put("d\(number % 3)/\(number).bin", content(10_000 + number, seed: 1)) }
        try tree.put("large.bin", content(3_000_000, seed: 9))
        let pushed = try await tree.push(["--delete-after-upload", "--into", "Archive/2026"] + more)
        #expect(pushed.status == 0, "\(pushed.errors)")
        #expect(pushed.output.contains("sent 13, there already 0, removed here 13,"))
        for number in 0..<12 { #expect(!tree.exists("d\(number % 3)/\(number).bin")) }
        #expect(!tree.exists("large.bin"))
        #expect(tree.exists("d1"), "directories stay")
        let remote = try tree.remote()
        #expect(remote.count == 13)
        let large = try #require(remote["Archive/2026/large.bin"])
        #expect(try tree.person.download(large.id).body == content(3_000_000, seed: 9))
        #expect(try FileManager.default.attributesOfItem(atPath: tree.receipts)[.posixPermissions] as? Int == 0o600)

        // Somebody else's program finds the receipts good, and each for the right bytes.
        let shown = try tree.person.connection.send("GET", "/api/recus/cle").string("verifier_key")
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let python = ProcessInfo.processInfo.environment["CLOUDSPACE_TEST_PYTHON"] ?? "/usr/bin/python3"
        let checked = try ChildProcess(
            python, [root + "/scripts/verify_receipt.py", tree.receipts, "--key", shown])
        #expect(await checked.exit() == 0, "\(checked.output)\(checked.errors)")
        #expect(checked.output.split(separator: "\n").count == 13)
    }

    @Test func aFileWithFurtherNamesIsNotOverwritten() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let tree = try Tree(server, in: place)
        try tree.put("twin.txt", Array("kept elsewhere".utf8))
        link(tree.top + "/twin.txt", tree.root + "/other-name")
        let pushed = try await tree.push(["--delete-after-upload", "--overwrite"])
        #expect(pushed.status == 1)
        #expect(pushed.errors.contains("has other names"))
        #expect(try String(contentsOfFile: tree.root + "/other-name", encoding: .utf8) == "kept elsewhere")
    }

    /// Killed again and again: in the end everything is in the vault, byte for byte, each file once and with one version.
    @Test func aRunThatIsKilledGoesOn() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let tree = try Tree(server, in: place)
        var contents: [String: [UInt8]] = [:]
        for number in 0..<150 {
            let bytes = content(2_000 + 700 * number, seed: UInt64(number))
            contents["scans/d\(number % 7)/\(number).bin"] = bytes
            try tree.put("d\(number % 7)/\(number).bin", bytes)
        }
        var kills = 0
        var known = 0
        while kills < 40 {
            let child = try ChildProcess(
                Program.path, tree.flags(["--delete-after-upload", "--parallel", "3"]),
                input: Array((Session.password + "\n").utf8))
            // At another place each time: after so many more receipts than there were.
            let goal = known + 3 + kills
            while !child.hasEnded, receiptCount(tree) < goal {
                // A question to the server is the pause between two looks.
                _ = try tree.person.connection.send("GET", "/ready")
            }
            if child.hasEnded { break }
            child.signal(SIGKILL)
            _ = await child.exit()
            kills += 1
            known = receiptCount(tree)
        }
        #expect(kills > 3, "it was over before it could be killed")
        let last = try await tree.push(["--delete-after-upload"])
        #expect(last.status == 0, "\(last.errors)")
        let remote = try tree.remote()
        #expect(remote.count == 150)
        for (path, bytes) in contents {
            let file = try #require(remote[path])
            #expect(file.version == 1, "\(path)")
            #expect(try tree.person.download(file.id).body == bytes)
        }
        let left = FileManager.default.enumerator(atPath: tree.top)?.compactMap { $0 as? String } ?? []
        #expect(left.filter { $0.hasSuffix(".bin") }.isEmpty)
    }

    private func receiptCount(_ tree: Tree) -> Int {
        guard let bytes = FileManager.default.contents(atPath: tree.receipts) else { return 0 }
        return bytes.count { $0 == 10 }
    }

    /// A server that answers the sign-in and the key rightly and the upload with somebody else's receipt.
    @Test(arguments: ["another file's", "unsigned", "none"])
    func nothingIsRemovedForAWrongReceipt(_ kind: String) async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let tree = try Tree(server, in: place)
        try tree.put("precious.txt", Array("precious".utf8))
        // A true receipt of this vault, for other bytes.
        let other = try tree.person.connection.send(
            "POST", "/api/files/upload?name=other.txt&delete_after_upload=true",
            headers: ["Content-Type": "application/octet-stream"], body: Array("less so ".utf8))
        let key = try tree.person.connection.send("GET", "/api/recus/cle").body
        let receipt = other.string("receipt")
        let liar = try RawHTTPServer { request in
            let json = [("Content-Type", "application/json")]
            switch request.path {
            case "/api/recus/cle": return .response(200, json, key)
            case "/api/auth/login": return .response(200, json, Array(#"{"token":"t"}"#.utf8))
            case "/api/drive/folders":
                return .response(201, json, Array(#"{"id":"01928a7e-5c00-7000-8000-000000000067"}"#.utf8))
            case "/api/files/upload":
                var answer: [String: Any] = ["id": "01928a7e-5c00-7000-8000-000000000068", "version_number": 1]
                if kind == "another file's" { answer["receipt"] = receipt }
                if kind == "unsigned" {
                    answer["receipt"] = receipt.replacing("size 8", with: "size 9")
                }
                return .response(201, json, Array((try? JSONSerialization.data(withJSONObject: answer)) ?? Data()))
            default: return .response(200, json, Array("{}".utf8))
            }
        }
        let pushed = try await tree.push(["--delete-after-upload"], port: liar.port)
        #expect(pushed.status != 0)
        #expect(pushed.output.isEmpty || pushed.output.contains("removed here 0"))
        #expect(try String(contentsOfFile: tree.top + "/precious.txt", encoding: .utf8) == "precious")
    }

    @Test func aServerWithAnotherKeyThanBeforeIsNotBelieved() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let tree = try Tree(server, in: place)
        try tree.put("a.txt", [1])
        #expect(try await tree.push().status == 0)
        let elsewhere = try Place()
        let impostor = try await RunningServer(elsewhere)
        let other = try Tree(impostor, in: elsewhere)
        let pushed = try await Program.run(
            [
                "push", "--dir", tree.top, "--server", "http://127.0.0.1:\(impostor.port)", "--email", other.email,
                "--receipts", other.receipts, "--verifier-key",
                try tree.person.connection.send("GET", "/api/recus/cle").string("verifier_key"),
                "--delete-after-upload",
            ], input: Session.password + "\n")
        #expect(pushed.status == 2)
        #expect(pushed.errors.contains("another key"))
        #expect(tree.exists("a.txt"))
    }

    @Test func whatCannotBeSentIsSaidAndTheRestGoesOn() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let tree = try Tree(server, in: place)
        try tree.put("good.txt", [1])
        try tree.put("Good.TXT", [2])
        try tree.put("bad\\name", [3])
        try tree.put("later.txt", [4])
        let pushed = try await tree.push(["--delete-after-upload"])
        #expect(pushed.status == 1)
        #expect(pushed.errors.contains("upper and lower case"))
        #expect(pushed.errors.contains("not sent: bad"))
        #expect(pushed.output.contains("sent 2, there already 0, removed here 2, left alone 1, not sent 1"))
        #expect(tree.exists("bad\\name") && tree.exists("good.txt"))
    }

    @Test(arguments: [
        (["--server", "http://vault.example.com"], "--allow-http"), (["--server", "vault"], "https://HOST"),
        (["--server", "https://user:pw@vault"], "https://HOST"), (["--dir", "/nowhere/at/all"], "is not a directory"),
        (["--overwrite"], "--delete-after-upload"), (["--parallel", "0"], "from 1 to 16"),
        (["--verifier-key", "x"], "NAME+ID+BASE64"),
    ])
    func wrongWordsAreSaid(_ more: [String], _ words: String) async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let root = try Scratch.directory()
        var flags = [
            "--dir": root, "--server": "http://127.0.0.1:\(server.port)", "--email": "a@example.com",
            "--receipts": try Scratch.file(),
        ]
        var switches: [String] = []
        if more.count == 2 { flags[more[0]] = more[1] } else { switches = more }
        let result = try await Program.run(
            ["push"] + flags.flatMap { [$0.key, $0.value] } + switches, input: "password\n")
        #expect(result.status == 2, "\(result.output)")
        #expect(result.errors.contains(words), "\(result.errors)")
    }

    @Test func aServerThatIsNotThereIsSaidInOneLine() async throws {
        let root = try Scratch.directory()
        let gone = try RawHTTPServer { _ in .close(after: []) }
        let port = gone.port
        gone.stop()
        let result = try await Program.run(
            ["push", "--dir", root, "--server", "http://127.0.0.1:\(port)", "--email", "a@example.com"],
            input: "password\n", environment: ["HOME": root])
        #expect(result.status == 1)
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(result.errors.contains("127.0.0.1:\(port)"))
    }
}
