public import BlobStore
import Crypto
import Synchronization

/// A blob store that fails when it is told to: wraps another one.
///
///     let store = FaultyBlobStore(MemoryBlobStore())
///     store.fail(.append, at: 3, with: .full)
///     store.flipBit(of: key, at: 1_000)
public final class FaultyBlobStore: BlobStore {
    /// What can be made to fail.
    public enum Operation: Hashable, Sendable, CaseIterable {
        case writer, append, finish, reader, read, readNow, delete, list, statistics
    }

    private let store: any BlobStore
    private let faults = Faults()

    public init(_ store: any BlobStore) {
        self.store = store
    }

    /// Has the `call`th call of `operation` from now on fail, and every later one too if `lasting`.
    public func fail(
        _ operation: Operation, at call: Int = 1, with error: BlobStoreError, lasting: Bool = false
    ) {
        faults.plan(operation, Faults.Plan(callsUntil: max(1, call), error: error, lasting: lasting))
    }

    /// Has every call fail from now on, as when the store is away.
    public func goAway() {
        for operation in Operation.allCases { fail(operation, with: .unavailable("the store is away"), lasting: true) }
    }

    /// Has every call but `readNow`, which never waits, stand still from now on, until `release`.
    public func hold() { faults.gate.shut() }

    /// Lets the calls that stand still go on, and later ones through.
    public func release() { faults.gate.open() }

    /// Returns once `count` calls stand still.
    public func held(_ count: Int) async { await faults.gate.held(count) }

    /// Makes every planned failure and change undone.
    public func heal() {
        faults.heal()
    }

    /// Has readers of `key` see one bit of the sealed byte at `offset` changed.
    public func flipBit(of key: BlobKey, at offset: Int64) {
        faults.change(key) { $0.flipped.insert(offset) }
    }

    /// Has readers of `key` see the blob end after `size` sealed bytes.
    public func cutOff(_ key: BlobKey, at size: Int64) {
        faults.change(key) { $0.size = size }
    }

    /// Has readers of `key` see the sealed bytes of `other`.
    public func replace(_ key: BlobKey, by other: BlobKey) {
        faults.change(key) { $0.other = other }
    }

    /// Has nothing be in memory, so that every reading has to wait.
    public func keepNothingInMemory() {
        faults.keepNothingInMemory()
    }

    public func writer(_ key: BlobKey) async throws -> any BlobWriter {
        await faults.gate.pass()
        try faults.check(.writer)
        return FaultyBlobWriter(writer: try await store.writer(key), faults: faults)
    }

    public func reader(_ key: BlobKey) async throws -> any BlobReader {
        await faults.gate.pass()
        try faults.check(.reader)
        let change = faults.changes(of: key)
        let reader = try await store.reader(change.other ?? key)
        return FaultyBlobReader(key: key, reader: reader, change: change, faults: faults)
    }

    public func delete(_ key: BlobKey) async throws {
        await faults.gate.pass()
        try faults.check(.delete)
        try await store.delete(key)
    }

    public func list(after: BlobKey?, limit: Int) async throws -> [BlobEntry] {
        await faults.gate.pass()
        try faults.check(.list)
        return try await store.list(after: after, limit: limit)
    }

    public func abandoned(olderThanMs age: Int64) async throws -> Int {
        try await store.abandoned(olderThanMs: age)
    }

    public func statistics() async throws -> BlobStoreStatistics {
        await faults.gate.pass()
        try faults.check(.statistics)
        return try await store.statistics()
    }
}

/// What is planned to go wrong.
final class Faults: Sendable {
    struct Plan: Sendable {
        var callsUntil: Int
        let error: BlobStoreError
        let lasting: Bool
    }

    struct Change: Sendable {
        var flipped: Set<Int64> = []
        var size: Int64?
        var other: BlobKey?
    }

    private struct State: Sendable {
        var plans: [FaultyBlobStore.Operation: Plan] = [:]
        var changes: [BlobKey: Change] = [:]
        var isMemoryEmpty = false
    }

    let gate = BlobGate()
    private let state = Mutex(State())

    func plan(_ operation: FaultyBlobStore.Operation, _ plan: Plan) {
        state.withLock { $0.plans[operation] = plan }
    }

    func change(_ key: BlobKey, _ body: (inout Change) -> Void) {
        state.withLock { body(&$0.changes[key, default: Change()]) }
    }

    func keepNothingInMemory() {
        state.withLock { $0.isMemoryEmpty = true }
    }

    func heal() {
        state.withLock { $0 = State() }
    }

    var isMemoryEmpty: Bool { state.withLock { $0.isMemoryEmpty } }

    func changes(of key: BlobKey) -> Change {
        state.withLock { $0.changes[key] ?? Change() }
    }

    func check(_ operation: FaultyBlobStore.Operation) throws {
        try state.withLock { state in
            guard var plan = state.plans[operation] else { return }
            plan.callsUntil -= 1
            state.plans[operation] = plan.callsUntil > 0 || plan.lasting ? plan : nil
            if plan.callsUntil <= 0 { throw plan.error }
        }
    }
}

private struct FaultyBlobWriter: BlobWriter {
    let writer: any BlobWriter
    let faults: Faults

    func append(_ chunk: SealedChunk) async throws {
        await faults.gate.pass()
        try faults.check(.append)
        try await writer.append(chunk)
    }

    func finish() async throws -> Int64 {
        await faults.gate.pass()
        try faults.check(.finish)
        return try await writer.finish()
    }

    func cancel() async {
        await writer.cancel()
    }
}

private struct FaultyBlobReader: BlobReader {
    let key: BlobKey
    let reader: any BlobReader
    let change: Faults.Change
    let faults: Faults

    var sealedSize: Int64 { min(reader.sealedSize, change.size ?? .max) }

    func readNow(at offset: Int64, into buffer: inout MutableRawSpan) throws -> Int? {
        try faults.check(.readNow)
        if faults.isMemoryEmpty { return nil }
        let room = max(0, min(Int64(buffer.byteCount), sealedSize - offset))
        guard let bytes = try reader.readNow(at: offset, count: Int(room)) else { return nil }
        buffer.copy(changed(bytes, at: offset).span, at: 0)
        return bytes.count
    }

    func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        await faults.gate.pass()
        try faults.check(.read)
        let room = max(0, min(Int64(count), sealedSize - offset))
        return changed(try await reader.read(at: offset, count: Int(room)), at: offset)
    }

    private func changed(_ bytes: [UInt8], at offset: Int64) -> [UInt8] {
        var bytes = bytes
        for position in change.flipped where position >= offset && position < offset + Int64(bytes.count) {
            bytes[Int(position - offset)] ^= 1
        }
        return bytes
    }
}
