import Crypto
import Database
import HTTP

/// The operator's log: one line an event, on standard error. Never names of documents or people, never tokens.
struct Log: Sendable {
    enum Level: String, Sendable { case info, warning, error }

    enum Value: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
        case text(String)
        case number(Int64)

        init(stringLiteral value: String) { self = .text(value) }
        init(integerLiteral value: Int64) { self = .number(value) }
    }

    let format: LogFormat
    private let clock: any WallClock
    /// One thread that writes, so that a slow reader of standard error holds up no request.
    private let writer = WorkerPool(threads: 1, queueLimit: 8_192)

    init(format: LogFormat, clock: any WallClock = SystemClock()) {
        self.format = format
        self.clock = clock
    }

    func info(_ message: String, _ fields: KeyValuePairs<String, Value> = [:]) { write(.info, message, fields) }
    func warning(_ message: String, _ fields: KeyValuePairs<String, Value> = [:]) { write(.warning, message, fields) }
    func error(_ message: String, _ fields: KeyValuePairs<String, Value> = [:]) { write(.error, message, fields) }

    func write(_ level: Level, _ message: String, _ fields: KeyValuePairs<String, Value>) {
        let line = line(level, message, fields, at: clock.now())
        // When thousands of lines wait already, nobody reads them: the service goes on without.
        _ = writer.submit { StandardStream.error.print(line) }
    }

    /// Returns once everything logged before is written.
    func flush() async {
        await withCheckedContinuation { continuation in
            if !writer.submit({ continuation.resume() }) { continuation.resume() }
        }
    }

    /// The line without its break.
    func line(
        _ level: Level, _ message: String, _ fields: KeyValuePairs<String, Value>, at time: Timestamp
    ) -> String {
        switch format {
        case .text:
            return fields.reduce("\(time.iso8601) \(level.rawValue) \(message.printable)") { line, field in
                switch field.value {
                case .number(let number): "\(line) \(field.key)=\(number)"
                case .text(let text): "\(line) \(field.key)=\(Self.quotedIfNeeded(text.printable))"
                }
            }
        case .json:
            var json = JSONWriter()
            json.object { json in
                json.field("time", time.iso8601)
                json.field("level", level.rawValue)
                json.field("message", message)
                for (key, value) in fields {
                    switch value {
                    case .number(let number): json.field(key, number)
                    case .text(let text): json.field(key, text)
                    }
                }
            }
            return String(decoding: json.bytes, as: UTF8.self)
        }
    }

    private static func quotedIfNeeded(_ text: String) -> String {
        let isPlain = !text.isEmpty && !text.contains { $0 == " " || $0 == "\"" || $0 == "=" }
        return isPlain ? text : "\"" + text.replacing("\"", with: "'") + "\""
    }
}
