import Testing

/// Who serves, as the terminal tells it.
@Suite struct NodesCommandTests {
    /// The lines of `cloudspace nodes`, asked for again until one tells of a server on `port`.
    private func lines(_ place: Place, telling port: UInt16) async throws -> [Substring] {
        for _ in 0..<200 {
            let result = try await Program.run(["nodes"] + place.flags)
            try #require(result.status == 0, "\(result.errors)")
            if result.output.contains(":\(port)") { return result.output.split(separator: "\n") }
        }
        return []
    }

    @Test func aServerIsShownWhileItRunsAndAfterItWasKilled() async throws {
        let place = try Place()
        let first = try await RunningServer(place)
        let shown = try await lines(place, telling: first.port)
        #expect(shown.count == 1)
        #expect(shown.first?.hasPrefix("alive") == true)
        #expect(await first.stop() == 0)
        let none = try await Program.run(["nodes"] + place.flags)
        #expect(none.output == "no server is running")

        let second = try await RunningServer(place)
        _ = try await lines(place, telling: second.port)
        await second.destroy()
        let third = try await RunningServer(place)
        let both = try await lines(place, telling: third.port)
        #expect(both.count == 2, "the killed one is still known")
        #expect(both.contains { $0.contains(":\(second.port)") })
        #expect(await third.stop() == 0)
    }
}
