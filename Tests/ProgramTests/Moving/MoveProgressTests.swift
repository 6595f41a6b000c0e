import Foundation
import Testing

@testable import cloudspace

/// What a person sees of a move.
@Suite struct MoveProgressTests {
    /// What was told, in order.
    private final class Sink: @unchecked Sendable {  // touched under the lock alone
        private let lock = NSLock()
        private var told: [String] = []

        func take(_ text: String) { lock.withLock { told.append(text) } }
        var all: [String] { lock.withLock { told } }
    }

    @Test func figuresReadWell() {
        #expect([0, 7, 999, 1_000, 1_234_567].map { Figures.count($0) } == ["0", "7", "999", "1,000", "1,234,567"])
        #expect([0, 1, 2].map { Figures.rows($0) } == ["0 rows", "1 row", "2 rows"])
        let sizes: [(Int64, String)] = [
            (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_535, "1.4 KiB"), (10 << 20, "10.0 MiB"),
            (5 << 30 | 1 << 29, "5.5 GiB"), (3 << 40, "3.0 TiB"), (.max, "8,191.9 PiB"),
        ]
        for (size, text) in sizes { #expect(Figures.bytes(size) == text) }
        #expect(Figures.time(0.2) == "1 s")
        #expect(Figures.time(200) == "3 min 20 s")
        #expect(Figures.time(7_500) == "2 h 5 min")
        #expect(Figures.time(.infinity).hasSuffix("min"), "a rate of nothing is no crash")
    }

    @Test func whereLinesStayALargeStepTellsEachTenthOnce() {
        let sink = Sink()
        let progress = MoveProgress(.lines { sink.take($0) })
        progress.begin("blobs", of: 1 << 30, .bytes)
        for _ in 0..<256 { progress.advance(by: 4 << 20) }
        progress.end("3, 1.0 GiB")
        #expect(sink.all.count == 10)
        #expect(
            sink.all.first?.hasPrefix("blobs                        10 % 104.0 MiB of 1.0 GiB") == true, "\(sink.all)")
        #expect(sink.all.last == "blobs                       3, 1.0 GiB")
        progress.begin("rows", "versions", of: 1_000, .rows)
        for _ in 0..<10 { progress.advance(by: 100) }
        progress.end("1,000 rows")
        #expect(sink.all.count == 11, "a small one tells its end")
    }

    @Test func onATerminalOneLineRenewsItself() {
        let sink = Sink()
        let progress = MoveProgress(.terminal { sink.take($0) })
        progress.begin("rows", "versions", of: 200, .rows)
        progress.end("200 rows")
        progress.begin("verify", "references", of: 0, .rows)
        progress.clear()
        #expect(sink.all.allSatisfy { $0.hasPrefix("\r\u{1b}[K") })
        #expect(sink.all[0].contains("rows   versions") && sink.all[0].contains("0 % [--------------------] 0 of 200"))
        #expect(sink.all[1].hasSuffix("200 rows\n"))
        #expect(sink.all[2].contains("[####################]"), "nothing to do is done")
    }
}
