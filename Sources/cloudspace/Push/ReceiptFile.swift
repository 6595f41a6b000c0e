import HTTP
import Journal
import Synchronization
import Vault

/// The receipts of a push, one JSON object a line, kept beside nothing that the push may remove: what was acknowledged is
/// known after an interruption, and provable for ever.
///
/// The first line names the server, where things go, and the key that receipts are checked with from then on.
final class ReceiptFile: Sendable {
    /// A file as it was when it was sent.
    struct Sent: Sendable, Equatable {
        let size: Int64
        let modified: Int64
        let receipt: String
    }

    let path: String
    let key: NoteVerifierKey
    private let known: Mutex<[String: Sent]>
    private let lock: FileLock

    /// Opens the file of an earlier run, or begins one.
    ///
    /// - Parameters:
    ///   - expected: the key that the operator trusts, when one was given.
    ///   - offered: what the server says its key is.
    /// - Throws: `ProgramError.refused` when another run has the file, it belongs to another push, or the server's key is
    ///   not the one that was seen before.
    init(
        path: String, server: ServerURL, target: String, expected: NoteVerifierKey?, offered: NoteVerifierKey
    ) throws(ProgramError) {
        self.path = path
        guard let lock = try FileLock(path: path) else {
            throw .refused("another push uses \(path.printable); wait until it is over")
        }
        self.lock = lock
        let (header, sent, length) = try Self.read(path)
        // A last line without its end is what an interruption left: that file is sent again.
        try FileWriter.cut(path, to: length)
        if let header {
            guard header.server == server.base, header.target == target else {
                throw .refused(
                    "\(path.printable) is of a push to \(header.target.printable) on \(header.server.printable); give another "
                        + "file by --receipts")
            }
            key = header.key
        } else {
            key = expected ?? offered
        }
        guard key == offered, expected == nil || expected == key else {
            throw .refused(
                "the server signs receipts with another key than before (\(offered.text)); if that is right, begin a new file "
                    + "by --receipts and give --verifier-key")
        }
        known = Mutex(sent)
        if header == nil {
            try append([
                "server": .string(server.base), "target": .string(target), "verifier_key": .string(key.text),
            ])
        }
    }

    /// What is known of a file that was sent before.
    /// - Parameter path: from the tree's top.
    func sent(_ path: [String]) -> Sent? {
        known.withLock { $0[path.joined(separator: "/")] }
    }

    /// Keeps a receipt; it is on the disk when this returns.
    func keep(_ receipt: String, of identity: FileIdentity, at path: [String]) throws(ProgramError) {
        let name = path.joined(separator: "/")
        try append([
            "path": .string(name), "size": .integer(identity.size), "modified": .integer(identity.modified),
            "receipt": .string(receipt),
        ])
        let sent = Sent(size: identity.size, modified: identity.modified, receipt: receipt)
        known.withLock { $0[name] = sent }
    }

    private func append(_ members: [String: JSONValue]) throws(ProgramError) {
        try FileWriter.append(JSONValue.object(members).serialized + [UInt8(ascii: "\n")], to: path)
    }

    // MARK: Reading

    private struct Header {
        let server: String
        let target: String
        let key: NoteVerifierKey
    }

    /// Longest line that is read.
    private static let lineLimit = 64 << 10

    private static func read(_ path: String) throws(ProgramError) -> (
        header: Header?, sent: [String: Sent], length: Int64
    ) {
        let reader = try FileReader(path: path)
        var header: Header?
        var sent: [String: Sent] = [:]
        var rest: [UInt8] = []
        var length: Int64 = 0
        while let bytes = try reader.next() {
            rest += bytes
            var start = rest.startIndex
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(rest[start..<end])
                start = end + 1
                if header == nil {
                    guard let found = Self.header(line) else {
                        throw .refused("\(path.printable) is no file of receipts; give another by --receipts")
                    }
                    header = found
                } else if let (name, entry) = Self.entry(line) {
                    sent[name] = entry
                }
            }
            length += Int64(start)
            rest.removeSubrange(..<start)
            guard rest.count <= lineLimit else {
                throw .refused("\(path.printable) is no file of receipts; give another by --receipts")
            }
        }
        return (header, sent, length)
    }

    private static func header(_ line: [UInt8]) -> Header? {
        guard let value = try? JSONValue(parsing: line), case .string(let server)? = value["server"],
            case .string(let target)? = value["target"], case .string(let text)? = value["verifier_key"],
            let key = try? NoteVerifierKey(parsing: text)
        else { return nil }
        return Header(server: server, target: target, key: key)
    }

    private static func entry(_ line: [UInt8]) -> (String, Sent)? {
        guard let value = try? JSONValue(parsing: line), case .string(let path)? = value["path"],
            case .integer(let size)? = value["size"], case .integer(let modified)? = value["modified"],
            case .string(let receipt)? = value["receipt"]
        else { return nil }
        return (path, Sent(size: size, modified: modified, receipt: receipt))
    }
}
