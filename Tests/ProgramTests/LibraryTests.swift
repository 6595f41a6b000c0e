import Foundation
import Testing

/// A machine whose libraries lack what the program stands on.
@Suite struct LibraryTests {
    /// OpenSSL told to offer validated algorithms only, and none is installed.
    @Test(arguments: [["version"], ["serve"], ["users", "list"]])
    func aLibraryWithoutOurAlgorithmsIsSaidInWordsAndNothingIsMade(_ command: [String]) async throws {
        let place = try Place()
        let configuration = place.root + "/openssl.cnf"
        try Data(
            """
            openssl_conf = start
            [start]
            alg_section = algorithms
            [algorithms]
            default_properties = fips=yes

            """.utf8
        ).write(to: URL(fileURLWithPath: configuration))
        let flags = command == ["version"] ? [] : place.flags
        let result = try await Program.run(command + flags, environment: ["OPENSSL_CONF": configuration])
        #expect(result.status == 2, "\(result.output) \(result.errors)")
        #expect(result.errors.contains("OpenSSL offers no SHA2-256"), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(!FileManager.default.fileExists(atPath: place.keys))
        #expect(!FileManager.default.fileExists(atPath: place.data))
    }
}
