import Foundation
import Testing

@testable import Crypto

/// Software that is not ours opens our blobs: scripts/open_blob.py, with the PyPI package `cryptography`.
@Suite struct IndependentOpenerTests {
    static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("scripts/open_blob.py").path

    /// The Python to use: that of the environment variable CLOUDSPACE_TEST_PYTHON, or `python3`.
    static let python = ProcessInfo.processInfo.environment["CLOUDSPACE_TEST_PYTHON"] ?? "python3"

    static let canRun: Bool = {
        (try? run(["-c", "import cryptography"]).status) == 0
    }()

    static func run(_ arguments: [String]) throws -> (status: Int32, output: Data) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, data)
    }

    @Test(.enabled(if: canRun, "python3 with the package cryptography"), arguments: StreamSuite.allCases)
    func anotherProgramOpensOurBlobs(_ suite: StreamSuite) throws {
        let key = SealingKey.random()
        let context = Random.bytes(33)
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let options = [
            Self.script, "--key", Hex.encode(key.bytesForTests), "--suite", "\(suite.rawValue)", "--context",
        ]
        for length in [0, 5, 16384, 40_000] {
            let plain = Random.bytes(length)
            let sealed = StreamSealer.sealAll(plain, key: key, suite: suite, context: context).bytes
            try directory.write(sealed, "blob")
            let opened = try Self.run(options + [Hex.encode(context), directory.file("blob")])
            #expect(opened.status == 0)
            #expect(Array(opened.output) == plain)
        }
        let refused = try Self.run(options + [Hex.encode(context + [0]), directory.file("blob")])
        #expect(refused.status == 1)
        #expect(refused.output.isEmpty)
    }
}
