import Foundation
import Glibc
import Testing

/// The disk of the archives is really full: a small tmpfs in the server's own mount namespace.
@Suite struct FullBackupDiskTests {
    private static let unshare = "/usr/bin/unshare"
    private static let flags = geteuid() == 0 ? ["--mount"] : ["--mount", "--map-root-user"]

    @Sendable private static func canMount() async -> Bool {
        guard let probe = try? ChildProcess(unshare, flags + ["mount", "-t", "tmpfs", "none", "/mnt"]) else {
            return false
        }
        return await probe.exit() == 0
    }

    @Test(.enabled("needs the right to mount a tmpfs (root, or user namespaces)", canMount))
    func whatDoesNotFitIsRefusedOrFailsClearlyAndLeavesNothing() async throws {
        let place = try Place()
        try await Program.makeUser("ada@example.com", role: "admin", password: Session.password, in: place)
        let disk = place.root + "/archives"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let script = """
            mount -t tmpfs -o size=24m none '\(disk)' &&
            exec '\(Program.path)' serve --data '\(place.data)' --keys '\(place.keys)' --listen 127.0.0.1:0 \
            --backup-store '\(disk)' --backup-volume-size 16M --drill-interval 0
            """
        let child = try ChildProcess(Self.unshare, Self.flags + ["sh", "-c", script])
        defer { child.signal(SIGKILL) }
        let line = try #require(await child.line(beginning: "listening on "), "\(child.errors)")
        let server = RunningServer(child, port: try #require(UInt16(line.split(separator: ":").last ?? "")))
        try await blocking {
            let ada = try Session(at: server, email: "ada@example.com")
            func folder(_ name: String, _ files: Int) throws -> String {
                let id = try ada.connection.json("POST", "/api/drive/folders", ["name": name]).string("id")
                for number in 0..<files {
                    _ = try ada.upload("\(name)-\(number)", content(1_000_000, seed: UInt64(number)), parent: id)
                }
                return id
            }
            func backup(_ folder: String) throws -> [String: Any] {
                let asked = try ada.connection.json(
                    "POST", "/api/sauvegardes", ["type": "dossier", "cible_id": folder])
                try #require(asked.status == 202, "\(asked.text)")
                // The stream of its progress ends with the work.
                _ = try ada.connection.send("GET", "/api/sauvegardes/\(asked.string("id"))/evenements")
                return try ada.connection.send("GET", "/api/sauvegardes/\(asked.string("id"))").json
            }
            // The file system as the server sees it.
            func kept() throws -> [String] {
                let root = "/proc/\(child.pid)/root\(disk)"
                return try FileManager.default.subpathsOfDirectory(atPath: root).filter { $0.hasSuffix(".zip") }
            }
            let large = try folder("large", 30)
            let refused = try ada.connection.json("POST", "/api/sauvegardes", ["type": "systeme"])
            #expect(refused.status == 507, "\(refused.text)")
            #expect(refused.string("code") == "backup_store_full")
            let failed = try backup(large)
            #expect(failed["statut"] as? String == "echouee", "\(failed)")
            #expect((failed["probleme"] as? [String: Any])?["code"] as? String == "store_full", "\(failed)")
            #expect(try kept() == [])
            let made = try backup(try folder("small", 2))
            #expect(made["statut"] as? String == "terminee", "\(made)")
            #expect(try kept().count == 1)
        }
        #expect(await server.stop() == 0, "\(server.child.errors)")
    }
}
