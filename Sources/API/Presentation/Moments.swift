import Database
import HTTP
import Vault

extension Vault {
    /// The time now, by the vault's own clock.
    func now() -> Timestamp { core.clock.now() }
}

extension Timestamp {
    /// Appends `2024-10-26T14:28:00Z` in quotes; milliseconds are dropped. What lists write for every entry.
    func appendQuoted(to bytes: inout [UInt8]) {
        let time = CivilTime(self)
        guard (0...9_999).contains(time.year) else {
            bytes += Array("\"\(iso8601)\"".utf8)
            return
        }
        let year = Int(time.year)
        bytes.append(UInt8(ascii: "\""))
        Self.append(year / 100, to: &bytes)
        Self.append(year % 100, to: &bytes)
        Self.append("-", time.month, to: &bytes)
        Self.append("-", time.dayOfMonth, to: &bytes)
        Self.append("T", time.hour, to: &bytes)
        Self.append(":", time.minute, to: &bytes)
        Self.append(":", time.second, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
        bytes.append(UInt8(ascii: "\""))
    }

    private static func append(_ mark: Unicode.Scalar, _ value: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: mark))
        append(value, to: &bytes)
    }

    /// Two digits.
    private static func append(_ value: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: 0x30 + value / 10))
        bytes.append(UInt8(truncatingIfNeeded: 0x30 + value % 10))
    }
}

extension JSONWriter {
    /// A member holding a moment, as RFC 3339 writes it.
    mutating func field(_ name: String, _ moment: Timestamp) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(22)
        moment.appendQuoted(to: &bytes)
        key(name)
        raw(bytes)
    }

    /// A member holding a moment, or null.
    mutating func field(_ name: String, _ moment: Timestamp?) {
        if let moment { field(name, moment) } else { null(name) }
    }
}

extension Timestamp {
    /// The day in UTC: `2024-10-26`.
    var day: String {
        var bytes: [UInt8] = []
        appendQuoted(to: &bytes)
        return String(decoding: bytes.dropFirst().prefix(10), as: UTF8.self)
    }
}
