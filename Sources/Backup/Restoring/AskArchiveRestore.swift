import Crypto
import Database
public import Vault
public import Versions

extension Backups {
    /// Has an archive, or a selection of it, brought back into this vault. Nothing is overwritten: what was changed since gets
    /// a new version, what is in the trash comes out of it, what was shredded is refused. The job does it.
    /// - Throws: `VaultError.notFound(.backup)`, `.backup(.notCompleted)`, `.restore(.underWay)`, `.restore(.notSealed)`,
    ///   `.invalid` for a selection that is too long.
    public func askRestore(
        _ id: BackupID, _ request: ArchiveRestoreRequest, as principal: Principal
    ) async throws -> ArchiveRestoreReport {
        try principal.require(.manageBackups)
        guard request.selection.count <= ArchiveRestoreRequest.mostSelected else {
            throw VaultError.invalid(field: "selection", .tooLong(maximum: ArchiveRestoreRequest.mostSelected))
        }
        guard request.selection.allSatisfy({ $0.utf8.count <= ArchiveRestoreRequest.longestPath && !$0.contains("\0") })
        else { throw VaultError.invalid(field: "selection", .tooLong(maximum: ArchiveRestoreRequest.longestPath)) }
        let (rows, restoreID): (ArchiveRestoreRows, ArchiveRestoreID) = (
            ArchiveRestoreRows(core: core), core.ids.next()
        )
        let restore = try await core.database.write { [core] transaction in
            let backup = try BackupRows.record(id, in: transaction)
            guard backup.state == .completed else { throw VaultError.backup(.notCompleted) }
            guard backup.form == .sealed else { throw VaultError.restore(.notSealed) }
            let moment = try transaction.first("SELECT moment FROM backups WHERE id = \(id)") {
                $0.optionalTimestamp(0)
            }
            if let asOf = request.asOf, asOf > (moment ?? nil) ?? transaction.now {
                throw VaultError.past(.inTheFuture)
            }
            if try !request.isDryRun && rows.isUnderWay(of: id, in: transaction) { throw VaultError.restore(.underWay) }
            let restore = ArchiveRestore(
                id: restoreID, backup: id, state: .waiting, asOf: request.asOf, newer: request.newer,
                isDryRun: request.isDryRun, selection: request.selection, mended: 0, lost: 0, problem: nil,
                requestedBy: principal.account, requestedAt: transaction.now, startedAt: nil, finishedAt: nil)
            try rows.insert(restore, in: transaction)
            try core.audit.record(
                .restoreAsked, on: .backup(id), by: principal,
                plain: Array(ArchiveRestoreWords.json(restore, nil).utf8), in: transaction)
            return restore
        }
        return ArchiveRestoreReport(
            restore: restore, counts: RestoreCounts(), unchanged: 0, newerKept: 0, isUnderWay: true)
    }

    /// - Throws: `VaultError.notFound(.restore)`.
    public func restoreReport(_ id: ArchiveRestoreID, as principal: Principal) async throws -> ArchiveRestoreReport {
        try principal.require(.manageBackups)
        return try await report(id, as: principal)
    }

    func report(_ id: ArchiveRestoreID, as principal: Principal) async throws -> ArchiveRestoreReport {
        let rows = ArchiveRestoreRows(core: core)
        let (restore, parts) = try await core.database.read { snapshot in
            guard let restore = try rows.restore(id, in: snapshot) else { throw VaultError.notFound(.restore) }
            return (restore, try rows.parts(of: id, in: snapshot))
        }
        var counts = RestoreCounts()
        var (unchanged, newerKept, isUnderWay) = (0, 0, false)
        for part in parts {
            let report = try await RestoreTree(core).report(part, as: principal)
            counts.add(report.counts)
            unchanged += report.restore.unchanged
            newerKept += report.restore.newerKept
            if report.restore.state.isUnderWay { isUnderWay = true }
        }
        return ArchiveRestoreReport(
            restore: restore, counts: counts, unchanged: unchanged, newerKept: newerKept, isUnderWay: isUnderWay)
    }

    /// One page of the report: its spaces one after the other.
    /// - Parameter cursor: `next` of the page before.
    public func restoreItems(
        _ id: ArchiveRestoreID, outcome: RestoreItem.Outcome?, limit: Int, cursor: String?, as principal: Principal
    ) async throws -> (items: [RestoreItem], next: String?) {
        try principal.require(.manageBackups)
        let rows = ArchiveRestoreRows(core: core)
        let parts = try await core.database.read { snapshot in
            guard try rows.restore(id, in: snapshot) != nil else { throw VaultError.notFound(.restore) }
            return try rows.parts(of: id, in: snapshot)
        }
        var (place, within) = try Self.place(cursor)
        var items: [RestoreItem] = []
        while place < parts.count, items.count < limit {
            let page = try await RestoreTree(core).items(
                parts[place], outcome: outcome, limit: limit - items.count, cursor: within, as: principal)
            items += page.items
            within = page.next
            if within == nil { place += 1 }
        }
        return (items, place < parts.count ? "\(place):\(within ?? "")" : nil)
    }

    private static func place(_ cursor: String?) throws(VaultError) -> (Int, String?) {
        guard let cursor else { return (0, nil) }
        let parts = cursor.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let place = Int(parts[0]), place >= 0 else {
            throw .invalid(field: "curseur", .malformed)
        }
        return (place, parts[1].isEmpty ? nil : String(parts[1]))
    }
}

/// What the journal says of it: numbers and ids.
enum ArchiveRestoreWords {
    static func json(_ restore: ArchiveRestore, _ report: ArchiveRestoreReport?) -> String {
        var json =
            "{\"restauration\":\"\(restore.id)\",\"simulation\":\(restore.isDryRun),\"selection\":\(restore.selection.count)"
        if let asOf = restore.asOf { json += ",\"as_of\":\(asOf.milliseconds)" }
        if let problem = restore.problem { json += ",\"probleme\":\"\(problem.rawValue)\"" }
        if let report {
            let counts = report.counts
            json += ",\"faits\":\(counts.done),\"refuses\":\(counts.refused),\"gardes\":\(counts.kept)"
            json += ",\"contenus_remis\":\(report.restore.mended),\"contenus_perdus\":\(report.restore.lost)"
        }
        return json + "}"
    }
}
