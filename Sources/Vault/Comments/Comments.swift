import Crypto
import Database

/// Comments on files and folders (requirements/1, "Commentaires").
///
/// Whoever has access may comment, viewers too; a role that may only read the vault does not write in it. The author
/// edits; the author and who owns the node delete.
public struct Comments: Sendable {
    let core: VaultCore

    public static let defaultLimit = 50
    public static let maximumLimit = 200

    public func add(_ text: CommentText, to id: NodeID, as principal: Principal) async throws -> Comment {
        try principal.require(.writeContent)
        return try await core.database.write { transaction in
            let access = try access(id, principal, in: transaction)
            let comment: CommentID = core.ids.next()
            let now = transaction.now
            try transaction.run(
                """
                INSERT INTO comments (id, node_id, author_id, sealed_text, created_at, updated_at)
                VALUES (\(comment), \(id), \(principal.account),
                        \(CommentTexts.sealed(text, of: comment, on: id, key: access.key)), \(now), \(now))
                """)
            try record(.commentAdded, comment, access, in: transaction)
            let mentioned = try mentioned(in: text, access, in: transaction)
            for person in mentioned.sorted(by: { $0.value < $1.value }) {
                try core.notices.post(
                    .mention, to: person, by: principal.account, about: id, subject: comment.rebound(), in: transaction)
            }
            // Who is mentioned is told once.
            if let owner = try core.grants.ownerOfSpace(access.record.space, in: transaction),
                owner != principal.account, !mentioned.contains(owner)
            {
                try core.notices.post(
                    .comment, to: owner, by: principal.account, about: id, subject: comment.rebound(), in: transaction)
            }
            return Comment(
                id: comment, node: id, author: try core.people.card(principal.account, in: transaction), text: text,
                createdAt: now, updatedAt: now)
        }
    }

    /// Those on one node, newest first unless asked otherwise.
    /// - Parameters:
    ///   - limit: 1…200.
    ///   - cursor: `next` of the page before.
    public func list(
        of id: NodeID, order: ListOrder = .descending, limit: Int = Comments.defaultLimit, cursor: String? = nil,
        as principal: Principal
    ) async throws -> CommentPage {
        let limit = min(max(1, limit), Self.maximumLimit)
        let after = try cursor.map { text throws(VaultError) -> CommentID in
            guard let id = CommentID(text) else { throw .invalid(field: "cursor", .malformed) }
            return id
        }
        return try await core.database.read { snapshot in
            let access = try access(id, principal, in: snapshot)
            let place: SQL =
                switch order {
                case .descending: "id < \(after ?? CommentID(.max)) ORDER BY id DESC"
                case .ascending: "id > \(after ?? CommentID(0)) ORDER BY id"
                }
            let rows = try snapshot.all(
                """
                SELECT id, author_id, sealed_text, created_at, updated_at FROM comments
                WHERE node_id = \(id) AND \(place) LIMIT \(limit + 1)
                """, { CommentRow($0) })
            let total = try snapshot.first("SELECT COUNT(*) FROM comments WHERE node_id = \(id)", { $0.int(0) })
            let comments = try rows.prefix(limit).map { try opened($0, access, in: snapshot) }
            return CommentPage(
                comments: comments, total: total ?? 0,
                next: rows.count > limit ? comments.last?.id.description : nil)
        }
    }

    /// Gives a comment another text. Its author only.
    public func edit(
        _ comment: CommentID, on id: NodeID, to text: CommentText, as principal: Principal
    ) async throws -> Comment {
        try principal.require(.writeContent)
        return try await core.database.write { transaction in
            let access = try access(id, principal, in: transaction)
            let row = try row(comment, on: id, in: transaction)
            guard row.author == principal.account else { throw VaultError.forbidden }
            let old = try CommentTexts.opened(row.sealedText, of: comment, on: id, key: access.key)
            guard old != text.text else { return try opened(row, access, in: transaction) }
            let now = max(transaction.now, Timestamp(milliseconds: row.updatedAt.milliseconds + 1))
            try transaction.run(
                """
                UPDATE comments SET sealed_text = \(CommentTexts.sealed(text, of: comment, on: id, key: access.key)),
                                    updated_at = \(now)
                WHERE id = \(comment)
                """)
            try record(.commentEdited, comment, access, in: transaction)
            let known = try mentioned(in: CommentText(trusted: old), access, in: transaction)
            let added = try mentioned(in: text, access, in: transaction).subtracting(known)
            for person in added.sorted(by: { $0.value < $1.value }) {
                try core.notices.post(
                    .mention, to: person, by: principal.account, about: id, subject: comment.rebound(), in: transaction)
            }
            return Comment(
                id: comment, node: id, author: try core.people.card(row.author, in: transaction), text: text,
                createdAt: row.createdAt, updatedAt: now)
        }
    }

