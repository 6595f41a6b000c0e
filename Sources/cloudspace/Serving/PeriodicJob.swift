/// Work that comes again and again until its task is cancelled. A failure is logged and does not end it.
struct PeriodicJob: Sendable {
    let name: String
    let firstAfter: Duration
    let interval: Duration
    let work: @Sendable () async throws -> Void

    func run(log: Log) async {
        var pause = firstAfter
        while true {
            do { try await Task.sleep(for: pause) } catch { return }
            pause = interval
            do {
                try await work()
            } catch is CancellationError {
                return
            } catch {
                log.error("job failed", ["job": .text(name), "cause": .text(ProgramError(error).message)])
            }
        }
    }
}
