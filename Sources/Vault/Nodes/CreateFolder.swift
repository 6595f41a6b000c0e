import Crypto
import Database

/// Makes a folder, a locker or a cabinet.
public struct CreateFolder: Sendable {
    let core: VaultCore

    /// - Parameter parent: `nil` is the root of the caller's space.
    /// - Throws: `VaultError.nameTaken` when a file or folder of that name lives there already.
    public func callAsFunction(
        _ name: NodeName, kind: NodeKind = .folder, in parent: NodeID?, as principal: Principal
    ) async throws -> Node {
        try await place(name, kind: kind, in: parent, reusing: .nothing, as: principal).node
    }

    /// What becomes of a folder of that name that is there already.
    private enum Reuse { case nothing, folder }

    /// The live folder of that name, made if there is none.
    /// - Returns: it, and whether it was made.
    /// - Throws: `VaultError.nameTaken` when a file has the name.
    package func existingOrNew(
        _ name: NodeName, in parent: NodeID?, as principal: Principal
    ) async throws -> (id: NodeID, created: Bool) {
        let (node, created) = try await place(name, kind: .folder, in: parent, reusing: .folder, as: principal)
        return (node.id, created)
    }

    private func place(
        _ name: NodeName, kind: NodeKind, in parent: NodeID?, reusing reuse: Reuse, as principal: Principal
    ) async throws -> (node: Node, created: Bool) {
        try principal.require(.writeContent)
        guard kind.isFolder else { throw VaultError.invalid(field: "kind", .notAFolder) }
        return try await core.database.write { transaction in
            let folder = try core.grants.require(
                Edit.self, on: parent ?? principal.root, for: principal, as: .folder, in: transaction)
            guard folder.record.kind.isFolder else { throw VaultError.invalid(field: "parent_id", .notAFolder) }
            let depth = try NodeQueries.ancestors(of: folder.record.id, in: transaction).count
            guard depth < NodeWrites.maximumDepth else { throw VaultError.invalid(field: "parent_id", .tooDeep) }
            let space = folder.record.space
            let tag = try core.keyring.nameTag(name, in: space, transaction)
            if let found = try NodeQueries.live(named: tag, in: folder.record.id, transaction) {
                if reuse == .folder, found.kind.isFolder {
                    // Its own grants may say something else than its parent's.
                    let access = try core.grants.require(
                        Edit.self, on: found.id, for: principal, as: .folder, in: transaction)
                    let meta = try NodeMeta.opened(access.record.sealedMeta, under: access.key, node: found.id)
                    return (access.record.opened(meta), false)
                }
                throw VaultError.nameTaken(isFolder: found.kind.isFolder)
            }
            let id: NodeID = core.ids.next()
            let key = try core.keyring.create(.node, owner: id.value, space: space, in: transaction)
            let meta = NodeMeta(name: name, mediaType: nil)
            try NodeWrites.insert(
                NodeWrites.NewNode(
                    id: id, space: space, parent: folder.record.id, kind: kind, tag: tag,
                    sealedMeta: meta.sealed(under: key, node: id), head: nil, size: 0, category: .other,
                    author: principal.account),
                in: transaction)
            try core.audit.record(
                .folderCreated, on: .node(id, kind: kind, space: space), by: principal,
                details: AuditDetails(name: name.text), key: key, in: transaction)
            let node = Node(
                id: id, space: space, parent: folder.record.id, kind: kind, state: .live, meta: meta, revision: 1,
                head: nil,
                size: 0, createdBy: principal.account, createdAt: transaction.now, updatedAt: transaction.now,
                trashedAt: nil)
            return (node, true)
        }
    }
}