    /// Deletes a comment for good. Its author, or who owns the node.
    public func delete(_ comment: CommentID, on id: NodeID, as principal: Principal) async throws {
        try principal.require(.writeContent)
        try await core.database.write { transaction in
            let access = try access(id, principal, in: transaction)
            let row = try row(comment, on: id, in: transaction)
            if row.author != principal.account {
                let held = try core.grants.standing(of: principal, on: access.record, in: transaction).permission
                guard held == .owner else { throw VaultError.forbidden }
            }
            try transaction.run("DELETE FROM comments WHERE id = \(comment)")
            try core.notices.forget(comment, on: id, in: transaction)
            try record(.commentDeleted, comment, access, in: transaction)
        }
    }

    // MARK: Steps

    private func access(
        _ id: NodeID, _ principal: Principal, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Access<Read> {
        let access = try core.grants.require(Read.self, on: id, for: principal, in: reading)
        guard access.record.parent != nil else { throw VaultError.notFound(.file) }
        return access
    }

    private func row(
        _ comment: CommentID, on node: NodeID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> CommentRow {
        let row = try reading.first(
            """
            SELECT id, author_id, sealed_text, created_at, updated_at FROM comments
            WHERE id = \(comment) AND node_id = \(node)
            """, { CommentRow($0) })
        guard let row else { throw VaultError.notFound(.comment) }
        return row
    }

    private func opened(
        _ row: CommentRow, _ access: borrowing Access<Read>, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Comment {
        let node = access.record.id
        let text = try CommentTexts.opened(row.sealedText, of: row.id, on: node, key: access.key)
        return Comment(
            id: row.id, node: node, author: try core.people.card(row.author, in: reading),
            text: CommentText(trusted: text), createdAt: row.createdAt, updatedAt: row.updatedAt)
    }

    private func record(
        _ action: AuditAction, _ comment: CommentID, _ access: borrowing Access<Read>,
        in transaction: borrowing Transaction
    ) throws {
        let record = access.record
        let meta = try NodeMeta.opened(record.sealedMeta, under: access.key, node: record.id)
        try core.audit.record(
            action, on: .node(record.id, kind: record.kind, space: record.space), by: access.principal,
            details: AuditDetails(name: meta.name.text, json: CommentTexts.eventDetails(comment)), key: access.key,
            in: transaction)
    }

    /// Whom a text mentions of those who have access, its author left out.
    private func mentioned(
        in text: CommentText, _ access: borrowing Access<Read>, in transaction: borrowing Transaction
    ) throws -> Set<AccountID> {
        guard text.text.utf8.contains(UInt8(ascii: "@")) else { return [] }
        let people = try core.grants.people(on: access.record, in: transaction)
            .filter { $0 != access.principal.account }
        return Mentions.find(in: text.text, among: try core.people.cards(people, in: transaction).values)
    }
}

private struct CommentRow {
    let id: CommentID
    let author: AccountID
    let sealedText: [UInt8]
    let createdAt: Timestamp
    let updatedAt: Timestamp

    init(_ row: borrowing Row) {
        id = row.id(0)
        author = row.id(1)
        sealedText = row.bytes(2)
        createdAt = row.timestamp(3)
        updatedAt = row.timestamp(4)
    }
}

extension Grants {
    /// Active people who may read a node: the owner of its space, and those it or a folder above is shared with.
    func people(
        on record: NodeRecord, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Set<AccountID> {
        let people = try reading.all(
            """
            WITH RECURSIVE chain (id, parent_id) AS (
                SELECT id, parent_id FROM nodes WHERE id = \(record.id)
                UNION ALL
                SELECT p.id, p.parent_id FROM chain c JOIN nodes p ON p.id = c.parent_id
            )
            SELECT g.grantee_id FROM chain c JOIN grants g ON g.node_id = c.id JOIN accounts a ON a.id = g.grantee_id
            WHERE a.status = 'active'
            UNION
            SELECT s.owner_id FROM spaces s JOIN accounts a ON a.id = s.owner_id
            WHERE s.id = \(record.space) AND a.status = 'active'
            LIMIT \(Sharing.maximumPeople)
            """, { $0.id(0) as AccountID })
        return Set(people)
    }
}
