import Foundation
import Testing

/// Where the sources are.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
}

/// The README does not lie.
@Suite struct TourTests {
    private static let script = Repository.root + "/scripts/tour"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: script), "scripts/tour is not here"))
    func theToursLinesRun() async throws {
        let tour = try ChildProcess("/bin/bash", [Self.script, Program.path])
        let status = await tour.exit()
        #expect(status == 0, "\(tour.output)\n\(tour.errors)")
    }
}
