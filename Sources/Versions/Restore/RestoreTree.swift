import Crypto
public import Database
public import Vault

/// Brings a folder, or a whole drive, back as it was at a moment (design, section 7): changed files as new versions, deleted
/// ones out of the trash, moved ones to where they were, newer ones kept or put into the trash as asked. Nothing is
/// overwritten and nothing is copied: the new versions point at the old contents.
public struct RestoreTree: Sendable {
    private let core: VaultCore
    private let store: TreeRestoreStore

    public static let defaultPage = 100
    public static let mostPerPage = 1_000

    public init(_ core: VaultCore) {
        self.core = core
        store = TreeRestoreStore(core: core)
    }

    public struct Request: Sendable {
        /// `nil` is the caller's whole drive.
        public var folder: NodeID?
        public var moment: Timestamp
        public var newer: NewerNodes
        /// Finds out what would be done, and does nothing.
        public var isDryRun: Bool
        /// A note on the new versions.
        public var message: String?

        public init(
            folder: NodeID?, moment: Timestamp, newer: NewerNodes = .keep, isDryRun: Bool = false,
            message: String? = nil
        ) {
            self.folder = folder
            self.moment = moment
            self.newer = newer
            self.isDryRun = isDryRun
            self.message = message
        }
    }

    public struct Report: Sendable {
        public let restore: TreeRestore
        public let counts: RestoreCounts
    }

    /// Plans the restore; one of at most 200 nodes is done when this returns, a larger one by the job.
    ///
    /// For owners: of the drive, or by a grant of the folder. What of it lies, or lay, beyond that is refused node by node.
    /// - Throws: `VaultError.past`; `.notFound(.folder)` for one that was not there then; `.restore(.underWay)`; `.forbidden`.
    public func callAsFunction(_ request: Request, as principal: Principal) async throws -> Report {
        let id: RestoreID = core.ids.next()
        let restore = try await core.database.write { [core, store] transaction in
            let folder = request.folder ?? principal.root
            let state = try NodeQueries.record(folder, in: transaction)?.state ?? .live
            let access = try core.grants.require(
                Own.self, on: folder, for: principal, state: state, lock: .ignored, as: .folder, in: transaction)
            guard access.record.kind.isFolder else { throw VaultError.invalid(field: "folder_id", .notAFolder) }
            let space = access.record.space
            try PastQueries.require(request.moment, in: space, transaction)
            guard try PastQueries.chain(of: folder, at: request.moment, in: transaction) != nil else {
                throw VaultError.notFound(.folder)
            }
            if try !request.isDryRun && store.isUnderWay(in: space, transaction) { throw VaultError.restore(.underWay) }
            try store.forgetPreviews(in: space, transaction)
            let restore = TreeRestore(
                id: id, space: space, folder: folder, backup: nil, moment: request.moment, newer: request.newer,
                isDryRun: request.isDryRun, state: .planning, problem: nil, unchanged: 0, newerKept: 0,
                askedBy: principal.account, askedAt: transaction.now, startedAt: nil, finishedAt: nil,
                authority: .owner, isCancelled: false, message: request.message, phase: .newerFiles, sequence: 0)
            try store.insert(restore, in: transaction)
            try core.audit.record(
                request.isDryRun ? .pastViewed : .folderRewound,
                on: .node(folder, kind: access.record.kind, space: space), by: principal,
                details: RestoreWords.details(of: restore, .planning, nil, access.record, core), key: access.key,
                in: transaction)
            return restore
        }
        try await plan(
            restore, from: TreeHistory(core: core, moment: request.moment), [restore.folder], as: principal)
        return try await report(id, as: principal)
    }

    /// Begins the bringing back of a part of an archive, on the word of who manages backups; ``plan(_:from:_:as:)`` follows.
    package func begin(
        _ id: RestoreID, from backup: BackupID, in space: SpaceID, folder: NodeID, at moment: Timestamp,
        newer: NewerNodes, isDryRun: Bool, message: String, as principal: Principal
    ) async throws -> TreeRestore {
        try principal.require(.manageBackups)
        return try await core.database.write { [core, store] transaction in
            guard let record = try NodeQueries.record(folder, in: transaction) else {
                throw VaultError.notFound(.folder)
            }
            let restore = TreeRestore(
                id: id, space: space, folder: folder, backup: backup, moment: moment, newer: newer, isDryRun: isDryRun,
                state: .planning, problem: nil, unchanged: 0, newerKept: 0, askedBy: principal.account,
                askedAt: transaction.now, startedAt: nil, finishedAt: nil, authority: .administrator,
                isCancelled: false, message: message, phase: .newerFiles, sequence: 0)
            try store.insert(restore, in: transaction)
            // Of a shredded folder nothing is said but in the event of the archive.
            if record.wrappedKey != nil {
                try core.audit.record(
                    isDryRun ? .pastViewed : .folderRewound, on: .node(folder, kind: record.kind, space: space),
                    by: principal, details: RestoreWords.details(of: restore, .planning, nil, record, core),
                    key: try record.key(core.keyring), in: transaction)
            }
            return restore
        }
    }

