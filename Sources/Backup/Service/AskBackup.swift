import BlobStore
import Crypto
import Database
import Journal
public import Vault

/// What somebody wants backed up.
public struct BackupRequest: Sendable {
    public var kind: BackupKind
    /// Nil for the system alone.
    public var target: NodeID?
    public var form: BackupForm
    public var isIncremental: Bool
    /// What an increment stands on; nil for the newest that fits.
    public var base: BackupID?
    /// Of a portable archive.
    public var password: String?
    /// Why; needed where other people's files leave the vault readable. At most 500 characters.
    public var reason: String?

    public init(
        kind: BackupKind, target: NodeID? = nil, form: BackupForm = .sealed, isIncremental: Bool = false,
        base: BackupID? = nil, password: String? = nil, reason: String? = nil
    ) {
        self.kind = kind
        self.target = target
        self.form = form
        self.isIncremental = isIncremental
        self.base = base
        self.password = password
        self.reason = reason
    }

    public static let shortestPassword = 12
    public static let longestPassword = 128
    public static let longestReason = 500
}

extension Backups {
    /// Puts a backup into the queue. The work is done by the node that holds the lease of backups.
    /// - Throws: `VaultError.notFound`, `.invalid`, `.backup`.
    public func ask(_ request: BackupRequest, as principal: Principal) async throws -> BackupDetails {
        try principal.require(.manageBackups)
        try Self.check(request)
        guard request.form == .sealed || work.portable != nil else { throw VaultError.backup(.notConfigured) }
        let room = try await store.statistics()
        let id: BackupID = core.ids.next()
        return try await core.database.write { [self] transaction in
            _ = try insert(request, id, by: principal, schedule: nil, room: room.freeBytes, in: transaction)
            transaction.afterCommit { [asked] in asked.raise() }
            return try details(id, in: transaction)
        }
    }

    private static func check(_ request: BackupRequest) throws(VaultError) {
        switch request.form {
        case .sealed:
            guard request.password == nil else { throw .backup(.passwordNotUsed) }
        case .portable:
            guard !request.isIncremental else { throw .backup(.portableIsFull) }
            guard let password = request.password, !password.isEmpty else {
                throw .backup(.passwordNeeded(minimum: BackupRequest.shortestPassword))
            }
            guard password.count >= BackupRequest.shortestPassword else {
                throw .backup(.passwordTooShort(minimum: BackupRequest.shortestPassword))
            }
            guard password.utf8.count <= BackupRequest.longestPassword else {
                throw .invalid(field: "mot_de_passe", .tooLong(maximum: BackupRequest.longestPassword))
            }
        }
        if let reason = request.reason, reason.count > BackupRequest.longestReason {
            throw .invalid(field: "motif", .tooLong(maximum: BackupRequest.longestReason))
        }
    }

    /// What a request speaks of, as it is now.
    struct Target {
        var node: NodeRecord?
        var headNumber: Int64?
        var headSize: Int64?
        /// Bytes that a full archive has at least.
        var leastBytes: Int64 = 0
    }

