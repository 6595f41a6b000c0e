public import Database

/// One version of the whole system: that it was backed up, or brought back (requirements/2, `versionMetadata`).
public struct SystemVersion: Sendable, Equatable {
    public enum Cause: String, Sendable, CaseIterable { case backup, restore }

    /// From 1, without gaps.
    public let number: Int
    public let cause: Cause
    public let folders: Int
    public let files: Int
    /// The backup, or the restore.
    public let reference: ID<SystemVersion>?
    public let createdBy: AccountID
    public let createdAt: Timestamp
}

/// The rows of `system_versions`: append-only.
package enum SystemVersions {
    /// - Parameters:
    ///   - folders: live folders in all spaces, roots left out.
    ///   - reference: the backup or restore that it tells of.
    ///   - account: `AccountID(0)` for the vault itself.
    @discardableResult
    package static func append(
        _ cause: SystemVersion.Cause, folders: Int, files: Int, reference: ID<SystemVersion>?, by account: AccountID,
        _ core: VaultCore, in transaction: borrowing Transaction
    ) throws -> SystemVersion {
        let latest = try transaction.first("SELECT MAX(number) FROM system_versions", { $0.optionalInt(0) })
        let number = ((latest ?? nil) ?? 0) + 1
        let id: VersionID = core.ids.next()
        try transaction.run(
            """
            INSERT INTO system_versions (number, id, cause, folders, files, reference_id, created_by, created_at)
            VALUES (\(number), \(id), \(cause.rawValue), \(folders), \(files), \(reference.sqlValue), \(account), \(transaction.now))
            """)
        return SystemVersion(
            number: number, cause: cause, folders: folders, files: files, reference: reference, createdBy: account,
            createdAt: transaction.now)
    }

    /// Newest first.
    package static func latest(
        limit: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [SystemVersion] {
        try reading.all(
            """
            SELECT number, cause, folders, files, reference_id, created_by, created_at FROM system_versions
            ORDER BY number DESC LIMIT \(limit)
            """
        ) { row in
            SystemVersion(
                number: row.int(0), cause: SystemVersion.Cause(rawValue: row.text(1)) ?? .backup, folders: row.int(2),
                files: row.int(3), reference: row.optionalID(4), createdBy: row.id(5), createdAt: row.timestamp(6))
        }
    }
}
