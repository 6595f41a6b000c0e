import Foundation
import Testing

/// Somebody signed in, with the calls that tests make most.
final class Session {
    let connection: Connection

    /// Signs up.
    init(registeringAt server: RunningServer, email: String, first: String = "Ama", last: String = "Mensah") throws {
        connection = try server.connect()
        let reply = try connection.json(
            "POST", "/api/auth/register",
            ["first_name": first, "last_name": last, "email": email, "password": Session.password])
        try #require(reply.status == 201, "\(reply.text)")
        connection.token = reply.string("token")
    }

    /// Signs in.
    init(at server: RunningServer, email: String, password: String = Session.password) throws {
        connection = try server.connect()
        let reply = try connection.json("POST", "/api/auth/login", ["email": email, "password": password])
        try #require(reply.status == 200, "\(reply.text)")
        connection.token = reply.string("token")
    }

    /// Another connection of somebody who signed in already.
    init(token: String, at server: RunningServer) throws {
        connection = try server.connect()
        connection.token = token
    }

    static let password = "correct horse battery"

    var token: String { connection.token ?? "" }

    /// Uploads a raw body; the new file's id.
    func upload(_ name: String, _ content: [UInt8], parent: String? = nil) throws -> String {
        let reply = try tryUpload(name, content, parent: parent)
        try #require(reply.status == 201, "\(reply.status) \(reply.text)")
        return reply.string("id")
    }

    func tryUpload(_ name: String, _ content: [UInt8], parent: String? = nil) throws -> Connection.Reply {
        var target = "/api/files/upload?name=\(Session.escaped(name))"
        if let parent { target += "&parent_id=\(parent)" }
        return try connection.send("POST", target, headers: ["Content-Type": "application/octet-stream"], body: content)
    }

    func download(_ id: String, version: Int? = nil) throws -> Connection.Reply {
        try connection.send("GET", "/api/files/\(id)/download" + (version.map { "?version=\($0)" } ?? ""))
    }

    static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }
}

/// Content that is the same for the same seed, and does not compress or repeat.
func content(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { buffer in
        var offset = 0
        while offset < count {
            withUnsafeBytes(of: generator.next()) { word in
                for byte in word where offset < count {
                    buffer[offset] = byte
                    offset += 1
                }
            }
        }
    }
    return bytes
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
