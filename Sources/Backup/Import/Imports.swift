public import Archive
public import BlobStore
import Database
import Synchronization
public import Vault

/// Brings archives from outside in, and tells how far each is.
///
/// An archive is stored first, sealed like every content, because a ZIP is read from its end; then judged as a whole; then
/// unpacked by a task of this node that goes on when the request that began it has its answer. A node that ends takes its
/// imports with it: they are `interrupted`, and to be sent again.
public final class Imports: Sendable {
    private struct Running: Sendable {
        let account: AccountID
        let task: Task<Void, Never>
        /// Who ended it before its time.
        var canceller: Principal?
    }

    private struct State: Sendable {
        var running: [ImportID: Running] = [:]
        /// Being stored and judged, per person.
        var arriving: [AccountID: Int] = [:]
        var isStopping = false
    }

    private let vault: Vault
    private let settings: ImportSettings
    private let store: ImportStore
    private let state = Mutex(State())

    public init(vault: Vault, settings: ImportSettings = ImportSettings()) {
        self.vault = vault
        self.settings = settings
        store = ImportStore(core: vault.core)
    }

    private var core: VaultCore { vault.core }

    /// Refuses early what would be refused anyway, before a body is read.
    public func precheck(_ folder: NodeID?, announcedSize: Int64?, as principal: Principal) async throws {
        try principal.require(.writeContent)
        let probe = SaveRequest(target: .place(parent: folder, name: try NodeName("archive.zip"), conflict: .rename))
        try await vault.save.precheck(probe, announcedSize: announcedSize, as: principal)
    }

    /// Takes an archive in and begins to unpack it.
    ///
    /// - Parameter request: asked for when all of the archive has arrived, as in a form that names the folder last.
    /// - Throws: `VaultError.cannotImport`, and what an upload throws. Nothing was unpacked then.
    public func begin(
        _ content: PlainContent, as principal: Principal, _ request: @Sendable () async throws -> ImportRequest
    ) async throws -> ImportID {
        try principal.require(.writeContent)
        try arrive(principal.account)
        defer { leave(principal.account) }
        let staged = try await core.stage(content)
        let input = BridgedInput(size: staged.reader.size) { [reader = staged.reader] offset, count in
            try await reader.read(at: offset, count: count)
        }
        return try await begin(input, as: principal, request) { [core] in await staged.discard(from: core) }
    }

    /// Brings one volume of a portable archive back: what is there gets a new version, what is missing is made again.
    ///
    /// - Parameters:
    ///   - volume: read where it is kept.
    ///   - folder: where the archive's paths begin: `nil` for the root of the caller's space.
    ///   - password: of the archive.
    /// - Throws: `VaultError.cannotImport`.
    public func restore(
        _ volume: any ArchiveFile, into folder: NodeID?, password: ZIPPassword, as principal: Principal
    ) async throws -> ImportID {
        try principal.require(.writeContent)
        try arrive(principal.account)
        defer { leave(principal.account) }
        let input = BridgedInput(size: volume.size) { offset, count in
            try await volume.read(at: offset, count: count)
        }
        return try await begin(input, as: principal) {
            var request = ImportRequest(folder: folder, conflict: .version, password: password)
            request.isPortable = true
            return request
        } release: {
        }
    }

    private func begin(
        _ input: BridgedInput, as principal: Principal, _ request: @Sendable () async throws -> ImportRequest,
        release: @escaping @Sendable () async -> Void
    ) async throws -> ImportID {
        do {
            let wanted = try await request()
            let folder = wanted.folder ?? principal.root
            try await precheck(wanted.folder, announcedSize: nil, as: principal)
            let archive = try await open(input, wanted.password)
            let id: ImportID = core.ids.next()
            let run = ImportRun(id, archive, wanted, into: folder, core: core, as: principal)
            try await store.begin(id, into: folder, await run.counts, as: principal)
            start(id, run, input, as: principal, release: release)
            return id
        } catch {
            input.cancel()
            await release()
            throw error
        }
    }

