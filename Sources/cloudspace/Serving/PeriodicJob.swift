import Database
import Journal
import Vault

/// Work that comes again and again until its task is cancelled. A failure is logged and does not end it.
struct PeriodicJob: Sendable {
    let name: String
    let firstAfter: Duration
    let interval: Duration
    /// Where its rounds are counted.
    let statistics: JobStatistics
    /// Raised when there is work before its time; nil where the clock alone tells.
    var wake: WakeSignal?
    let work: @Sendable () async throws -> Void

    func run(log: Log) async {
        var pause = firstAfter
        while true {
            if let wake {
                await wake.wait(atMost: pause)
                if Task.isCancelled { return }
            } else {
                do { try await Task.sleep(for: pause) } catch { return }
            }
            pause = interval
            do {
                try await work()
                statistics.succeeded(name, at: SystemClock().now())
            } catch is CancellationError {
                return
            } catch let error as LeaseLost {
                // Another node goes on with it.
                log.warning("job stopped", ["job": .text(name), "cause": .text(error.description)])
            } catch {
                statistics.failed(name)
                log.error("job failed", ["job": .text(name), "cause": .text(ProgramError(error).message)])
            }
        }
    }
}
