import Foundation

/// Python, for what is checked by code that is not ours.
enum Interpreter {
    static let path = ProcessInfo.processInfo.environment["CLOUDSPACE_TEST_PYTHON"] ?? "/usr/bin/python3"
    static let canRun = FileManager.default.isExecutableFile(atPath: path)

    /// Runs a short program to its end.
    static func run(_ program: String, _ input: [UInt8]) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["-c", program]
        let (toProgram, fromProgram) = (Pipe(), Pipe())
        process.standardInput = toProgram
        process.standardOutput = fromProgram
        try process.run()
        try toProgram.fileHandleForWriting.write(contentsOf: Data(input))
        try toProgram.fileHandleForWriting.close()
        let output = try fromProgram.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Array(output)
    }
}
