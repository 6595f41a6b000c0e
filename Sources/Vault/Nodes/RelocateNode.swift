import Crypto
import Database

/// Gives a node another name.
public struct RenameNode: Sendable {
    let core: VaultCore

    /// - Throws: `VaultError.nameTaken` when another node of that name lives beside it.
    public func callAsFunction(_ id: NodeID, to name: NodeName, as principal: Principal) async throws -> Node {
        try await core.database.write { transaction in
            let access = try core.grants.require(Edit.self, on: id, for: principal, in: transaction)
            guard let parent = access.record.parent else { throw VaultError.forbidden }
            var meta = try NodeMeta.opened(access.record.sealedMeta, under: access.key, node: id)
            let old = meta.name
            meta.name = name
            let node = try core.relocate(access, to: parent, meta: meta, in: transaction)
            let details = "{\"old_name\":\(JSONText.quoted(old.text)),\"new_name\":\(JSONText.quoted(name.text))}"
            try core.audit.record(
                .fileRenamed, on: .node(id, kind: node.kind, space: node.space), by: principal,
                details: AuditDetails(name: name.text, json: details), key: access.key, in: transaction)
            return node
        }
    }
}

/// Puts a node into another folder of the same space.
public struct MoveNode: Sendable {
    let core: VaultCore

    /// - Parameter destination: `nil` is the root of the node's space.
    /// - Throws: `VaultError.destinationNotFound`, `.intoItself`, `.nameTaken`.
    public func callAsFunction(_ id: NodeID, to destination: NodeID?, as principal: Principal) async throws -> Node {
        try await core.database.write { transaction in
            let access = try core.grants.require(Own.self, on: id, for: principal, in: transaction)
            let record = access.record
            guard let parent = record.parent else { throw VaultError.forbidden }
            let target = destination ?? NodeID(record.space.value)
            let folder: Access<Edit>
            do {
                folder = try core.grants.require(Edit.self, on: target, for: principal, as: .folder, in: transaction)
            } catch VaultError.notFound {
                throw VaultError.destinationNotFound
            }
            guard folder.record.kind.isFolder, folder.record.space == record.space else {
                throw VaultError.destinationNotFound
            }
            let chain = try NodeQueries.ancestors(of: target, in: transaction)
            guard !chain.contains(where: { $0.id == id }) else { throw VaultError.intoItself }
            if record.kind.isFolder {
                let height = try NodeQueries.height(of: id, in: transaction)
                guard chain.count + height <= NodeWrites.maximumDepth else {
                    throw VaultError.invalid(field: "destination_id", .tooDeep)
                }
            }
            let meta = try NodeMeta.opened(record.sealedMeta, under: access.key, node: id)
            let node = try core.relocate(access, to: target, meta: meta, in: transaction)
            try core.audit.record(
                .fileMoved, on: .node(id, kind: node.kind, space: node.space), by: principal,
                details: AuditDetails(
                    name: meta.name.text, json: "{\"from_folder\":\"\(parent)\",\"to_folder\":\"\(target)\"}"),
                key: access.key, in: transaction)
            return node
        }
    }
}

extension VaultCore {
    /// The one statement behind rename and move: a node's name and place, kept unique.
    fileprivate func relocate<Kind: PermissionKind>(
        _ access: borrowing Access<Kind>, to parent: NodeID, meta: NodeMeta, in transaction: borrowing Transaction
    ) throws -> Node {
        let record = access.record
        let tag = try keyring.nameTag(meta.name, in: record.space, transaction)
        if let found = try NodeQueries.live(named: tag, in: parent, transaction), found.id != record.id {
            throw VaultError.nameTaken(isFolder: record.kind.isFolder)
        }
        try carryRules(of: record, to: parent, by: access.principal, in: transaction)
        try NodeWrites.place(
            record, parent: parent, tag: tag, sealedMeta: meta.sealed(under: access.key, node: record.id),
            by: access.principal.account, in: transaction)
        return Node(
            id: record.id, space: record.space, parent: parent, kind: record.kind, state: .live, meta: meta,
            revision: record.revision + 1, head: record.head, size: record.size, createdBy: record.createdBy,
            createdAt: record.createdAt, updatedAt: transaction.now, trashedAt: nil)
    }
}
