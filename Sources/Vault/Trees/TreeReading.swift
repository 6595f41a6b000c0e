import Crypto
import Database

/// One part of a tree on its way out.
public enum TreePart: Sendable {
    /// Comes before what is in it.
    case folder(path: String, Node)
    case file(path: String, OpenedContent)
}

/// Walks through a tree, page by page: the memory it takes does not grow with the tree.
///
/// Each page of a folder is a reading of its own in which the caller's right to that folder is looked at again, and each
/// file's reading is journalled before the file is given out. A name can be given out once only. A file or folder that
/// cannot be opened any more ends the walk with an error: what was given out so far is then not the whole tree.
///
/// For one task at a time.
public actor TreeReading {
    struct Root: Sendable {
        let node: Node
        let name: NodeName
    }

    private struct Child: Sendable {
        let node: Node
        let name: NodeName
        /// `nil` for folders.
        let content: LocatedContent?
    }

    /// A folder in which the walk is.
    private struct Level {
        let folder: NodeID
        /// Of the folder, with "/" behind it.
        let path: String
        var page: ArraySlice<Child> = []
        var lastTag: [UInt8] = []
        var isRead = false
    }

    /// Files whose keys, and contents of up to 32 KiB, are in memory at once.
    private static let pageSize = 64

    /// What was asked for, each under the name it has in the whole.
    public nonisolated let names: [NodeName]

    private let core: VaultCore
    private let principal: Principal
    private var roots: ArraySlice<Root>
    private var levels: [Level] = []
    private var given = 0

    init(core: VaultCore, principal: Principal, roots: [Root]) {
        self.core = core
        self.principal = principal
        self.roots = roots[...]
        names = roots.map(\.name)
    }

    /// - Returns: `nil` when all was given out.
    public func next() async throws -> TreePart? {
        while let level = levels.last {
            if let child = level.page.first {
                levels[levels.count - 1].page.removeFirst()
                return try await give(child, below: level.path)
            }
            if level.isRead { levels.removeLast() } else { try await turnPage() }
        }
        guard let root = roots.popFirst() else { return nil }
        let child = try await begin(root)
        return try await give(child, below: "")
    }

    private func give(_ child: Child, below path: String) async throws -> TreePart {
        given += 1
        guard given <= ReadTree.mostNodes else { throw VaultError.tooManyItems(limit: ReadTree.mostNodes) }
        let name = path + child.name.text
        guard let content = child.content else {
            // Moves while the walk goes on could otherwise make it endless.
            guard levels.count <= NodeWrites.maximumDepth else { throw VaultError.invalid(field: "id", .tooDeep) }
            levels.append(Level(folder: child.node.id, path: name + "/"))
            return .folder(path: name, child.node)
        }
        let opened = try await OpenContent(core: core).open(content, as: principal)
        return .file(path: name, opened)
    }

    /// A folder that was asked for is journalled itself, beside the files in it.
    private func begin(_ root: Root) async throws -> Child {
        if root.node.kind.isFolder {
            try await core.database.write { [core, principal] transaction in
                let access = try core.grants.require(Read.self, on: root.node.id, for: principal, in: transaction)
                try core.audit.record(
                    .fileDownloaded, on: .node(root.node.id, kind: root.node.kind, space: root.node.space),
                    by: principal, details: AuditDetails(name: root.node.name.text, json: "{\"archive\":\"zip\"}"),
                    key: access.key, in: transaction)
            }
            return Child(node: root.node, name: root.name, content: nil)
        }
        let content = try await core.database.read { [core, principal] snapshot in
            let access = try core.grants.require(Read.self, on: root.node.id, for: principal, in: snapshot)
            return try core.locate(access.record, key: access.key, in: snapshot)
        }
        try await core.reads.record([content], purpose: .download, by: principal)
        return Child(node: content.node, name: root.name, content: content)
    }

    private func turnPage() async throws {
        let place = levels.count - 1
        let (folder, tag) = (levels[place].folder, levels[place].lastTag)
        let (page, last) = try await core.database.read { [core, principal] snapshot in
            _ = try core.grants.require(Read.self, on: folder, for: principal, as: .folder, in: snapshot)
            let rows = try NodeQueries.children(of: folder, behind: tag, limit: Self.pageSize, in: snapshot)
            let page = try rows.map { try Self.child($0.record, core, snapshot) }
            return (page, rows.count < Self.pageSize ? nil : rows.last?.tag)
        }
        try await core.reads.record(page.compactMap(\.content), purpose: .download, by: principal)
        levels[place].page = page[...]
        levels[place].lastTag = last ?? []
        levels[place].isRead = last == nil
    }

    private static func child(
        _ record: NodeRecord, _ core: VaultCore, _ snapshot: borrowing Snapshot
    ) throws -> Child {
        let key = try record.key(core.keyring)
        if record.kind == .file {
            let content = try core.locate(record, key: key, in: snapshot)
            return Child(node: content.node, name: content.node.name, content: content)
        }
        let node = record.opened(try NodeMeta.opened(record.sealedMeta, under: key, node: record.id))
        return Child(node: node, name: node.name, content: nil)
    }
}