    /// Writes the row, the event and what people are told.
    /// - Parameter schedule: what had it made; the principal is then who set the schedule up.
    /// - Returns: whether it waits; false when the schedule finds too many waiting already.
    @discardableResult
    func insert(
        _ request: BackupRequest, _ id: BackupID, by principal: Principal, schedule: BackupScheduleID?, room: Int64?,
        in transaction: borrowing Transaction
    ) throws -> Bool {
        let target = try target(of: request, in: transaction)
        let isOwn = target.node.map { $0.space == principal.space } ?? false
        if request.form == .portable, !isOwn, (request.reason ?? "").isEmpty { throw VaultError.backup(.reasonNeeded) }
        let waiting = try transaction.first(
            "SELECT COUNT(*) FROM backups WHERE state IN ('waiting', 'running')", { $0.int(0) })
        guard (waiting ?? 0) < settings.mostWaiting else {
            throw VaultError.backup(.tooManyWaiting(maximum: settings.mostWaiting))
        }
        let base = try base(of: request, in: transaction)
        if base == nil, let room, target.leastBytes > room {
            throw VaultError.backup(.storeFull(needed: target.leastBytes, free: room))
        }
        let number = try transaction.first(
            """
            SELECT COALESCE(MAX(number), 0) FROM backups
            WHERE kind = \(request.kind.rawValue) AND (target_id = \(request.target.sqlValue) OR target_id IS NULL)
            """, { $0.integer(0) })
        let password = request.password.map { key.seal(Array($0.utf8), context: Self.passwordContext(id)) }
        let person = schedule == nil && principal != .localOperator ? principal.account : nil
        try transaction.run(
            """
            INSERT INTO backups (
                id, kind, target_id, form, base_id, number, state, requested_by, schedule_id, requested_at, next_at,
                attempts, has_leftovers, total_entries, done_entries, total_bytes, done_bytes, head_number, head_size,
                file_count, folder_count, version_count, blob_count, content_bytes, journal_size, archive_bytes,
                sealed_password)
            VALUES (
                \(id), \(request.kind.rawValue), \(request.target.sqlValue), \(request.form.rawValue), \(base.sqlValue),
                \((number ?? 0) + 1), 'waiting', \(person.sqlValue), \(schedule.sqlValue), \(transaction.now),
                \(transaction.now), 0, 0, 0, 0, 0, 0, \(target.headNumber.sqlValue), \(target.headSize.sqlValue),
                0, 0, 0, 0, 0, 0, 0, \(password.sqlValue))
            """)
        try note(request, id, base: base, target: target, isOwn: isOwn, by: principal, schedule, in: transaction)
        return true
    }

