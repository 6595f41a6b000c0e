import Crypto
import Database

/// The transaction of an upload: permission, quota, lock, name, version row, head, tree history, journal event.
struct CommitContent {
    /// The content must be sealed for this node (`nil`: a new one) and offered again. Nothing was changed.
    struct Retarget: Error {
        let node: NodeID?
    }

    let core: VaultCore
    let request: SaveRequest
    let message: String?
    let idempotency: IdempotencyKey?
    let content: SealedContent
    let evidence: ContentEvidence
    let sealedForNewNode: Bool
    let principal: Principal

    func run(in transaction: borrowing Transaction) throws -> SavedContent {
        if let idempotency, let earlier = try replay(idempotency, in: transaction) { return earlier }
        let saved: SavedContent
        switch request.target {
        case .file(let id):
            let access = try core.grants.require(Edit.self, on: id, for: principal, in: transaction)
            guard access.record.kind == .file else { throw VaultError.invalid(field: "id", .notAFile) }
            guard id == content.node else { throw Retarget(node: id) }
            saved = try addVersion(to: access, in: transaction)
        case .place(let parent, let name, let conflict):
            saved = try place(name, in: parent ?? principal.root, conflict: conflict, transaction)
        }
        if let idempotency {
            try idempotency.remember(
                fingerprint: fingerprint, node: saved.node.id, version: saved.version.number, for: principal.account,
                keyring: core.keyring, in: transaction)
        }
        return saved
    }

    private func place(
        _ wanted: NodeName, in parent: NodeID, conflict: NameConflict, _ transaction: borrowing Transaction
    ) throws -> SavedContent {
        let folder = try core.grants.require(Edit.self, on: parent, for: principal, as: .folder, in: transaction)
        guard folder.record.kind.isFolder else { throw VaultError.invalid(field: "parent_id", .notAFolder) }
        let spaceKey = try core.keyring.spaceKey(folder.record.space, in: transaction)
        var name = wanted
        var tag = spaceKey.tag(name.folded)
        if let found = try NodeQueries.live(named: tag, in: parent, transaction) {
            switch conflict {
            case .refuse: throw VaultError.nameTaken(isFolder: found.kind.isFolder)
            case .rename:
                (name, tag) = try NodeWrites.freeName(wanted, in: parent, spaceKey: spaceKey, transaction)
            case .version:
                guard found.kind == .file else { throw VaultError.nameTaken(isFolder: true) }
                guard found.id == content.node else { throw Retarget(node: found.id) }
                let access = try core.grants.require(Edit.self, on: found.id, for: principal, in: transaction)
                return try addVersion(to: access, in: transaction)
            }
        }
        guard sealedForNewNode else { throw Retarget(node: nil) }
        return try create(name, tag: tag, in: folder, transaction)
    }

    private func create(
        _ name: NodeName, tag: [UInt8], in folder: borrowing Access<Edit>, _ transaction: borrowing Transaction
    ) throws -> SavedContent {
        if request.expectedHead != nil { throw VaultError.versionMismatch }
        let space = folder.record.space
        if try core.usage.check(content.plainSize, in: space, transaction) {
            try core.notices.warnOfStorage(in: space, transaction)
        }
        let key = SealingKey.random()
        try core.keyring.store(key, .node, owner: content.node.value, space: space, in: transaction)

        let type = MediaType.of(name, declared: request.declaredType, evidence)
        let meta = NodeMeta(name: name, mediaType: type)
        let category = FileCategory(mediaType: type)
        let version = makeVersion(number: 1, cause: cause(.upload), name: name, type: type, at: transaction.now)
        let head = VersionHead(number: 1, id: version.id)
        try NodeWrites.insert(
            NodeWrites.NewNode(
                id: content.node, space: space, parent: folder.record.id, kind: .file, tag: tag,
                sealedMeta: meta.sealed(under: key, node: content.node), head: head, size: content.plainSize,
                category: category, author: principal.account),
            in: transaction)
        try content.record(under: key).insert(in: transaction)
        try core.versions.insert(version, key: key, in: transaction)
        try core.usage.add(
            files: 1, bytes: content.plainSize, category: category, state: .live, in: space, transaction)
        try core.audit.record(
            .fileUploaded, on: .node(content.node, kind: .file, space: space), by: principal,
            details: AuditDetails(name: name.text, json: "{\"size\":\(content.plainSize)\(localCopy)}"), key: key,
            in: transaction)
        let node = Node(
            id: content.node, space: space, parent: folder.record.id, kind: .file, state: .live, meta: meta,
            revision: 1,
            head: head, size: content.plainSize, createdBy: principal.account, createdAt: transaction.now,
            updatedAt: transaction.now, trashedAt: nil)
        return SavedContent(node: node, version: version, created: true, replayed: false)
    }

