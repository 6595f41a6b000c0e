import Synchronization

/// How far a push is; a bar on a terminal, nothing elsewhere until the summary.
final class PushProgress: Sendable {
    struct Counts: Sendable, Equatable {
        var sent = 0
        var known = 0
        var removed = 0
        var failed = 0
        var skipped = 0
        /// Of this run, also of files that did not end well.
        var bytes: Int64 = 0
    }

    private let counts = Mutex(Counts())
    private let files: Int
    private let bytes: Int64
    private let start = ContinuousClock.now
    private let line = Progress()

    init(files: Int, bytes: Int64) {
        self.files = files
        self.bytes = bytes
    }

    var now: Counts { counts.withLock { $0 } }

    func note(_ change: (inout Counts) -> Void) { counts.withLock { change(&$0) } }

    func moved(_ count: Int64) { counts.withLock { $0.bytes += count } }

    /// A line about one file, which stays.
    func say(_ text: String) {
        line.clear()
        StandardStream.error.print(text)
    }

    /// Shows the bar until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            line.show(text)
            do { try await Task.sleep(for: .milliseconds(200)) } catch { break }
        }
        line.clear()
    }

    private static let width = 24

    private var text: String {
        let counts = now
        let done = min(counts.bytes, bytes)
        let share = bytes > 0 ? Double(done) / Double(bytes) : 0
        let filled = Int(share * Double(Self.width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
        let seconds = Double((ContinuousClock.now - start).components.seconds)
        let rate = seconds > 0 ? Double(counts.bytes) / seconds : 0
        let rest = rate > 0 ? Self.time(Double(bytes - done) / rate) : "–"
        let handled = counts.sent + counts.known + counts.failed
        return "[\(bar)] \(Int(share * 100)) %  \(Self.mebibytes(done)) of \(Self.mebibytes(bytes)) MiB  "
            + "\(handled) of \(files) files  \(Self.mebibytes(Int64(rate))) MiB/s  \(rest) left"
    }

    private static func mebibytes(_ count: Int64) -> String {
        let tenths = count / 104_858
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func time(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 359_999))
        let parts = (whole / 3_600, whole / 60 % 60, whole % 60)
        let digits = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return parts.0 > 0 ? "\(parts.0):\(digits(parts.1)):\(digits(parts.2))" : "\(parts.1):\(digits(parts.2))"
    }
}
