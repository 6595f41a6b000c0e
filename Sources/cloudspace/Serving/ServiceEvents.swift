import API
import Synchronization
import Vault

/// What a running server is told.
enum ServiceEvent: Sendable {
    case stop(Int32)
    /// An administrator seals the vault; `done` resumes once nothing of it is served any more.
    case seal(done: CheckedContinuation<Void, Never>)
    /// The keys were unlocked; `done` resumes once the vault serves.
    case opened(OpenedVault, done: CheckedContinuation<Void, Never>)
}

/// Parts on their way to whoever serves them. Taken once, so that nobody else keeps their keys alive.
final class OpenedVault: Sendable {
    private let parts: Mutex<VaultParts?>

    init(_ parts: VaultParts) { self.parts = Mutex(parts) }

    func take() -> VaultParts? {
        parts.withLock { parts in
            defer { parts = nil }
            return parts
        }
    }
}

/// Where a running server is told things, and reads them one by one.
struct ServiceEvents: Sendable {
    private let stream: AsyncStream<ServiceEvent>
    private let continuation: AsyncStream<ServiceEvent>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: ServiceEvent.self) }

    func send(_ event: ServiceEvent) { continuation.yield(event) }

    /// Waits until the event was dealt with.
    func sendAndWait(_ make: (CheckedContinuation<Void, Never>) -> ServiceEvent) async {
        await withCheckedContinuation { done in
            if case .terminated = continuation.yield(make(done)) { done.resume() }
        }
    }

    func next() async -> ServiceEvent? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }

    /// Nothing is read any more: whoever waits need not.
    func close() async {
        continuation.finish()
        while let event = await next() {
            switch event {
            case .stop: break
            case .seal(let done), .opened(_, let done): done.resume()
            }
        }
    }
}

/// Lets an administrator seal the vault that this server serves.
struct ServedVault: VaultSealing {
    let provider: String
    let events: ServiceEvents

    func seal() async { await events.sendAndWait { .seal(done: $0) } }
}
