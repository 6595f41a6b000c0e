import Database
import Vault

/// Finds out what bringing a part of the tree back takes, and writes it down, page by page: neither the memory nor any
/// transaction grows with the tree.
///
/// What happens meanwhile does no harm: each item is compared with the present once more when its turn comes.
struct TreeRestorePlan {
    let core: VaultCore
    let restore: TreeRestore
    let source: any PastTree
    let principal: Principal
    private let store: TreeRestoreStore

    private var items: [TreeRestoreStore.NewItem] = []
    private var sequences: [RestorePhase: Int] = [:]
    private var unchanged = 0
    private var newerKept = 0

    private static let pageSize = 500

    init(_ core: VaultCore, _ restore: TreeRestore, source: any PastTree, as principal: Principal) {
        self.core = core
        self.restore = restore
        self.source = source
        self.principal = principal
        store = TreeRestoreStore(core: core)
    }

    /// - Parameter roots: what is brought back, folders with all that lay in them.
    /// - Returns: how many items there are to do.
    mutating func write(_ roots: [NodeID]) async throws -> Int {
        var files: [PastState] = []
        var folders: [NodeID] = []
        for root in roots {
            guard let chain = try await source.chain(of: root), let state = chain.first else {
                throw VaultError.notFound(.folder)
            }
            try await addMissing(chain)
            if state.kind.isFolder { folders.append(root) } else { files.append(state) }
        }
        for page in files.chunks(of: Self.pageSize) { _ = try await compare(page) }
        var next = folders
        while let folder = next.popLast() {
            var cursor: NodeID?
            // Level by level within a branch: a folder stands before all that lay in it.
            repeat {
                try Task.checkCancellation()
                let page = try await source.children(of: folder, after: cursor, limit: Self.pageSize)
                next += try await compare(page.states)
                cursor = page.next
            } while cursor != nil
        }
        for folder in folders { try await findNewer(below: folder) }
        try await flush()
        let (unchanged, newerKept, state) = (
            unchanged, newerKept, restore.isDryRun ? TreeRestore.State.preview : .pending
        )
        return try await core.database.write { [store, restore] transaction in
            try store.planned(restore.id, as: state, unchanged: unchanged, newerKept: newerKept, in: transaction)
            return try store.counts(of: restore.id, in: transaction).planned
        }
    }

    /// The folders above, and the root itself, where they are in the trash now; a live one stays where it is.
    private mutating func addMissing(_ chain: [PastState]) async throws {
        let top = chain.reversed().filter { $0.parent != nil }
        let missing = try await core.database.read { snapshot in
            try top.filter { try NodeQueries.record($0.node, in: snapshot)?.state != .live }
        }
        // One that is brought back anyway, as part of another root, is written twice and done once.
        let own = chain.first
        _ = try await compare(missing.filter { $0.kind.isFolder || $0.node != own?.node })
    }

    /// Compares a page with the present.
    /// - Returns: its folders.
    private mutating func compare(_ states: [PastState]) async throws -> [NodeID] {
        guard !states.isEmpty else { return [] }
        let (restore, principal) = (restore, principal)
        let found = try await core.database.read { [core] snapshot in
            let scene = try RewindScene(core, principal: principal, restore, in: snapshot)
            return try states.map { past -> (past: PastState, RewindActs, Int64, RewindReason?) in
                guard let record = try NodeQueries.record(past.node, in: snapshot) else {
                    return (past, [], 0, .unknown)
                }
                do {
                    let difference = try core.difference(of: record, from: past, in: snapshot)
                    guard !difference.acts.isEmpty else { return (past, [], 0, nil) }
                    try scene.require(.owner, on: record, core, in: snapshot)
                    return (past, difference.acts, difference.growth, nil)
                } catch let refusal as RewindRefused {
                    return (past, [], 0, refusal.reason)
                }
            }
        }
        for (past, acts, growth, reason) in found {
            if acts.isEmpty, reason == nil {
                unchanged += 1
            } else {
                add(.past, past, acts, growth, reason)
            }
        }
        if items.count >= Self.pageSize { try await flush() }
        return states.filter(\.kind.isFolder).map(\.node)
    }

    /// What lives below the folder and came after the moment.
    private mutating func findNewer(below root: NodeID) async throws {
        var next: [(folder: NodeID, isNewer: Bool)] = [(root, false)]
        let moment = restore.moment
        // What was in the trash then, and came back since, came later, too.
        let looksBack = restore.newer == .trash
        var known: [NodeID: Bool] = [:]
        while let (folder, isNewer) = next.popLast() {
            var tag: [UInt8] = []
            while true {
                try Task.checkCancellation()
                let (page, later, told) = try await core.database.read { [tag, known] snapshot in
                    var known = known
                    let page = try NodeQueries.children(of: folder, behind: tag, limit: Self.pageSize, in: snapshot)
                    let later = try page.map { child in
                        if child.record.createdAt > moment { return true }
                        guard looksBack else { return false }
                        return try !PastQueries.wasThere(child.record.id, at: moment, known: &known, in: snapshot)
                    }
                    return (page, later, known)
                }
                known = told
                for ((record, _), cameLater) in zip(page, later) {
                    if record.kind.isFolder { next.append((record.id, cameLater)) }
                    guard cameLater else { continue }
                    guard restore.newer == .trash else {
                        newerKept += 1
                        continue
                    }
                    let past = PastState(
                        node: record.id, parent: record.parent, kind: record.kind, sealedMeta: record.sealedMeta,
                        version: record.head?.number ?? 0, size: record.size)
                    let phase: RestorePhase = record.kind.isFolder || isNewer ? .newerFolders : .newerFiles
                    add(phase, past, .trash, 0, nil)
                }
                if items.count >= Self.pageSize { try await flush() }
                guard page.count == Self.pageSize, let last = page.last else { break }
                tag = last.tag
            }
        }
    }

    private mutating func add(
        _ phase: RestorePhase, _ past: PastState, _ acts: RewindActs, _ growth: Int64, _ reason: RewindReason?
    ) {
        let sequence = sequences[phase, default: 0] + 1
        sequences[phase] = sequence
        items.append(
            TreeRestoreStore.NewItem(
                phase: phase, sequence: sequence, past: past, acts: acts, growth: growth, reason: reason))
    }

    private mutating func flush() async throws {
        guard !items.isEmpty else { return }
        let page = items
        items = []
        try await core.database.write { [store, restore] transaction in
            try store.insert(page, of: restore.id, in: transaction)
            try store.touch(restore.id, in: transaction)
        }
    }
}

extension RewindScene {
    init(
        _ core: VaultCore, principal: Principal, _ restore: TreeRestore,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        try self.init(
            core, principal: principal, authority: restore.authority, space: restore.space, folder: restore.folder,
            moment: restore.moment, message: restore.message, restore: restore.id, in: reading)
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
