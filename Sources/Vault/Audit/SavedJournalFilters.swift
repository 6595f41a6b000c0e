import Crypto
public import Database
import Journal

public enum JournalFilterEntity {}
public typealias JournalFilterID = ID<JournalFilterEntity>

/// A filter of the journal that somebody keeps for themselves.
public struct SavedJournalFilter: Sendable {
    public let id: JournalFilterID
    public let name: String
    /// As the API family wrote it; the core does not read it.
    public let text: String
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
}

/// Filters that people who read the journal keep: each for who saved it, sealed under that person's key, because a name
/// that was searched for may stand in one.
public struct SavedJournalFilters: Sendable {
    let core: VaultCore

    /// Filters of one person.
    public static let most = 100
    public static let longestName = 100
    /// In bytes.
    private static let longestText = 8_192

    /// In the order of their making.
    public func all(as principal: Principal) async throws -> [SavedJournalFilter] {
        try principal.require(.readJournal)
        return try await core.database.read { snapshot in
            let key = try core.keyring.accountKey(principal.account, in: snapshot)
            return try snapshot.all(
                """
                SELECT id, sealed_filter, created_at, updated_at FROM journal_filters
                WHERE account_id = \(principal.account) ORDER BY id LIMIT \(Self.most)
                """
            ) { try Self.opened($0, under: key) }
        }
    }

    /// - Throws: `VaultError.notFound(.journalFilter)` for one that is not the caller's.
    public func one(_ id: JournalFilterID, as principal: Principal) async throws -> SavedJournalFilter {
        try principal.require(.readJournal)
        return try await core.database.read { snapshot in try one(id, as: principal, in: snapshot) }
    }

    /// - Throws: `VaultError.invalid` for the name, `.tooManyJournalFilters`.
    public func save(name: String, text: String, as principal: Principal) async throws -> SavedJournalFilter {
        try principal.require(.readJournal)
        let name = try Self.checked(name, text)
        let id: JournalFilterID = core.ids.next()
        return try await core.database.write { transaction in
            let count = try transaction.first(
                "SELECT COUNT(*) FROM journal_filters WHERE account_id = \(principal.account)", { $0.int(0) })
            guard count ?? 0 < Self.most else { throw VaultError.tooManyJournalFilters(maximum: Self.most) }
            let key = try core.keyring.accountKey(principal.account, in: transaction)
            let now = transaction.now
            try transaction.run(
                """
                INSERT INTO journal_filters (id, account_id, sealed_filter, created_at, updated_at)
                VALUES (\(id), \(principal.account), \(Self.sealed(name, text, id, under: key)), \(now), \(now))
                """)
            try note(.journalFilterSaved, id, by: principal, in: transaction)
            return SavedJournalFilter(id: id, name: name, text: text, createdAt: now, updatedAt: now)
        }
    }

    /// - Throws: `VaultError.notFound(.journalFilter)` for one that is not the caller's, `.invalid` for the name.
    public func replace(
        _ id: JournalFilterID, name: String, text: String, as principal: Principal
    ) async throws -> SavedJournalFilter {
        try principal.require(.readJournal)
        let name = try Self.checked(name, text)
        return try await core.database.write { transaction in
            let old = try one(id, as: principal, in: transaction)
            let key = try core.keyring.accountKey(principal.account, in: transaction)
            let now = transaction.now
            try transaction.run(
                """
                UPDATE journal_filters SET sealed_filter = \(Self.sealed(name, text, id, under: key)), updated_at = \(now)
                WHERE id = \(id) AND account_id = \(principal.account)
                """)
            try note(.journalFilterSaved, id, by: principal, in: transaction)
            return SavedJournalFilter(id: id, name: name, text: text, createdAt: old.createdAt, updatedAt: now)
        }
    }

    /// - Throws: `VaultError.notFound(.journalFilter)` for one that is not the caller's.
    public func delete(_ id: JournalFilterID, as principal: Principal) async throws {
        try principal.require(.readJournal)
        try await core.database.write { transaction in
            let count = try transaction.run(
                "DELETE FROM journal_filters WHERE id = \(id) AND account_id = \(principal.account)")
            guard count == 1 else { throw VaultError.notFound(.journalFilter) }
            try note(.journalFilterDeleted, id, by: principal, in: transaction)
        }
    }

    // MARK: Steps

    private func one(
        _ id: JournalFilterID, as principal: Principal, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> SavedJournalFilter {
        let key = try core.keyring.accountKey(principal.account, in: reading)
        let found = try reading.first(
            """
            SELECT id, sealed_filter, created_at, updated_at FROM journal_filters
            WHERE id = \(id) AND account_id = \(principal.account)
            """
        ) { try Self.opened($0, under: key) }
        guard let found else { throw VaultError.notFound(.journalFilter) }
        return found
    }

    private func note(
        _ action: AuditAction, _ id: JournalFilterID, by principal: Principal, in transaction: borrowing Transaction
    ) throws {
        try core.audit.record(
            action, on: .journal, by: principal, plain: Array("{\"filter\":\"\(id)\"}".utf8), in: transaction)
    }

    private static func checked(_ name: String, _ text: String) throws(VaultError) -> String {
        let name = try PersonText.line(name, field: "nom", maximum: longestName)
        guard text.utf8.count <= longestText else { throw .invalid(field: "filtre", .tooLong(maximum: longestText)) }
        return name
    }

    private static func sealed(_ name: String, _ text: String, _ id: JournalFilterID, under key: SealingKey) -> [UInt8]
    {
        var fields = SealedFields()
        fields.set(1, name)
        fields.set(2, text)
        return key.seal(fields.encoded, context: context(id))
    }

    private static func opened(_ row: borrowing Row, under key: SealingKey) throws -> SavedJournalFilter {
        let id: JournalFilterID = row.id(0)
        var (name, text) = ("", "")
        SealedFields.read(try key.open(row.bytes(1), context: context(id))) { number, bytes in
            switch number {
            case 1: name = String(field: bytes)
            case 2: text = String(field: bytes)
            default: break
            }
        }
        return SavedJournalFilter(
            id: id, name: name, text: text, createdAt: row.timestamp(2), updatedAt: row.timestamp(3))
    }

    private static func context(_ id: JournalFilterID) -> SealContext {
        SealContext("cloudspace journal filter", id.value)
    }
}
