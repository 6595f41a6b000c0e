import Crypto
import Database

/// Puts a person's notifications together within one reading.
///
/// At most a thousand rows are kept for a person, so all of them are looked at: those about what the person may no
/// longer read are left out, and so the count of unread ones never tells of it either.
struct NotificationReading {
    let core: VaultCore
    let principal: Principal

    /// Characters of a comment that are shown.
    static let excerptLength = 140

    private struct Line {
        let id: NotificationID
        let sequence: Int64
        let kind: NotificationKind
        let actor: AccountID?
        let node: NodeID?
        let comment: CommentID?
        let createdAt: Timestamp
        let isRead: Bool

        init?(_ row: borrowing Row) {
            guard let kind = NotificationKind(rawValue: row.text(2)) else { return nil }
            id = row.id(0)
            sequence = row.integer(1)
            self.kind = kind
            actor = row.optionalID(3)
            node = row.optionalID(4)
            comment = row.optionalID(5)
            createdAt = row.timestamp(6)
            isRead = !row.isNull(7)
        }
    }

    struct Since: Sendable {
        let entries: [Notification]
        /// The last one looked at, shown or not.
        let upTo: Int64
        let hasMore: Bool
    }

    /// What came after `sequence`, oldest first.
    func since(_ sequence: Int64, limit: Int, in snapshot: borrowing Snapshot) throws -> Since {
        let lines = try snapshot.all(
            """
            SELECT id, sequence, kind, actor_id, node_id, subject_id, created_at, read_at FROM notifications
            WHERE account_id = \(principal.account) AND sequence > \(sequence) ORDER BY sequence LIMIT \(limit + 1)
            """
        ) { Line($0) }.compactMap { $0 }
        let page = lines.prefix(limit)
        guard let last = page.last else { return Since(entries: [], upTo: sequence, hasMore: false) }
        let readable = try readableNodes(in: snapshot)
        return Since(
            entries: try page.filter { isShown($0, readable) }.compactMap { try opened($0, in: snapshot) },
            upTo: last.sequence, hasMore: lines.count > limit)
    }

    func page(
        unreadOnly: Bool, limit: Int, before: Int64?, in snapshot: borrowing Snapshot
    ) throws -> NotificationPage {
        let lines = try snapshot.all(
            """
            SELECT id, sequence, kind, actor_id, node_id, subject_id, created_at, read_at FROM notifications
            WHERE account_id = \(principal.account) ORDER BY sequence DESC LIMIT \(NotificationLedger.keptPerPerson)
            """
        ) { Line($0) }.compactMap { $0 }
        guard !lines.isEmpty else { return NotificationPage(entries: [], unread: 0, next: nil) }
        let readable = try readableNodes(in: snapshot)
        let shown = lines.filter { isShown($0, readable) }
        let wanted = shown.filter { (!unreadOnly || !$0.isRead) && $0.sequence < before ?? .max }
        let page = wanted.prefix(limit)
        return NotificationPage(
            entries: try page.compactMap { try opened($0, in: snapshot) }, unread: shown.count(where: { !$0.isRead }),
            next: wanted.count > limit ? page.last.map { String($0.sequence) } : nil)
    }

    private func isShown(_ line: Line, _ readable: Set<NodeID>) -> Bool {
        line.node.map(readable.contains) ?? true
    }

    /// Of the nodes that the person's notifications are about, those that are alive and that they may read now.
    private func readableNodes(in snapshot: borrowing Snapshot) throws -> Set<NodeID> {
        guard principal.role.allows(.readContent) else { return [] }
        let account = principal.account
        let nodes = try snapshot.all(
            """
            WITH RECURSIVE chain (node, id, parent_id) AS (
                SELECT n.id, n.id, n.parent_id FROM notifications t JOIN nodes n ON n.id = t.node_id
                WHERE t.account_id = \(account) AND n.state = 0
                UNION
                SELECT c.node, p.id, p.parent_id FROM chain c JOIN nodes p ON p.id = c.parent_id
            )
            SELECT c.node FROM chain c JOIN grants g ON g.node_id = c.id WHERE g.grantee_id = \(account)
            UNION
            SELECT n.id FROM notifications t JOIN nodes n ON n.id = t.node_id JOIN spaces s ON s.id = n.space_id
            WHERE t.account_id = \(account) AND n.state = 0 AND s.owner_id = \(account)
            """, { $0.id(0) as NodeID })
        return Set(nodes)
    }

    private func opened(_ line: Line, in snapshot: borrowing Snapshot) throws -> Notification? {
        var node: Node?
        var excerpt: String?
        if let id = line.node {
            guard let record = try NodeQueries.record(id, in: snapshot), record.wrappedKey != nil else { return nil }
            node = record.opened(try core.names.meta(of: record))
            if let comment = line.comment {
                let text = try CommentTexts.text(comment, on: id, key: record.key(core.keyring), in: snapshot)
                excerpt = text.map(Self.excerpt)
            }
        }
        return Notification(
            id: line.id, kind: line.kind, actor: try line.actor.map { try core.people.card($0, in: snapshot) },
            node: node, excerpt: excerpt,
            usage: line.kind == .storageNearlyFull ? try core.usage.usage(of: principal.space, in: snapshot) : nil,
            burst: line.kind == .rewriteBurst
                ? try line.comment.flatMap { try RewriteBursts.burst($0.rebound(), in: snapshot) } : nil,
            createdAt: line.createdAt, isRead: line.isRead, sequence: line.sequence)
    }

    /// The beginning of a comment, on one line.
    static func excerpt(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard line.count > excerptLength else { return line }
        return line.prefix(excerptLength - 1) + "…"
    }
}
