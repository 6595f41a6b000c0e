import BlobStore
import Crypto
import Database
import Journal
public import Vault
import Versions

/// Brings archives back. A restore is prepared (the archive's tree staged, contents mended, each space planned), then its
/// spaces are brought back by ``TreeRestoreWork``, and when all of them have ended it ends, too. Killed while it prepares, it
/// prepares anew: nothing was changed until then, but for contents that were missing.
public struct ArchiveRestoreWork: Sendable {
    private let backups: Backups
    private let rows: ArchiveRestoreRows
    private var core: VaultCore { backups.core }

    public init(_ backups: Backups) {
        self.backups = backups
        rows = ArchiveRestoreRows(core: backups.core)
    }

    /// Does what waits. A job.
    /// - Throws: `LeaseLost`, `CancellationError`; what a store that is away throws: the next call goes on.
    public func run(under lease: Lease? = nil) async throws {
        let waiting = try await core.database.read { [rows] snapshot in try rows.underWay(in: snapshot) }
        for restore in waiting {
            try Task.checkCancellation()
            if restore.state == .running {
                try await finish(restore, under: lease)
            } else {
                try await prepare(restore, under: lease)
            }
        }
    }

    private struct Ended: Error { let problem: ArchiveRestore.Problem }

    private func prepare(_ restore: ArchiveRestore, under lease: Lease?) async throws {
        let principal = try await write(under: lease) { [core] transaction in
            try core.acting(for: restore.requestedBy, in: transaction)
        }
        guard let principal, principal.role.allows(.manageBackups) else {
            return try await end(restore, .failed, .authorityLost, as: .localOperator, under: lease)
        }
        do {
            try await plan(restore, as: principal, under: lease)
        } catch let ended as Ended {
            try await unstage(restore.id, under: lease)
            return try await end(restore, .failed, ended.problem, as: principal, under: lease)
        } catch is ArchiveRefusal {
            try await unstage(restore.id, under: lease)
            return try await end(restore, .failed, .archiveUnreadable, as: principal, under: lease)
        } catch is VaultError {
            // What was chosen went away meanwhile.
            try await unstage(restore.id, under: lease)
            return try await end(restore, .failed, .selectionNotFound, as: principal, under: lease)
        }
        try await unstage(restore.id, under: lease)
        try await write(under: lease) { [rows] transaction in try rows.set(restore.id, .running, in: transaction) }
        try await finish(restore, under: lease)
    }

    private func plan(_ restore: ArchiveRestore, as principal: Principal, under lease: Lease?) async throws {
        try await unstage(restore.id, under: lease)
        try await write(under: lease) { [rows] transaction in
            try rows.forgetParts(of: restore.id, in: transaction)
            try rows.set(restore.id, .preparing, in: transaction)
        }
        let archive = try await SealedArchive.open(
            restore.backup, in: backups.store, keys: ArchiveKeys(core.keyring.ring))
        let moment = restore.asOf ?? archive.manifest.moment
        guard moment <= archive.manifest.moment else { throw Ended(problem: .momentNotHeld) }
        try await archive.forEachNodeState(until: moment) { states in
            try Task.checkCancellation()
            for start in stride(from: 0, to: states.count, by: 1_000) {
                let part = Array(states[start..<min(states.count, start + 1_000)])
                try await write(under: lease) { [rows] transaction in
                    try rows.stage(part, for: restore.id, in: transaction)
                }
            }
        }
        let tree = StagedTree(core: core, rows: rows, restore: restore.id, moment: moment)
        let tops = try await core.database.read { [rows] snapshot in try rows.tops(of: restore.id, in: snapshot) }
        guard !tops.isEmpty else { throw Ended(problem: .momentNotHeld) }
        let spaces = try await roots(of: restore, in: tree, tops)
        guard !spaces.isEmpty else { throw Ended(problem: .selectionNotFound) }
        try await mend(restore, archive, tree, spaces.flatMap(\.value), under: lease)
        for (space, roots) in spaces.sorted(by: { $0.key.value < $1.key.value }) {
            try await plan(restore, tree, roots, in: space, as: principal, under: lease)
        }
    }

    /// What is brought back, by space.
    private func roots(
        of restore: ArchiveRestore, in tree: StagedTree, _ tops: [(node: NodeID, space: SpaceID)]
    ) async throws -> [SpaceID: [NodeID]] {
        guard !restore.selection.isEmpty else {
            return Dictionary(grouping: tops, by: \.space).mapValues { $0.map(\.node) }
        }
        let chosen = try await tree.resolve(restore.selection, below: tops.map(\.node))
        return try await core.database.read { [rows] snapshot in
            var spaces: [SpaceID: [NodeID]] = [:]
            var seen: Set<NodeID> = []
            for node in chosen where seen.insert(node).inserted {
                guard let found = try rows.staged(node, of: restore.id, in: snapshot) else { continue }
                spaces[found.space, default: []].append(node)
            }
            return spaces
        }
    }

