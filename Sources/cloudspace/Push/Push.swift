import Crypto
import HTTP
import Journal
import Vault

/// Sends a tree of files to a server and, where that is wanted, removes each local file once the vault has signed for the
/// very bytes that were read from it (requirements/2, step 4).
///
/// The order that loses nothing: the file is read, sent and hashed in one pass; the receipt's signature, hash and size are
/// checked against what was read; the receipt rests on the disk; the file's name still stands for the same, unchanged file;
/// only then is it removed. An interruption leaves a file too many, never one too few.
struct Push: Sendable {
    let top: String
    let target: [String]
    let session: PushSession
    let receipts: ReceiptFile
    /// Nil keeps the local files.
    let removal: LocalFile.Removal?
    /// Files under way at once.
    let parallel: Int
    let progress: PushProgress

    /// - Returns: how it went; files that failed are told on the way.
    /// - Throws: what makes going on useless: no room, no right, no server.
    func run() async throws -> PushProgress.Counts {
        var folders = RemoteFolders(session, into: target)
        try await LocalTree.walk(
            top, failed: { path, reason in failed(path, reason) }
        ) { directory in
            for (name, reason) in directory.skipped {
                progress.note { $0.skipped += 1 }
                progress.say("left alone: \(Self.shown(directory.path + [name])): \(reason)")
            }
            let folder: String?
            do {
                folder = try await folders.folder(for: directory.path)
            } catch let failure as APIFailure where !Self.isFatal(failure) {
                for name in directory.files { failed(directory.path + [name], failure.words) }
                return
            }
            try await send(directory, into: folder)
        }
        return progress.now
    }

    private func send(_ directory: LocalDirectory, into folder: String?) async throws {
        try await withThrowingTaskGroup { group in
            var rest = directory.files[...]
            for name in rest.prefix(parallel) {
                rest = rest.dropFirst()
                group.addTask { try await send(directory.path + [name], into: folder) }
            }
            while try await group.next() != nil {
                guard let name = rest.popFirst() else { continue }
                group.addTask { try await send(directory.path + [name], into: folder) }
            }
        }
    }

    private func send(_ path: [String], into folder: String?) async throws {
        do {
            let file = try LocalFile(path: ([top] + path).joined(separator: "/")) { progress.moved($0) }
            if try known(file, path) {
                progress.note { $0.known += 1 }
            } else {
                try await upload(file, path, into: folder)
                progress.note { $0.sent += 1 }
            }
            if let removal {
                try file.remove(removal)
                progress.note { $0.removed += 1 }
            }
        } catch let failure as APIFailure {
            guard !Self.isFatal(failure) else {
                throw ProgramError.failed("\(Self.shown(path)): \(failure.words); run the same command again to go on")
            }
            failed(path, failure.words)
        } catch let error as ProgramError {
            // What the server or the operator must mend first ends the run; what is wrong with one file does not.
            if case .refused = error { throw error }
            failed(path, error.message)
        }
    }

    /// Whether an earlier run sent this file as it is now. Its receipt is checked again, and before a removal its bytes, too.
    private func known(_ file: LocalFile, _ path: [String]) throws -> Bool {
        guard let sent = receipts.sent(path), sent.size == file.identity.size, sent.modified == file.identity.modified,
            let receipt = try? UploadReceipt(opening: sent.receipt, key: receipts.key), receipt.size == sent.size
        else { return false }
        guard removal != nil else {
            progress.moved(sent.size)
            return true
        }
        return file.readDigest() == receipt.sha256
    }

    private func upload(_ file: LocalFile, _ path: [String], into folder: String?) async throws {
        var query = [
            (name: "name", value: path.last ?? ""), (name: "on_conflict", value: "version"),
            (name: "delete_after_upload", value: removal == nil ? "false" : "true"),
        ]
        if let folder { query.append(("parent_id", folder)) }
        let answer = try await session.send(
            "POST", "/api/files/upload", query: query, headers: [("Idempotency-Key", key(of: file, path, folder))]
        ) {
            _ = file.rewind()
            return .file(file)
        }
        guard let digest = file.digest() else {
            throw ProgramError.failed("changed while it was sent; run the same command again")
        }
        let note = try await receipt(in: answer)
        let receipt: UploadReceipt
        do {
            receipt = try UploadReceipt(opening: note, key: receipts.key)
        } catch {
            throw ProgramError.refused(
                "\(Self.shown(path)): the server's receipt is not signed by the key that was seen before; nothing was removed"
            )
        }
        guard receipt.sha256 == digest, receipt.size == file.identity.size else {
            throw ProgramError.failed(
                "the receipt is for other bytes than those that were read (\(Hex.encode(receipt.sha256))); not removed")
        }
        try receipts.keep(note, of: file.identity, at: path)
    }

    /// The receipt that came with the answer; where none did, for it was not asked for, that of the version.
    private func receipt(in answer: JSONValue) async throws -> String {
        if case .string(let note)? = answer["receipt"] { return note }
        guard case .string(let id)? = answer["id"], NodeID(id) != nil,
            case .integer(let version)? = answer["version_number"]
        else { throw APIFailure.notOurs(status: 201) }
        let given = try await session.send("GET", "/api/fichiers/\(id)/versions/\(version)/recu")
        guard case .string(let note)? = given["receipt"] else { throw APIFailure.notOurs(status: 200) }
        return note
    }

    /// The same for the same state of the same file: a request whose answer was lost acts once.
    private func key(of file: LocalFile, _ path: [String], _ folder: String?) -> String {
        let identity = file.identity
        let text =
            "\(folder ?? "")\n\(path.joined(separator: "/"))\n\(identity.device) \(identity.inode) \(identity.size) \(identity.changed)"
        return "push-" + Hex.encode(SHA256Hash.of(Array(text.utf8)))
    }

    private func failed(_ path: [String], _ reason: String) {
        progress.note { $0.failed += 1 }
        progress.say("not sent: \(Self.shown(path)): \(reason)")
    }

    /// What would be the same for every further file.
    private static func isFatal(_ failure: APIFailure) -> Bool {
        switch failure {
        case .noAnswer: true
        case .notOurs: true
        case .refused(let status, let code, _, _):
            status == 401 || status == 429 || status >= 500 || code == "storage_limit_exceeded"
                || code == "role_forbids"
        }
    }

    private static func shown(_ path: [String]) -> String { path.joined(separator: "/").printable }
}
