import Foundation
import Glibc
import Testing

/// A disk that is really full: a small tmpfs in the server's own mount namespace, gone with the server.
@Suite struct FullDiskTests {
    private static let unshare = "/usr/bin/unshare"
    private static let flags = geteuid() == 0 ? ["--mount"] : ["--mount", "--map-root-user"]

    @Sendable private static func canMount() async -> Bool {
        guard let probe = try? ChildProcess(unshare, flags + ["mount", "-t", "tmpfs", "none", "/mnt"]) else {
            return false
        }
        return await probe.exit() == 0
    }

    @Test(.enabled("needs the right to mount a tmpfs (root, or user namespaces)", canMount))
    func uploadsAnswer507AndTheServerGoesOn() async throws {
        let (place, server, disk) = try await Self.serverOnSmallDisk()
        defer { server.child.signal(SIGKILL) }
        defer { withExtendedLifetime(place) {} }

        try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            var stored: [(id: String, bytes: [UInt8])] = []
            var refusal: Connection.Reply?
            for number in 0..<40 {
                let bytes = content(1_000_000, seed: UInt64(number))
                let reply = try Self.upload("file-\(number)", bytes, ama, server)
                if reply.status != 201 {
                    refusal = reply
                    break
                }
                stored.append((reply.string("id"), bytes))
            }
            let refused = try #require(refusal)
            #expect(refused.status == 507, "\(refused.status) \(refused.text)")
            #expect(stored.count >= 8)
            let check = try Session(token: ama.token, at: server)
            for file in stored {
                let reply = try check.download(file.id)
                #expect(reply.body == file.bytes, "\(reply.status) \(reply.text.prefix(200))")
            }
            #expect(try check.connection.send("GET", "/api/drive/contents").json["total_count"] as? Int == stored.count)

            // The file system as the server sees it.
            try FileManager.default.removeItem(atPath: "/proc/\(server.child.pid)/root\(disk)/ballast")
            let bytes = content(1_000_000, seed: 99)
            let reply = try Self.upload("after", bytes, check, server)
            #expect(reply.status == 201, "\(reply.text)")
            let last = try Session(token: ama.token, at: server)
            #expect(try last.download(reply.string("id")).body == bytes)
            #expect(try last.upload("small", content(500, seed: 100)).isEmpty == false)
        }
        #expect(await server.stop() == 0, "\(server.child.errors)")
    }

    /// Reading is in the journal before the first byte, or there is no first byte (decision 0036).
    @Test(.enabled("needs the right to mount a tmpfs (root, or user namespaces)", canMount))
    func withoutRoomForTheJournalNoContentIsRead() async throws {
        let (place, server, disk) = try await Self.serverOnSmallDisk()
        defer { server.child.signal(SIGKILL) }
        defer { withExtendedLifetime(place) {} }
        try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            var files: [(id: String, bytes: [UInt8])] = []
            for number in 0..<700 {
                let bytes = content(200, seed: UInt64(number))
                files.append((try ama.upload("file-\(number)", bytes), bytes))
            }
            let filler = "/proc/\(server.child.pid)/root\(disk)/filler"
            try Self.fill(filler)
            // The write-ahead log has room for some more events.
            var refusal: Connection.Reply?
            var readable = 0
            for file in files {
                let reply = try ama.download(file.id)
                if reply.status != 200 {
                    refusal = reply
                    break
                }
                #expect(reply.body == file.bytes)
                readable += 1
            }
            let refused = try #require(refusal, "all \(readable) were read on a full disk")
            #expect(refused.status == 507, "\(refused.status) \(refused.text)")
            #expect(refused.string("code") == "storage_full")
            #expect(try ama.connection.send("GET", "/api/drive/contents").status == 200)

            try FileManager.default.removeItem(atPath: filler)
            let last = try Session(token: ama.token, at: server)
            #expect(try last.download(files[readable].id).body == files[readable].bytes)
        }
        #expect(await server.stop() == 0, "\(server.child.errors)")
    }

    /// A server whose data lies on a file system of 24 MiB, with 4 MiB of ballast.
    private static func serverOnSmallDisk() async throws -> (place: Place, server: RunningServer, disk: String) {
        let place = try Place()
        let disk = place.root + "/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let script = """
            mount -t tmpfs -o size=24m none '\(disk)' && head -c 4M /dev/zero > '\(disk)/ballast' &&
            exec '\(Program.path)' serve --data '\(place.data)' --keys '\(place.keys)' --listen 127.0.0.1:0
            """
        let child = try ChildProcess(unshare, flags + ["sh", "-c", script])
        let line = try #require(await child.line(beginning: "listening on "), "\(child.errors)")
        let port = try #require(UInt16(line.split(separator: ":").last ?? ""))
        let server = RunningServer(child, port: port)
        return (place, server, disk)
    }

    /// Writes until nothing more fits.
    private static func fill(_ path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        for size in [1 << 20, 4_096, 1] {
            let block = [UInt8](repeating: 0, count: size)
            while write(file, block, size) == size {}
        }
    }

    /// An early answer may end the connection, so every upload has its own.
    private static func upload(
        _ name: String, _ bytes: [UInt8], _ session: Session, _ server: RunningServer
    ) throws -> Connection.Reply {
        try Session(token: session.token, at: server).tryUpload(name, bytes)
    }
}