    private func plan(
        _ restore: ArchiveRestore, _ tree: StagedTree, _ roots: [NodeID], in space: SpaceID, as principal: Principal,
        under lease: Lease?
    ) async throws {
        // A space that is gone for ever has nothing to come back to.
        let known = try await core.database.read { snapshot in
            try roots.filter { try NodeQueries.record($0, in: snapshot) != nil }
        }
        guard !known.isEmpty else { return }
        let part: RestoreID = core.ids.next()
        let tool = RestoreTree(core)
        let begun = try await tool.begin(
            part, from: restore.backup, in: space, folder: known.count == 1 ? known[0] : NodeID(space.value),
            at: tree.moment, newer: restore.newer, isDryRun: restore.isDryRun,
            message: "Restored from backup \(restore.backup), as of \(tree.moment.iso8601)", as: principal)
        try await write(under: lease) { [rows] transaction in try rows.add(part, to: restore.id, in: transaction) }
        try await tool.plan(begun, from: tree, known, as: principal)
    }

    /// What is current in the restored tree is looked at in the store, and mended out of the archive.
    private func mend(
        _ restore: ArchiveRestore, _ archive: SealedArchive, _ tree: StagedTree, _ roots: [NodeID],
        under lease: Lease?
    ) async throws {
        let mender = MendContents(core: core, archive: archive)
        var total = MendContents.Found()
        func take(_ states: [PastState]) async throws {
            let files = states.filter { $0.kind == .file }.map { (node: $0.node, version: $0.version) }
            let found = try await mender(files, isDryRun: restore.isDryRun)
            total.mended += found.mended
            total.lost += found.lost
        }
        var folders = roots
        try await take(
            try await core.database.read { [rows] snapshot in
                try roots.compactMap { try rows.staged($0, of: restore.id, in: snapshot)?.past }
            })
        while let folder = folders.popLast() {
            var after: NodeID?
            repeat {
                let page = try await tree.children(of: folder, after: after, limit: 500)
                try await take(page.states)
                folders += page.states.filter(\.kind.isFolder).map(\.node)
                after = page.next
            } while after != nil
        }
        let found = total
        try await write(under: lease) { [rows] transaction in
            try rows.note(restore.id, mended: found.mended, lost: found.lost, in: transaction)
        }
    }

    // MARK: The end

    /// Ends it when all its spaces have ended.
    private func finish(_ restore: ArchiveRestore, under lease: Lease?) async throws {
        try await TreeRestoreWork(core).run(under: lease)
        let report = try await backups.report(restore.id, as: .localOperator)
        guard !report.isUnderWay else { return }
        try await end(restore, .completed, nil, as: .localOperator, under: lease)
    }

    private func end(
        _ restore: ArchiveRestore, _ state: ArchiveRestore.State, _ problem: ArchiveRestore.Problem?,
        as principal: Principal, under lease: Lease?
    ) async throws {
        let report = state == .completed ? try await backups.report(restore.id, as: .localOperator) : nil
        let counts = report.map(\.counts)
        try await write(under: lease) { [core, rows] transaction in
            guard let now = try rows.restore(restore.id, in: transaction), now.state.isUnderWay else { return }
            try rows.set(restore.id, state, problem, in: transaction)
            var json = ArchiveRestoreWords.json(restore, report)
            if let problem { json = json.dropLast() + ",\"probleme\":\"\(problem.rawValue)\"}" }
            try core.audit.record(
                state == .completed ? .restoreCompleted : .restoreFailed, on: .backup(restore.backup),
                by: core.acting(for: restore.requestedBy, in: transaction) ?? .localOperator,
                outcome: state == .completed ? .success : .failed, plain: Array(json.utf8), in: transaction)
            guard state == .completed, !restore.isDryRun, let counts, counts.done > 0 else { return }
            let kind = try transaction.first("SELECT kind FROM backups WHERE id = \(restore.backup)", { $0.text(0) })
            guard kind == BackupKind.system.rawValue else { return }
            let numbers = try transaction.first(
                """
                SELECT COALESCE(SUM(CASE WHEN kind <> 0 AND parent_id IS NOT NULL THEN 1 ELSE 0 END), 0),
                       COALESCE(SUM(CASE WHEN kind = 0 THEN 1 ELSE 0 END), 0) FROM nodes WHERE state = 0
                """
            ) { ($0.int(0), $0.int(1)) }
            try SystemVersions.append(
                .restore, folders: numbers?.0 ?? 0, files: numbers?.1 ?? 0, reference: restore.id.rebound(),
                by: restore.requestedBy, core, in: transaction)
        }
    }

    private func unstage(_ id: ArchiveRestoreID, under lease: Lease?) async throws {
        while try await write(under: lease, { [rows] transaction in try rows.unstage(id, in: transaction) }) {}
    }

    @discardableResult
    private func write<T: Sendable>(
        under lease: Lease?, _ body: @escaping @Sendable (borrowing Transaction) throws -> T
    ) async throws -> T {
        try await core.database.write { [core] transaction in
            if let lease { try core.leases.confirm(lease, in: transaction) }
            return try body(transaction)
        }
    }
}
