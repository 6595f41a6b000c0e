import Crypto
import Database

/// The transaction of a copy: permission, depth, quota, names, keys, rows, history, usage and the journal, for all nodes
/// of it together.
struct CommitCopy: Sendable {
    let core: VaultCore
    let plan: CopyPlan
    let contents: [NodeID: SealedContent]
    let target: CopyTarget
    let principal: Principal

    /// A folder made by this copy, or the one it goes to.
    private struct Place {
        let id: NodeID
        let space: SpaceID
    }

    func run(in transaction: borrowing Transaction) throws -> Node {
        guard let first = plan.items.first else { throw VaultError.notFound(.file) }
        let source = try core.grants.require(Read.self, on: first.source, for: principal, in: transaction)
        let folder = try core.copyPlace(of: source.record, target, for: principal, in: transaction)
        let space = folder.record.space
        let depth = try NodeQueries.ancestors(of: folder.record.id, in: transaction).count
        guard depth + plan.height <= NodeWrites.maximumDepth else {
            throw VaultError.invalid(field: "destination_id", .tooDeep)
        }
        try core.usage.check(plan.size, in: space, transaction)
        let spaceKey = try core.keyring.spaceKey(space, in: transaction)

        var usage: [FileCategory: Usage.Share] = [:]
        var top: Node?
        for item in plan.items {
            let original = try record(item, in: transaction)
            let originalKey = try original.key(core.keyring)
            var meta = item.meta
            let parent = item.parent.map { plan.items[$0].copy } ?? folder.record.id
            let tag: [UInt8]
            if item.parent == nil {
                (meta.name, tag) = try NodeWrites.freeName(
                    first: meta.name.copied, then: meta.name, in: parent, spaceKey: spaceKey, transaction)
            } else {
                tag = spaceKey.tag(meta.name.folded)
            }
            let node = try insert(item, meta, tag: tag, at: Place(id: parent, space: space), in: transaction)
            if item.kind == .file {
                let category = FileCategory(mediaType: meta.mediaType)
                usage[category, default: Usage.Share()].files += 1
                usage[category, default: Usage.Share()].bytes += item.size
            }
            try core.audit.record(
                .fileCopied, on: .node(item.source, kind: item.kind, space: original.space), by: principal,
                details: AuditDetails(name: item.meta.name.text, json: "{\"copy_id\":\"\(item.copy)\"}"),
                key: originalKey,
                in: transaction)
            if top == nil { top = node }
        }
        for (category, share) in usage.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            try core.usage.add(
                files: share.files, bytes: share.bytes, category: category, state: .live, in: space, transaction)
        }
        guard let top else { throw VaultError.notFound(.file) }
        return top
    }

    /// The original as it is now: one that was purged since it was read has no key any more, and no copy.
    private func record(_ item: CopyPlan.Item, in transaction: borrowing Transaction) throws -> NodeRecord {
        guard let record = try NodeQueries.record(item.source, in: transaction), record.state != .purged else {
            throw VaultError.notFound(item.kind == .file ? .file : .folder)
        }
        return record
    }

    /// One node of the copy with its key, its version and its own line in the journal.
    private func insert(
        _ item: CopyPlan.Item, _ meta: NodeMeta, tag: [UInt8], at place: Place, in transaction: borrowing Transaction
    ) throws -> Node {
        let key = try core.keyring.create(.node, owner: item.copy.value, space: place.space, in: transaction)
        var head: VersionHead?
        var version: Version?
        if item.kind == .file {
            guard let content = contents[item.copy] else { throw VaultError.notFound(.file) }
            let made = Version(
                id: core.ids.next(), node: item.copy, number: 1, blob: content.blob, size: content.plainSize,
                cause: .copy, restoredFrom: nil,
                meta: VersionMeta(
                    name: meta.name, mediaType: meta.mediaType ?? MediaType.unknown, message: nil,
                    sha256: content.digest.sha256, md5: content.digest.md5),
                createdBy: principal.account, createdAt: transaction.now)
            (version, head) = (made, VersionHead(number: 1, id: made.id))
        }
        try NodeWrites.insert(
            NodeWrites.NewNode(
                id: item.copy, space: place.space, parent: place.id, kind: item.kind, tag: tag,
                sealedMeta: meta.sealed(under: key, node: item.copy), head: head, size: item.size,
                category: item.kind == .file ? FileCategory(mediaType: meta.mediaType) : .other,
                author: principal.account),
            in: transaction)
        if let version, let content = contents[item.copy] {
            try content.record(under: key).insert(in: transaction)
            try core.versions.insert(version, key: key, in: transaction)
        }
        let action: AuditAction = item.kind == .file ? .fileCreated : .folderCreated
        try core.audit.record(
            action, on: .node(item.copy, kind: item.kind, space: place.space), by: principal,
            details: AuditDetails(name: meta.name.text, json: "{\"copied_from\":\"\(item.source)\"}"), key: key,
            in: transaction)
        return Node(
            id: item.copy, space: place.space, parent: place.id, kind: item.kind, state: .live, meta: meta,
            revision: 1, head: head, size: item.size, createdBy: principal.account, createdAt: transaction.now,
            updatedAt: transaction.now, trashedAt: nil)
    }
}
