import Crypto
package import Database

/// Brings one node to a state it had, inside a transaction: out of the trash, to its place and name, with the content it
/// had as a new version. One row of the tree history, one event a deed.
package struct RewindNode {
    let core: VaultCore
    let scene: RewindScene

    package init(_ core: VaultCore, _ scene: RewindScene) {
        self.core = core
        self.scene = scene
    }

    package struct Result: Sendable {
        package let acts: RewindActs
        package let reason: RewindReason?
        /// Another node has its name: it bears a numbered one.
        package let isNumbered: Bool
        /// With which node it went to the trash, where that was more than itself.
        package let trashRoot: NodeID?
    }

    /// - Parameter source: told in the version's cause: content that came out of an archive counts as a restore, too.
    /// - Throws: `RewindRefused`; nothing was changed then.
    package func callAsFunction(
        _ record: NodeRecord, to past: PastState, in transaction: borrowing Transaction
    ) throws -> Result {
        let difference = try core.difference(of: record, from: past, in: transaction)
        var acts = difference.acts
        guard !acts.isEmpty else { return Result(acts: [], reason: nil, isNumbered: false, trashRoot: nil) }
        try scene.require(.owner, on: record, core, in: transaction)
        var place = record.parent ?? scene.folder
        var reason: RewindReason?
        if acts.contains(.undelete) || acts.contains(.move) {
            (place, reason) = try destination(of: record, past, in: transaction)
            if place == record.parent { acts.remove(.move) }
            if acts.isEmpty { throw RewindRefused(.placeGone) }
        }
        if acts.contains(.version) { try checkQuota(difference.growth, in: transaction) }
        let root = acts.contains(.undelete) ? try trashRoot(of: record, in: transaction) : nil
        let needsName = !acts.isDisjoint(with: [.undelete, .move, .rename])
        let name = try needsName ? freeName(difference.pastMeta.name, for: record, in: place, transaction) : nil
        if place != record.parent { try core.carryRules(of: record, to: place, by: scene.principal, in: transaction) }
        try write(record, difference, acts, place: place, name: name, in: transaction)
        try tell(record, difference, acts, place: place, name: name?.name, in: transaction)
        return Result(
            acts: acts, reason: reason, isNumbered: name.map { $0.name != difference.pastMeta.name } ?? false,
            trashRoot: root)
    }

    /// Gives a node that bears a numbered name its own, if that is free by now.
    /// - Returns: whether it has its own name now.
    package func rename(
        _ record: NodeRecord, to past: PastState, in transaction: borrowing Transaction
    ) throws -> Bool {
        guard record.state == .live, let parent = record.parent else { return false }
        let difference = try core.difference(of: record, from: past, in: transaction)
        guard difference.acts.contains(.rename) else { return true }
        try scene.require(.owner, on: record, core, in: transaction)
        let tag = try core.keyring.nameTag(difference.pastMeta.name, in: record.space, transaction)
        if let found = try NodeQueries.live(named: tag, in: parent, transaction), found.id != record.id { return false }
        let name = (name: difference.pastMeta.name, tag: tag)
        try write(record, difference, .rename, place: parent, name: name, in: transaction)
        try tell(record, difference, .rename, place: parent, name: name.name, in: transaction)
        return true
    }

    // MARK: Where to

    /// The folder it lay in; where that is gone for ever, the one the restore began with, or the root.
    private func destination(
        of record: NodeRecord, _ past: PastState, in transaction: borrowing Transaction
    ) throws -> (NodeID, RewindReason?) {
        let root = NodeID(record.space.value)
        for (place, reason) in [
            (past.parent ?? root, RewindReason?.none), (scene.folder, .placeGone), (root, .placeGone),
        ] {
            guard let above = try NodeQueries.record(place, in: transaction), above.state == .live,
                above.kind.isFolder, above.space == record.space, place != record.id
            else { continue }
            // A node that lives elsewhere stays there rather than to come to lie where it never was.
            if reason != nil, record.state == .live { return (record.parent ?? root, reason) }
            try scene.require(.editor, on: above, core, in: transaction)
            if record.kind.isFolder, place != record.parent { try requireRoom(for: record, in: place, transaction) }
            return (place, reason)
        }
        throw RewindRefused(.placeGone)
    }

    private func requireRoom(
        for record: NodeRecord, in place: NodeID, _ transaction: borrowing Transaction
    ) throws {
        let chain = try NodeQueries.ancestors(of: place, in: transaction)
        if chain.contains(where: { $0.id == record.id }) { throw RewindRefused(.intoItself) }
        let height = try NodeQueries.height(of: record.id, in: transaction)
        if chain.count + height > NodeWrites.maximumDepth { throw RewindRefused(.tooDeep) }
    }

    private func freeName(
        _ wanted: NodeName, for record: NodeRecord, in place: NodeID, _ transaction: borrowing Transaction
    ) throws -> (name: NodeName, tag: [UInt8]) {
        let spaceKey = try core.keyring.spaceKey(record.space, in: transaction)
        let tag = spaceKey.tag(wanted.folded)
        guard let found = try NodeQueries.live(named: tag, in: place, transaction), found.id != record.id else {
            return (wanted, tag)
        }
        do {
            return try NodeWrites.freeName(wanted, in: place, spaceKey: spaceKey, transaction)
        } catch VaultError.nameTaken { throw RewindRefused(.nameTaken) }
    }

    private func checkQuota(_ growth: Int64, in transaction: borrowing Transaction) throws {
        do { try core.usage.check(growth, in: scene.space, transaction) } catch VaultError.quotaExceeded {
            throw RewindRefused(.quotaExceeded)
        }
    }

    private func trashRoot(of record: NodeRecord, in transaction: borrowing Transaction) throws -> NodeID? {
        let root = try transaction.first("SELECT trash_root FROM nodes WHERE id = \(record.id)") {
            $0.optionalID(0) as NodeID?
        }
        guard let root = root ?? nil, root != record.id || record.kind.isFolder else { return nil }
        return root
    }

    // MARK: Rows

    private func write(
        _ record: NodeRecord, _ difference: RewindDifference, _ acts: RewindActs, place: NodeID,
        name: (name: NodeName, tag: [UInt8])?, in transaction: borrowing Transaction
    ) throws {
        var meta = difference.meta
        if let name { meta.name = name.name }
        var (head, size, category) = (record.head, record.size, record.category)
        if let old = difference.version, acts.contains(.version) {
            meta.mediaType = old.meta.mediaType
            var versionMeta = old.meta
            versionMeta.name = meta.name
            versionMeta.message = scene.message
            let version = Version(
                id: core.ids.next(), node: record.id, number: (record.head?.number ?? 0) + 1, blob: old.blob,
                size: old.size, cause: .restore, restoredFrom: old.number, meta: versionMeta,
                createdBy: scene.principal.account, createdAt: transaction.now)
            try core.versions.insert(version, key: difference.key, in: transaction)
            head = VersionHead(number: version.number, id: version.id)
            (size, category) = (old.size, FileCategory(mediaType: meta.mediaType))
        }
        let sealed = meta.sealed(under: difference.key, node: record.id)
        try NodeWrites.rewind(
            record, parent: place, tag: name?.tag, sealedMeta: sealed, head: head, size: size, category: category,
            by: scene.principal.account, in: transaction)
        guard record.kind == .file else { return }
        if record.state == .live, size == record.size, category == record.category { return }
        try core.usage.add(
            files: -1, bytes: -record.size, category: record.category, state: record.state, in: record.space,
            transaction)
        try core.usage.add(
            files: 1, bytes: size, category: category, state: .live, in: record.space, transaction)
    }

    // MARK: The journal

    private func tell(
        _ record: NodeRecord, _ difference: RewindDifference, _ acts: RewindActs, place: NodeID, name: NodeName?,
        in transaction: borrowing Transaction
    ) throws {
        let shown = name ?? difference.meta.name
        let restore = "\"restore_id\":\"\(scene.restore)\""
        func note(_ action: AuditAction, _ members: String) throws {
            let json = members.isEmpty ? "{\(restore)}" : "{\(members),\(restore)}"
            try core.audit.record(
                action, on: .node(record.id, kind: record.kind, space: record.space), by: scene.principal,
                details: AuditDetails(name: shown.text, json: json), key: difference.key, in: transaction)
        }
        if acts.contains(.undelete) { try note(.fileRestored, "") }
        if acts.contains(.move), let old = record.parent {
            try note(.fileMoved, "\"from_folder\":\"\(old)\",\"to_folder\":\"\(place)\"")
        }
        if shown != difference.meta.name {
            let (old, new) = (JSONText.quoted(difference.meta.name.text), JSONText.quoted(shown.text))
            try note(.fileRenamed, "\"old_name\":\(old),\"new_name\":\(new)")
        }
        if acts.contains(.version), let old = difference.version {
            try note(
                .versionRestored, "\"version\":\((record.head?.number ?? 0) + 1),\"restored_from\":\(old.number)")
        }
    }
}

extension NodeWrites {
    /// All that bringing a node back changes of its row, in one statement and one row of history. It is live afterwards.
    /// - Parameter tag: of its name; `nil` where name and place stay.
    static func rewind(
        _ record: NodeRecord, parent: NodeID, tag: [UInt8]?, sealedMeta: [UInt8], head: VersionHead?, size: Int64,
        category: FileCategory, by author: AccountID, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            UPDATE nodes SET parent_id = \(parent), name_tag = COALESCE(\(tag.sqlValue), name_tag), sealed_meta = \(sealedMeta),
                             head_number = \(head?.number ?? 0), head_id = \((head?.id).sqlValue), size = \(size),
                             category = \(category.rawValue), state = 0, trashed_at = NULL, trash_root = NULL,
                             revision = revision + 1, updated_at = \(transaction.now)
            WHERE id = \(record.id)
            """)
        try appendHistory(
            record.id, space: record.space, parent: parent, kind: record.kind, state: .live, sealedMeta: sealedMeta,
            head: head?.number ?? 0, size: size, by: author, in: transaction)
    }
}