    private func addVersion(
        to access: borrowing Access<Edit>, in transaction: borrowing Transaction
    ) throws -> SavedContent {
        let old = access.record
        if let expected = request.expectedHead, expected != old.head?.id { throw VaultError.versionMismatch }
        if try core.usage.check(content.plainSize - old.size, in: old.space, transaction) {
            try core.notices.warnOfStorage(in: old.space, transaction)
        }
        var meta = try NodeMeta.opened(old.sealedMeta, under: access.key, node: old.id)
        let type = MediaType.of(meta.name, declared: request.declaredType, evidence)
        meta.mediaType = type
        let version = makeVersion(
            number: (old.head?.number ?? 0) + 1, cause: cause(.edit), name: meta.name, type: type, at: transaction.now)
        try content.record(under: access.key).insert(in: transaction)
        let node = try core.versions.append(
            version, to: access, meta: meta, usage: core.usage, in: transaction)
        try core.audit.record(
            .fileEdited, on: .node(old.id, kind: .file, space: old.space), by: principal,
            details: AuditDetails(name: meta.name.text, json: "{\"version\":\(version.number)\(localCopy)}"),
            key: access.key,
            in: transaction)
        return SavedContent(node: node, version: version, created: false, replayed: false)
    }

    /// What the client said of its own copy, as a further member of the event's details.
    private var localCopy: String { request.deletesAfterUpload ? ",\"delete_after_upload\":true" : "" }

    private func cause(_ usual: VersionCause) -> VersionCause {
        switch request.origin {
        case .upload: usual
        case .imported: .imported
        }
    }

    private var modified: Timestamp? {
        switch request.origin {
        case .upload: nil
        case .imported(let modified): modified
        }
    }

    private func makeVersion(
        number: Int, cause: VersionCause, name: NodeName, type: String, at moment: Timestamp
    ) -> Version {
        Version(
            id: core.ids.next(), node: content.node, number: number, blob: content.blob, size: content.plainSize,
            cause: cause, restoredFrom: nil,
            meta: VersionMeta(
                name: name, mediaType: type, message: message, sha256: content.digest.sha256, md5: content.digest.md5,
                modified: modified),
            createdBy: principal.account, createdAt: moment)
    }

    // MARK: Retried requests

    /// What makes two requests the same one: where to, under which name, with which bytes.
    private var fingerprint: [UInt8] {
        var bytes = content.digest.sha256
        switch request.target {
        case .file(let id): bytes += Array(id.description.utf8)
        case .place(let parent, let name, let conflict):
            bytes += Array("\(parent?.description ?? "root")/\(conflict.rawValue)/\(name.text)".utf8)
        }
        return bytes
    }

    private func replay(
        _ key: IdempotencyKey, in transaction: borrowing Transaction
    ) throws -> SavedContent? {
        guard let earlier = try key.earlier(for: principal.account, keyring: core.keyring, in: transaction) else {
            return nil
        }
        guard earlier.matches(fingerprint, keyring: core.keyring, account: principal.account, in: transaction) else {
            throw VaultError.idempotencyMismatch
        }
        let access = try core.grants.require(Read.self, on: earlier.node, for: principal, in: transaction)
        guard
            let version = try core.versions.version(
                earlier.version, of: earlier.node, key: access.key, in: transaction)
        else { throw VaultError.notFound(.version) }
        let meta = try NodeMeta.opened(access.record.sealedMeta, under: access.key, node: earlier.node)
        return SavedContent(
            node: access.record.opened(meta), version: version, created: version.number == 1, replayed: true)
    }
}
