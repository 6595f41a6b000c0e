public import Backup
public import BlobStore
public import Crypto
import Database
import Synchronization
public import Vault

/// Stands in for what makes and proves archives where only the service around them is tested: its archives are a line of
/// text in each volume. What they really hold is tested where they are made.
public final class StandInArchives: SealedArchiveMaking, PortableArchiveMaking, ArchiveProving {
    private struct State {
        var failures: [any Error] = []
        var gate: CheckedContinuation<Void, Never>?
        var isGated = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var isAtGate = false
        var made: [BackupOrder] = []
        var passwords: [[UInt8]] = []
        var volumes = 1
        var findings: [ProofReport.Finding] = []
        var drilled: [(BackupID, Int)] = []
        var leftover = false
    }

    private let state = Mutex(State())
    private let clock: FixedClock

    public init(_ world: World) { clock = world.clock }

    /// The work, as the service takes it.
    public var work: ArchiveWork { ArchiveWork(sealed: self, portable: self, proving: self) }

    // MARK: What a test turns

    /// The next tries fail with these, one each.
    public func fail(_ errors: any Error...) { state.withLock { $0.failures += errors } }
    /// A failing try leaves its first volume behind.
    public func leaveFiles() { state.withLock { $0.leftover = true } }
    public func makeVolumes(_ count: Int) { state.withLock { $0.volumes = count } }
    public func find(_ findings: ProofReport.Finding...) { state.withLock { $0.findings = findings } }
    /// Archives are not finished before ``open()``.
    public func gate() { state.withLock { $0.isGated = true } }

    /// Waits until one is being made.
    public func reached() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if !state.isAtGate { state.waiters.append(continuation) }
                return state.isAtGate
            }
            if isThere { continuation.resume() }
        }
    }

    public func open() {
        let gate = state.withLock { state in
            defer { state.gate = nil }
            state.isGated = false
            return state.gate
        }
        gate?.resume()
    }

    // MARK: What it did

    public var made: [BackupOrder] { state.withLock { $0.made } }
    public var passwords: [[UInt8]] { state.withLock { $0.passwords } }
    public var drilled: [(BackupID, Int)] { state.withLock { $0.drilled } }

    // MARK: The work

    public func run(
        _ order: BackupOrder, into store: any ArchiveStore, progress: any WorkProgress
    ) async throws -> ArchiveSummary {
        let (count, leftover) = state.withLock { state in
            state.made.append(order)
            return (state.volumes, state.leftover)
        }
        progress.expect(entries: count, bytes: Int64(100 * count))
        var volumes: [ArchiveVolume] = []
        for number in 1...max(1, count) {
            let text = "volume \(number) of \(order.id)\n" + String(repeating: "x", count: 1_000)
            guard let name = ArchiveName("\(order.id)/000\(number).zip") else { throw CancellationError() }
            try await store.keep(Array(text.utf8), as: name)
            volumes.append(
                ArchiveVolume(
                    name: name.text, size: Int64(text.utf8.count), sha256: SHA256Hash.of(Array(text.utf8))))
            progress.advance(entries: 1, bytes: 100)
            do {
                try await pass(progress)
            } catch {
                if !leftover { for volume in volumes { try await store.delete(ArchiveName(volume.name) ?? name) } }
                throw error
            }
        }
        return ArchiveSummary(
            moment: clock.now(), volumes: volumes, manifestHash: SHA256Hash.of(Array("\(order.id)".utf8)),
            files: 3, folders: 2, versions: 5, blobs: 4, bytes: 4_000, journalSize: 7)
    }

    public func run(
        _ order: BackupOrder, password: borrowing SecretBytes, into store: any ArchiveStore,
        progress: any WorkProgress
    ) async throws -> ArchiveSummary {
        let bytes = password.withBytes { bytes in bytes.indices.map { bytes[$0] } }
        state.withLock { $0.passwords.append(bytes) }
        return try await run(order, into: store, progress: progress)
    }

    private func pass(_ progress: any WorkProgress) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (goesOn, waiters) = state.withLock { state in
                    let waiters = state.waiters
                    state.waiters = []
                    state.isAtGate = true
                    guard state.isGated, !Task.isCancelled else { return (true, waiters) }
                    state.gate = continuation
                    return (false, waiters)
                }
                for waiter in waiters { waiter.resume() }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            open()
        }
        if let failure = state.withLock({ $0.failures.isEmpty ? nil : $0.failures.removeFirst() }) { throw failure }
        try progress.check()
    }

    public func verify(
        _ id: BackupID, in store: any ArchiveStore, progress: any WorkProgress
    ) async throws -> ProofReport {
        try await pass(progress)
        return ProofReport(findings: state.withLock { $0.findings }, entries: 4, bytes: 4_000)
    }

    public func drill(
        _ id: BackupID, sample: Int, in store: any ArchiveStore, progress: any WorkProgress
    ) async throws -> ProofReport {
        state.withLock { $0.drilled.append((id, sample)) }
        try await pass(progress)
        return ProofReport(findings: state.withLock { $0.findings }, entries: Int64(min(sample, 3)), bytes: 300)
    }
}
