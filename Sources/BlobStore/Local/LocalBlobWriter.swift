import Crypto
import Synchronization

/// Writes one file on an I/O thread while its caller prepares the next piece.
///
/// At most one job of a writer is queued or running at a time, so its pieces keep their order and the file has one user.
final class LocalBlobWriter: BlobWriter {
    private let key: BlobKey
    private let layout: BlobLayout
    private let threads: IOThreads
    private let state: Mutex<State>

    /// Bytes that may be outstanding before `append` waits.
    private static let outstandingLimit = 1 << 20
    /// Bytes after which the system is told to begin storing what it has.
    private static let writebackStep: Int64 = 8 << 20
    /// Bytes after which a writer lets other writers have the thread.
    private static let turn = 16 << 20

    fileprivate struct State: Sendable {
        var pieces: [[UInt8]] = []
        /// Bytes in `pieces` and in the piece being written.
        var outstanding = 0
        var isWorking = false
        var failure: BlobStoreError?
        var roomWaiter: CheckedContinuation<Void, Never>?
        var ending: Ending?
        var isEnded = false
    }

    fileprivate enum Ending: Sendable {
        case finish(CheckedContinuation<Int64, any Error>)
        case cancel(CheckedContinuation<Void, Never>)
    }

    /// The file while it is written: used by the one running job.
    private let upload: Upload

    init(_ key: BlobKey, _ layout: BlobLayout, _ threads: IOThreads) {
        self.key = key
        self.layout = layout
        self.threads = threads
        state = Mutex(State())
        upload = Upload(path: layout.freshUnfinishedPath(for: key))
    }

    deinit {
        // No job holds the writer any more, so the upload has no user.
        let upload = upload
        if !threads.submit({ upload.discard() }) { upload.discard() }
    }

    func append(_ chunk: SealedChunk) async throws {
        let (isNew, mustWait) = try state.withLock { state in
            if let failure = state.failure { throw failure }
            if state.isEnded { throw BlobStoreError.unavailable("the blob is finished") }
            guard !chunk.bytes.isEmpty else { return (false, false) }
            state.pieces.append(chunk.bytes)
            state.outstanding += chunk.bytes.count
            return (state.beginWork(), state.outstanding > Self.outstandingLimit)
        }
        if isNew { queueWork() }
        guard mustWait else { return }
        await withCheckedContinuation { continuation in
            let hasRoom = state.withLock { state in
                if state.outstanding <= Self.outstandingLimit || state.failure != nil { return true }
                state.roomWaiter = continuation
                return false
            }
            if hasRoom { continuation.resume() }
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    func finish() async throws -> Int64 {
        try await withCheckedThrowingContinuation { continuation in
            end(.finish(continuation)) {
                continuation.resume(throwing: BlobStoreError.unavailable("the blob is finished"))
            }
        }
    }

    func cancel() async {
        await withCheckedContinuation { continuation in
            end(.cancel(continuation)) { continuation.resume() }
        }
    }

    private func end(_ ending: Ending, alreadyEnded: () -> Void) {
        let (isFirst, isNew) = state.withLock { state in
            if state.isEnded { return (false, false) }
            state.isEnded = true
            state.ending = ending
            return (true, state.beginWork())
        }
        if !isFirst { alreadyEnded() }
        if isNew { queueWork() }
    }
}

/// What happens on the I/O thread.
extension LocalBlobWriter {
    private enum Step {
        case write([[UInt8]])
        case end(Ending, BlobStoreError?)
        case rest
    }

    private func queueWork() {
        guard !threads.submit({ [self] in work() }) else { return }
        // Too many wait already. The blob is given up; whoever waits for it is told.
        fail(.overloaded)
        while case .end(let ending, let failure) = nextStep() { conclude(ending, failure) }
    }

    private func work() {
        var written = 0
        while written < Self.turn {
            switch nextStep() {
            case .rest:
                return
            case .end(let ending, let failure):
                conclude(ending, failure)
            case .write(let pieces):
                do throws(BlobStoreError) {
                    for piece in pieces {
                        try upload.write(piece, writebackStep: Self.writebackStep)
                        written += piece.count
                        wrote(piece.count)
                    }
                } catch {
                    fail(error)
                }
            }
        }
        queueWork()
    }

    private func nextStep() -> Step {
        state.withLock { state in
            if !state.pieces.isEmpty && state.failure == nil {
                if case .cancel = state.ending {
                    state.pieces = []
                } else {
                    defer { state.pieces = [] }
                    return .write(state.pieces)
                }
            }
            if let ending = state.ending.take() { return .end(ending, state.failure) }
            state.isWorking = false
            return .rest
        }
    }

    private func wrote(_ count: Int) {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            state.outstanding -= count
            // Half empty, so that the caller and this thread take turns less often.
            return state.outstanding <= Self.outstandingLimit / 2 ? state.roomWaiter.take() : nil
        }
        waiter?.resume()
    }

    private func fail(_ failure: BlobStoreError) {
        let waiter = state.withLock { state in
            if state.failure == nil { state.failure = failure }
            state.pieces = []
            return state.roomWaiter.take()
        }
        waiter?.resume()
    }

    private func conclude(_ ending: Ending, _ failure: BlobStoreError?) {
        switch ending {
        case .cancel(let continuation):
            upload.discard()
            continuation.resume()
        case .finish(let continuation):
            do throws(BlobStoreError) {
                if let failure { throw failure }
                continuation.resume(returning: try upload.publish(as: key, in: layout))
            } catch {
                upload.discard()
                continuation.resume(throwing: error)
            }
        }
    }
}

extension LocalBlobWriter.State {
    /// - Returns: whether a job must be queued.
    fileprivate mutating func beginWork() -> Bool {
        if isWorking { return false }
        isWorking = true
        return true
    }
}