    /// Writes the plan of a restore that was asked for, and carries it out when it is small.
    package func plan(
        _ restore: TreeRestore, from source: any PastTree, _ roots: [NodeID], as principal: Principal
    ) async throws {
        do {
            var plan = TreeRestorePlan(core, restore, source: source, as: principal)
            let count = try await plan.write(roots)
            if restore.isDryRun || count > TreeRestoreWork.batch { return }
            while try await TreeRestoreWork(core).step(restore.id, as: principal) {}
        } catch {
            // Nothing was changed yet, unless the batch itself failed: then it waits for the job.
            try? await core.database.write { [store] transaction in
                guard try store.restore(restore.id, in: transaction)?.state == .planning else { return }
                try store.end(restore.id, as: .failed, .interrupted, in: transaction)
            }
            throw error
        }
    }

    // MARK: Watching

    public func report(_ id: RestoreID, as principal: Principal) async throws -> Report {
        try await core.database.read { [store] snapshot in
            let restore = try visible(id, to: principal, in: snapshot)
            return Report(restore: restore, counts: try store.counts(of: id, in: snapshot))
        }
    }

    /// One page of the plan, or of the report.
    /// - Parameter cursor: `next` of the page before.
    public func items(
        _ id: RestoreID, outcome: RestoreItem.Outcome?, limit: Int = RestoreTree.defaultPage, cursor: String? = nil,
        as principal: Principal
    ) async throws -> (items: [RestoreItem], next: String?) {
        let place = try Self.place(cursor)
        return try await core.database.read { [store] snapshot in
            _ = try visible(id, to: principal, in: snapshot)
            let page = try store.items(
                of: id, outcome: outcome, after: place, limit: min(max(1, limit), Self.mostPerPage), in: snapshot)
            return (page.items, page.last.map { "\($0.phase).\($0.sequence)" })
        }
    }

    private static func place(_ cursor: String?) throws(VaultError) -> TreeRestoreStore.Place {
        guard let cursor else { return TreeRestoreStore.Place(phase: -1, sequence: 0) }
        let parts = cursor.split(separator: ".")
        guard parts.count == 2, let phase = Int(parts[0]), let sequence = Int(parts[1]), phase >= 0, sequence >= 0
        else {
            throw .invalid(field: "cursor", .malformed)
        }
        return TreeRestoreStore.Place(phase: phase, sequence: sequence)
    }

    /// Ends it before its next batch; what was done stays done.
    /// - Throws: `VaultError.restore(.ended)`.
    public func cancel(_ id: RestoreID, as principal: Principal) async throws -> Report {
        try await core.database.write { [core, store] transaction in
            let restore = try visible(id, to: principal, in: transaction)
            guard restore.state.isUnderWay else { throw VaultError.restore(.ended) }
            try store.cancel(id, in: transaction)
            guard let folder = try NodeQueries.record(restore.folder, in: transaction), folder.wrappedKey != nil else {
                return
            }
            try core.audit.record(
                .folderRewound, on: .node(folder.id, kind: folder.kind, space: folder.space), by: principal,
                details: RestoreWords.details(of: restore, .cancelled, nil, folder, core),
                key: try folder.key(core.keyring), in: transaction)
        }
        if try await report(id, as: principal).restore.state != .planning {
            while try await TreeRestoreWork(core).step(id, as: principal) {}
        }
        return try await report(id, as: principal)
    }

    /// For whoever asked, for the folder's owners, and for those who manage backups.
    private func visible(
        _ id: RestoreID, to principal: Principal, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> TreeRestore {
        guard let restore = try store.restore(id, in: reading) else { throw VaultError.notFound(.restore) }
        if restore.askedBy == principal.account { return restore }
        if restore.authority == .administrator {
            try principal.require(.manageBackups)
            return restore
        }
        let state = try NodeQueries.record(restore.folder, in: reading)?.state ?? .live
        _ = try core.grants.require(
            Own.self, on: restore.folder, for: principal, state: state, lock: .ignored, in: reading)
        return restore
    }
}
