import Foundation

/// `scripts/verify_journal.py`, asked about many exports in one process.
enum SecondVerifier {
    struct Question {
        let export: [UInt8]
        var key: String?
        var remembered: [String] = []
    }

    struct Silent: Error { let status: Int32 }

    /// Whether its words fit ours: `OK …`, or `REFUSED line N: reason`.
    static func verdicts(_ questions: [Question]) throws -> [String] {
        let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", root.appending(path: "scripts/judge_exports.py").path,
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        let (toProgram, fromProgram) = (Pipe(), Pipe())
        process.standardInput = toProgram
        process.standardOutput = fromProgram
        try process.run()
        var input = Data()
        for question in questions {
            let head: [Any] = [question.export.count, question.key ?? NSNull(), question.remembered]
            input += try JSONSerialization.data(withJSONObject: head) + [10]
            input += question.export
        }
        // Its answers are read while it is asked: neither pipe holds all.
        let (questionsLeft, writer) = (input, toProgram.fileHandleForWriting)
        Thread.detachNewThread {
            try? writer.write(contentsOf: questionsLeft)
            try? writer.close()
        }
        let output = try fromProgram.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count == questions.count else { throw Silent(status: process.terminationStatus) }
        return lines
    }
}
