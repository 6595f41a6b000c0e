package import Database

extension RewindNode {
    /// Puts a node that came later into the trash; a folder with all in it, unless something older lies there.
    /// - Throws: `RewindRefused`; nothing was changed then.
    package func trash(_ record: NodeRecord, in transaction: borrowing Transaction) throws -> Result {
        // It went with a folder of its own, or somebody else was faster.
        guard record.state == .live else {
            return Result(acts: record.state == .trashed ? .trash : [], reason: nil, isNumbered: false, trashRoot: nil)
        }
        try scene.require(.owner, on: record, core, in: transaction)
        if record.kind.isFolder {
            if scene.hasLocks,
                try core.grants.anyLockBelow(record.id, heldByOtherThan: scene.principal.account, in: transaction)
            {
                throw RewindRefused(.locked)
            }
            if try holdsOlder(record, in: transaction) {
                return Result(acts: [], reason: .notEmpty, isNumbered: false, trashRoot: nil)
            }
        }
        if scene.hasRules {
            let bonds = try core.keeping.bonds(on: .live(record.id), in: record.space, transaction)
            if let bond = Keeping.strictest(bonds) { throw RewindRefused(Self.reason(bond)) }
        }
        let key = try record.key(core.keyring)
        let meta = try NodeMeta.opened(record.sealedMeta, under: key, node: record.id)
        try core.putIntoTrash(record, by: scene.principal, in: transaction)
        try core.audit.record(
            .fileTrashed, on: .node(record.id, kind: record.kind, space: record.space), by: scene.principal,
            details: AuditDetails(name: meta.name.text, json: "{\"restore_id\":\"\(scene.restore)\"}"), key: key,
            in: transaction)
        return Result(acts: .trash, reason: nil, isNumbered: false, trashRoot: nil)
    }

    /// Whether anything in it was there at the moment. Of a folder with very much in it nothing is assumed.
    private func holdsOlder(_ record: NodeRecord, in transaction: borrowing Transaction) throws -> Bool {
        let older = try transaction.all(
            """
            WITH RECURSIVE sub (id) AS (
                SELECT id FROM nodes WHERE id = \(record.id)
                UNION ALL
                SELECT n.id FROM nodes n JOIN sub ON n.parent_id = sub.id WHERE n.state = 0
            )
            SELECT n.id FROM sub JOIN nodes n ON n.id = sub.id WHERE n.created_at <= \(scene.moment) LIMIT \(Self.mostOlder)
            """
        ) { $0.id(0) as NodeID }
        if older.count == Self.mostOlder { return true }
        var known: [NodeID: Bool] = [:]
        return try older.contains {
            try PastQueries.wasThere($0, at: scene.moment, known: &known, in: transaction)
        }
    }

    private static let mostOlder = 10_000

    private static func reason(_ bond: Bond) -> RewindReason {
        switch bond.rule {
        case .hold: .legalHoldActive
        case .retention, .bearer: .retentionActive
        }
    }
}
