public import Database
public import Vault

/// A backup with everything about it that is shown.
public struct BackupDetails: Sendable {
    public let record: BackupRecord
    /// What it is of, as it is called now; nil for the system, and where the target is gone.
    public let name: String?
    public let mediaType: String?
    public let volumes: [ArchiveVolume]
    /// The newest first, at most a few.
    public let checks: [BackupCheck]
}

/// Which backups are listed.
public struct BackupFilter: Sendable {
    public var kind: BackupKind?
    public var state: BackupState?
    public var target: NodeID?
    public var form: BackupForm?
    public var isIncremental: Bool?
    /// Only those of people, or only those of schedules.
    public var isScheduled: Bool?
    public var schedule: BackupScheduleID?
    public var from: Timestamp?
    public var to: Timestamp?

    public init() {}
}

public struct BackupPage: Sendable {
    /// Newest first; without volumes and checks.
    public let backups: [BackupDetails]
    /// The last one of the page, when there may be more.
    public let next: BackupID?
}

extension Backups {
    public static let defaultLimit = 50
    public static let maximumLimit = 1_000

    /// Newest first.
    public func list(
        _ filter: BackupFilter = BackupFilter(), before cursor: BackupID? = nil, limit: Int = Backups.defaultLimit,
        as principal: Principal
    ) async throws -> BackupPage {
        try principal.require(.manageBackups)
        let limit = min(max(1, limit), Self.maximumLimit)
        return try await core.database.read { [self] snapshot in
            let rows = try snapshot.all(Self.listing(filter, before: cursor, limit: limit)) { BackupRecord($0) }
            let records = rows.compactMap(\.self)
            var names: [NodeID: (String, String?)] = [:]
            for target in Set(records.compactMap(\.target)) { names[target] = try opened(target, in: snapshot) }
            let backups = records.map { record in
                let name = record.target.flatMap { names[$0] }
                return BackupDetails(record: record, name: name?.0, mediaType: name?.1, volumes: [], checks: [])
            }
            return BackupPage(backups: backups, next: rows.count == limit ? records.last?.id : nil)
        }
    }

    private static func listing(_ filter: BackupFilter, before cursor: BackupID?, limit: Int) -> SQL {
        var conditions: SQL = "b.id < \(cursor ?? BackupID(.max))"
        if let kind = filter.kind { conditions = "\(conditions) AND b.kind = \(kind.rawValue)" }
        if let state = filter.state { conditions = "\(conditions) AND b.state = \(state.rawValue)" }
        if let target = filter.target { conditions = "\(conditions) AND b.target_id = \(target)" }
        if let form = filter.form { conditions = "\(conditions) AND b.form = \(form.rawValue)" }
        if let schedule = filter.schedule { conditions = "\(conditions) AND b.schedule_id = \(schedule)" }
        switch filter.isIncremental {
        case true?: conditions = "\(conditions) AND b.base_id IS NOT NULL"
        case false?: conditions = "\(conditions) AND b.base_id IS NULL"
        case nil: break
        }
        switch filter.isScheduled {
        case true?: conditions = "\(conditions) AND b.schedule_id IS NOT NULL"
        case false?: conditions = "\(conditions) AND b.schedule_id IS NULL"
        case nil: break
        }
        if let from = filter.from { conditions = "\(conditions) AND b.requested_at >= \(from)" }
        if let to = filter.to { conditions = "\(conditions) AND b.requested_at < \(to)" }
        return "SELECT \(BackupRows.columns) FROM backups b WHERE \(conditions) ORDER BY b.id DESC LIMIT \(limit)"
    }

    /// - Throws: `VaultError.notFound(.backup)`.
    public func describe(_ id: BackupID, as principal: Principal) async throws -> BackupDetails {
        try principal.require(.manageBackups)
        return try await core.database.read { [self] snapshot in try details(id, in: snapshot) }
    }

    func details(
        _ id: BackupID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> BackupDetails {
        let record = try BackupRows.record(id, in: reading)
        let name = try record.target.flatMap { try opened($0, in: reading) }
        return BackupDetails(
            record: record, name: name?.0, mediaType: name?.1,
            volumes: try BackupRows.volumes(of: id, in: reading),
            checks: try BackupChecks.latest(of: id, in: reading))
    }

    /// The present name and type of a target; nil when it was shredded.
    private func opened(
        _ node: NodeID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> (String, String?)? {
        guard let record = try NodeQueries.record(node, in: reading), record.wrappedKey != nil else { return nil }
        let meta = try NodeMeta.opened(record.sealedMeta, under: try record.key(core.keyring), node: node)
        return (meta.name.text, meta.mediaType)
    }
}
