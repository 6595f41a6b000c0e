import Glibc

/// Time that only goes forward, for deadlines and durations.
enum MonotonicTime {
    /// Nanoseconds since some moment.
    static var nanoseconds: Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// Milliseconds since the same moment.
    static var milliseconds: Int64 { nanoseconds / 1_000_000 }
}

extension Duration {
    /// The duration in whole milliseconds, at least 1.
    var inMilliseconds: Int64 {
        let parts = components
        let (whole, overflow) = parts.seconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max / 4 : max(1, whole + parts.attoseconds / 1_000_000_000_000_000)
    }
}
