import HTTP

/// The folders of the vault that a tree's directories go into; made where they are missing.
struct RemoteFolders: Sendable {
    let session: PushSession
    /// Ids by path, of the way down to where the walk is.
    private var known: [[String]: String?]
    /// Folders below the root that the tree's top goes into.
    private let base: [String]

    /// - Parameter base: names from the root down; none for the root itself.
    init(_ session: PushSession, into base: [String]) {
        self.session = session
        self.base = base
        known = [[]: nil]
    }

    /// The id of the folder for a directory of the tree; nil for the root of the drive.
    /// - Throws: `APIFailure`
    mutating func folder(for path: [String]) async throws -> String? {
        let whole = base + path
        // Only the way down is kept: the walk does not come back to what it has left.
        known = known.filter { whole.starts(with: $0.key) }
        var parent: String?
        for count in 1...max(1, whole.count) where count <= whole.count {
            let here = Array(whole.prefix(count))
            if let id = known[here] {
                parent = id
                continue
            }
            let id = try await open(whole[count - 1], in: parent)
            known[here] = id
            parent = id
        }
        return parent
    }

    /// Finds or makes one folder.
    private func open(_ name: String, in parent: String?) async throws -> String {
        do {
            return try await create(name, in: parent)
        } catch let failure as APIFailure {
            // Taken, by a folder or by something else: looking tells.
            guard case .refused(let status, _, _, _) = failure, status == 400 || status == 409 else { throw failure }
            guard let id = try await find(name, in: parent) else { throw failure }
            return id
        }
    }

    private func create(_ name: String, in parent: String?) async throws -> String {
        let body = JSONValue.object(["name": .string(name), "parent_id": parent.map { .string($0) } ?? .null])
        let answer = try await session.send("POST", "/api/drive/folders", body: { .json(body) })
        guard case .string(let id)? = answer["id"] else { throw APIFailure.notOurs(status: 201) }
        return id
    }

    private func find(_ name: String, in parent: String?) async throws -> String? {
        var cursor: String?
        repeat {
            var query = [(name: "type", value: "folder"), (name: "limit", value: "1000")]
            if let parent { query.append(("parent_id", parent)) }
            if let cursor { query.append(("cursor", cursor)) }
            let page = try await session.send("GET", "/api/drive/contents", query: query)
            guard case .array(let folders)? = page["folders"] else { throw APIFailure.notOurs(status: 200) }
            for folder in folders {
                guard case .string(let found)? = folder["name"], case .string(let id)? = folder["id"] else { continue }
                if found.lowercased() == name.lowercased() { return id }
            }
            if case .string(let next)? = page["next_cursor"] { cursor = next } else { cursor = nil }
        } while cursor != nil
        return nil
    }
}