    /// Waits until an import is over, for as long as people wait.
    public func settle(_ id: ImportID) async {
        guard let task = state.withLock({ $0.running[id]?.task }), settings.patience > .zero else { return }
        await withTaskGroup { group in
            group.addTask { await task.value }
            group.addTask { [settings] in try? await Task.sleep(for: settings.patience) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Waits until an import that runs here is over.
    public func finish(_ id: ImportID) async {
        await state.withLock { $0.running[id]?.task }?.value
    }

    /// - Throws: `VaultError.notFound(.importing)`.
    public func report(_ id: ImportID, as principal: Principal) async throws -> ImportReport {
        let (report, node) = try await store.report(id, of: principal)
        guard report.state == .running, !isRunning(id), !(try await isAliveElsewhere(node)) else { return report }
        // Its node ended, and nobody else will say so.
        try await store.finish(
            id, .interrupted, failure: nil, folder: report.folder, report.counts, [], from: 0, as: principal)
        return try await store.report(id, of: principal).report
    }

    /// What became of its entries so far.
    public func lines(_ id: ImportID, from first: Int, limit: Int, as principal: Principal) async throws -> ImportLines
    {
        _ = try await store.report(id, of: principal)
        return try await store.lines(id, from: first, limit: limit, of: principal)
    }

    /// Ends an import; what it stored stays.
    /// - Throws: `VaultError.notFound(.importing)`; `.cannotImport(.alreadyOver)`; `.unavailable` when another node does it.
    public func cancel(_ id: ImportID, as principal: Principal) async throws -> ImportReport {
        let now = try await report(id, as: principal)
        guard now.state == .running else { throw VaultError.cannotImport(.alreadyOver) }
        let task = state.withLock { state in
            state.running[id]?.canceller = principal
            return state.running[id]?.task
        }
        guard let task else { throw VaultError.unavailable }
        task.cancel()
        await task.value
        return try await report(id, as: principal)
    }

    /// Ends all imports of this node; for its last moments.
    public func stop() {
        let tasks = state.withLock { state in
            state.isStopping = true
            return state.running.values.map(\.task)
        }
        for task in tasks { task.cancel() }
    }

    // MARK: One import

    private func arrive(_ account: AccountID) throws(VaultError) {
        let refusal = state.withLock { state -> VaultError? in
            guard !state.isStopping else { return .unavailable }
            let own = state.running.values.count { $0.account == account } + state.arriving[account, default: 0]
            guard own < settings.runningPerPerson else {
                return .cannotImport(.tooManyRunning(maximum: settings.runningPerPerson))
            }
            guard state.running.count + state.arriving.values.reduce(0, +) < settings.running else {
                return .cannotImport(.tooManyRunning(maximum: settings.running))
            }
            state.arriving[account, default: 0] += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    private func leave(_ account: AccountID) {
        state.withLock { state in
            let others = state.arriving[account, default: 1] - 1
            state.arriving[account] = others > 0 ? others : nil
        }
    }

    private func open(_ input: BridgedInput, _ password: ZIPPassword?) async throws -> ForeignArchive {
        do {
            return try await ForeignArchive(input, limits: settings.limits, password: password) { name in
                try? NodeName(name).folded
            }
        } catch let error as ArchiveError {
            throw Self.refusal(error, settings.limits) ?? error
        }
    }

    private static func refusal(_ error: ArchiveError, _ limits: ForeignLimits) -> VaultError? {
        switch error {
        case .notZIP: .cannotImport(.notAnArchive)
        case .truncated, .damaged, .wrongCRC, .refused, .wrongLength, .unsupportedMethod, .unsupportedEncryption:
            .cannotImport(.damaged)
        case .multiDisk: .cannotImport(.multiDisk)
        case .empty: .cannotImport(.empty)
        case .tooManyEntries: .cannotImport(.tooManyEntries(limit: limits.entries))
        case .tooLarge(let limit): .cannotImport(.tooLarge(limit: limit))
        case .wrongPassword, .passwordNeeded: .cannotImport(.wrongPassword)
        case .outOfMemory, .noUTF8, .pathTooLong, .duplicateName, .full, .io, .cancelled: nil
        }
    }

    private func start(
        _ id: ImportID, _ run: ImportRun, _ input: BridgedInput, as principal: Principal,
        release: @escaping @Sendable () async -> Void
    ) {
        state.withLock { state in
            let task = Task { [self] in
                await withTaskCancellationHandler {
                    await work(id, run)
                } onCancel: {
                    input.cancel()
                }
                input.cancel()
                await release()
                self.state.withLock { _ = $0.running.removeValue(forKey: id) }
            }
            state.running[id] = Running(account: principal.account, task: task)
        }
    }

    private func work(_ id: ImportID, _ run: ImportRun) async {
        let ended: ImportState
        var failure: String?
        do {
            try await run.run()
            ended = .completed
        } catch is CancellationError {
            ended = state.withLock { $0.isStopping } ? .interrupted : .cancelled
        } catch ArchiveError.cancelled {
            ended = state.withLock { $0.isStopping } ? .interrupted : .cancelled
        } catch {
            ended = .failed
            failure = Self.code(of: error)
        }
        // The end is noted though the task was cancelled: a task of its own does it. What cannot be noted is found
        // interrupted later.
        let canceller = state.withLock { $0.running[id]?.canceller }
        await Task { try? await run.finish(ended, failure: failure, as: canceller) }.value
    }

    private static func code(of error: any Error) -> String {
        switch error {
        case VaultError.notSignedIn, VaultError.accountDisabled: "not_signed_in"
        case VaultError.roleForbids: "role_forbids"
        case VaultError.storageFull, BlobStoreError.full, ArchiveError.full: "storage_full"
        case is BlobStoreError, is DatabaseError, VaultError.unavailable: "unavailable"
        default: "failed"
        }
    }

    private func isRunning(_ id: ImportID) -> Bool { state.withLock { $0.running[id] != nil } }

    /// Another living node has it.
    private func isAliveElsewhere(_ node: ClusterNodeID) async throws -> Bool {
        guard node != core.membership.id else { return false }
        return try await store.isAlive(node)
    }
}
