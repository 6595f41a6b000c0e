import Glibc

/// Threads of our own, for calls that block: such a call never occupies Swift's cooperative pool.
enum WorkerThread {
    /// Runs `body` on a new thread with a resource that is let go of there.
    ///
    /// - Parameter departure: told of the start, and of the end once the resource is released.
    /// - Throws: `DatabaseError.other` with the system's code when there can be no further thread.
    static func start<Resource: Sendable>(
        owning resource: Resource, departure: Departure,
        _ body: @escaping @Sendable (Resource) -> Void
    ) throws(DatabaseError) {
        var resource = Optional(resource)
        let life = Life {
            // Out of scope, and so released, before the end is told.
            if let resource = resource.take() { body(resource) }
            departure.threadEnded()
        }
        departure.threadStarted()
        // Retained here and released by the thread, which always runs when it could be created.
        let retained = unsafe Unmanaged.passRetained(life)
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Life>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, retained.toOpaque())
        guard code == 0 else {
            unsafe retained.release()
            departure.threadEnded()
            throw .other(code: code, message: "cannot start a thread")
        }
        pthread_detach(thread)
    }

    /// Sendable because it is made by one thread and then used by the new one alone.
    private final class Life: @unchecked Sendable {
        let run: () -> Void

        init(run: @escaping () -> Void) {
            self.run = run
        }
    }
}