    func target(
        of request: BackupRequest, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Target {
        var target = Target()
        switch request.kind {
        case .system:
            guard request.target == nil else { throw VaultError.invalid(field: "cible_id", .malformed) }
            target.leastBytes =
                try reading.first(
                    "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM space_usage", { $0.integer(0) }) ?? 0
        case .space:
            guard let id = request.target else { throw VaultError.invalid(field: "cible_id", .missing) }
            guard try reading.exists("SELECT 1 FROM spaces WHERE id = \(id)"),
                let root = try NodeQueries.record(id, in: reading)
            else { throw VaultError.notFound(.space) }
            target.node = root
            target.leastBytes =
                try reading.first(
                    "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM space_usage WHERE space_id = \(id)",
                    { $0.integer(0) }) ?? 0
        case .file, .folder, .locker, .cabinet:
            guard let id = request.target else { throw VaultError.invalid(field: "cible_id", .missing) }
            let subject: VaultError.Subject = request.kind == .file ? .file : .folder
            guard let node = try NodeQueries.record(id, in: reading), node.state == .live else {
                throw VaultError.notFound(subject)
            }
            guard node.kind == request.kind.nodeKind else {
                throw VaultError.backup(
                    .wrongKind(asked: request.kind.rawValue, found: node.kind.documentName))
            }
            target.node = node
            if node.kind == .file {
                target.headNumber = node.head.map { Int64($0.number) }
                target.headSize = node.size
                target.leastBytes = node.size
            }
        }
        return target
    }

    private func base(
        of request: BackupRequest, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> BackupID? {
        guard request.isIncremental else {
            guard request.base == nil else { throw VaultError.backup(.baseUnfit) }
            return nil
        }
        let found: BackupID?
        if let named = request.base {
            found = try reading.first(
                """
                SELECT id FROM backups
                WHERE id = \(named) AND kind = \(request.kind.rawValue) AND form = 'scellee' AND state = 'completed'
                      AND (target_id = \(request.target.sqlValue) OR kind = 'systeme')
                """, { BackupID($0.uuid(0)) })
            guard found != nil else { throw VaultError.backup(.baseUnfit) }
        } else {
            // Of archives that did not stand their proof nothing more is made.
            found = try reading.first(
                """
                SELECT id FROM backups
                WHERE kind = \(request.kind.rawValue) AND form = 'scellee' AND state = 'completed'
                      AND (target_id = \(request.target.sqlValue) OR kind = 'systeme')
                      AND COALESCE(verification, 'passed') = 'passed' AND COALESCE(drill, 'passed') = 'passed'
                ORDER BY number DESC LIMIT 1
                """, { BackupID($0.uuid(0)) })
            guard found != nil else { throw VaultError.backup(.noBase) }
        }
        return found
    }

    /// The event of the backup; where contents leave the vault readable, one with the document, too, and its owner is told.
    private func note(
        _ request: BackupRequest, _ id: BackupID, base: BackupID?, target: Target, isOwn: Bool,
        by principal: Principal, _ schedule: BackupScheduleID?, in transaction: borrowing Transaction
    ) throws {
        let mode = base == nil ? "complete" : "incrementale"
        var plain = "\"type\":\"\(request.kind.rawValue)\",\"forme\":\"\(request.form.rawValue)\",\"mode\":\"\(mode)\""
        if let target = request.target { plain += ",\"cible_id\":\"\(target)\"" }
        if let base { plain += ",\"base_id\":\"\(base)\"" }
        if let schedule { plain += ",\"programme_id\":\"\(schedule)\"" }
        if request.form == .portable { plain += ",\"export\":true" }
        try core.audit.record(
            .backupAsked, on: .backup(id), by: schedule == nil ? principal : .localOperator,
            plain: Array("{\(plain)}".utf8), in: transaction)
        guard request.form == .portable, !isOwn else { return }
        try tellOwners(of: target, by: principal, in: transaction)
        guard let node = target.node else { return try noteReason(request, id, principal, in: transaction) }
        let key = try node.key(core.keyring)
        let name = try NodeMeta.opened(node.sealedMeta, under: key, node: node.id).name.text
        try core.audit.record(
            .backupAsked, on: .node(node.id, kind: node.kind, space: node.space), by: principal,
            details: AuditDetails(name: name, json: "{\(Self.words(request.reason))}"), key: key,
            plain: Array("{\"sauvegarde\":\"\(id)\",\"export\":true}".utf8), in: transaction)
    }

    /// The reason for an export of everything is sealed for whoever gave it: no document bears it.
    private func noteReason(
        _ request: BackupRequest, _ id: BackupID, _ principal: Principal, in transaction: borrowing Transaction
    ) throws {
        guard principal != .localOperator else { return }
        try core.audit.recordReason(
            .backupAsked, on: principal.account, by: principal,
            json: "{\"sauvegarde\":\"\(id)\",\"export\":true,\(Self.words(request.reason))}",
            keyring: core.keyring, in: transaction)
    }

    private static func words(_ reason: String?) -> String { "\"motif\":\(JSONText.quoted(reason ?? ""))" }

    private func tellOwners(
        of target: Target, by principal: Principal, in transaction: borrowing Transaction
    ) throws {
        let owners: [AccountID]
        if let node = target.node {
            owners = try transaction.all(
                "SELECT owner_id FROM spaces WHERE id = \(node.space)", { AccountID($0.uuid(0)) })
        } else {
            owners = try transaction.all(
                """
                SELECT DISTINCT s.owner_id FROM spaces s JOIN accounts a ON a.id = s.owner_id AND a.status = 'active'
                ORDER BY s.owner_id LIMIT 10000
                """, { AccountID($0.uuid(0)) })
        }
        let person = principal == .localOperator ? nil : principal.account
        for owner in owners where owner != principal.account {
            try core.notices.post(
                .contentExported, to: owner, by: person, about: target.node?.id, in: transaction)
        }
    }
}
