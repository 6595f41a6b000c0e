// The kinds of text that settings take, each with what it must look like.

extension Setting where Value == String {
    /// A path that must be given.
    static func requiredPath(_ name: String, placeholder: String, summary: String) -> Self {
        Self(name, placeholder: placeholder, summary: summary, fallback: nil, absence: nil, parse: SettingText.path)
    }
}

extension Setting where Value == String? {
    /// A path that may be given.
    static func path(
        _ name: String, summary: String, places: [SettingPlace] = [.flag, .environment, .file]
    ) -> Self {
        Self(name, placeholder: "FILE", summary: summary, places: places, fallback: .some(nil), absence: "") {
            text throws(BadValue) in try SettingText.path(text)
        }
    }
}

extension Setting where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a few words.
    static func choice(_ name: String, summary: String, fallback: Value) -> Self {
        let words = Value.allCases.map(\.rawValue)
        return Self(
            name, placeholder: words.joined(separator: "|"), summary: summary, fallback: fallback,
            absence: fallback.rawValue
        ) { text throws(BadValue) in
            guard let choice = Value(rawValue: text) else {
                throw BadValue("one of \(words.joined(separator: ", "))")
            }
            return choice
        }
    }
}

extension Setting where Value == Int64 {
    /// A length of time, kept as whole seconds.
    static func duration(
        _ name: String, summary: String, _ range: ClosedRange<Int64>, fallback: Int64, absence: String
    ) -> Self {
        Self(name, placeholder: "TIME", summary: summary, fallback: fallback, absence: absence) {
            text throws(BadValue) in
            guard let seconds = SettingText.seconds(text), range.contains(seconds) else {
                throw BadValue(
                    "a time such as 30s, 10m, 12h or 7d, from \(range.lowerBound) to \(range.upperBound) seconds")
            }
            return seconds
        }
    }
}

extension Setting where Value == Int {
    /// A whole number.
    static func count(_ name: String, summary: String, _ range: ClosedRange<Int>, fallback: Int) -> Self {
        Self(name, placeholder: "N", summary: summary, fallback: fallback, absence: String(fallback)) {
            text throws(BadValue) in
            guard let number = Int(text), range.contains(number) else {
                throw BadValue("a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }
}

extension Setting where Value == Int? {
    /// A whole number, or what suits the case.
    static func optionalCount(_ name: String, summary: String, _ range: ClosedRange<Int>, absence: String) -> Self {
        Self(name, placeholder: "N", summary: summary, fallback: .some(nil), absence: absence) {
            text throws(BadValue) in
            guard let number = Int(text), range.contains(number) else {
                throw BadValue("a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }
}

extension Setting where Value == Int64? {
    /// An amount of bytes.
    static func byteCount(
        _ name: String, environment: String? = nil, summary: String, fallback: Int64?, absence: String
    ) -> Self {
        Self(
            name, environment: environment, placeholder: "BYTES", summary: summary, fallback: .some(fallback),
            absence: absence
        ) { text throws(BadValue) in
            guard let bytes = SettingText.bytes(text), bytes > 0 else {
                throw BadValue("a number of bytes above 0, such as 1048576, 512K, 100M or 20G (units of 1024)")
            }
            return bytes
        }
    }
}

extension Setting where Value == Bool {
    /// On when the flag is there.
    static func onOff(_ name: String, summary: String) -> Self {
        Self(name, placeholder: nil, summary: summary, fallback: false, absence: "off") { text throws(BadValue) in
            switch text {
            case "", "on", "true", "yes", "1": true
            case "off", "false", "no", "0": false
            default: throw BadValue("on or off")
            }
        }
    }
}

/// Reads what settings are written as.
enum SettingText {
    static func path(_ text: String) throws(BadValue) -> String {
        guard !text.isEmpty, !text.utf8.contains(0) else { throw BadValue("a path") }
        // A trailing slash says the same thing.
        var path = Substring(text)
        while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
        return String(path)
    }

    /// `90`, `90s`, `10m`, `12h`, `7d`.
    static func seconds(_ text: String) -> Int64? {
        scaled(text, ["s": 1, "m": 60, "h": 3_600, "d": 86_400])
    }

    /// `1048576`, `512K`, `100M`, `20G`, `2T`; units of 1024, with or without a `B` or `iB` behind.
    static func bytes(_ text: String) -> Int64? {
        var number = Substring(text.uppercased())
        for ending in ["IB", "B"] where number.hasSuffix(ending) {
            number = number.dropLast(ending.count)
            break
        }
        return scaled(String(number), ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40])
    }

    /// `https://vault.example.com,http://localhost:5173`, `*` or `none`.
    @Sendable static func origins(_ text: String) throws(BadValue) -> [String]? {
        if text == "none" { return [] }
        let origins = text.split(separator: ",").map { String($0.filter { $0 != " " }) }
        let areOrigins = origins.allSatisfy { origin in
            guard origin != "*" else { return true }
            let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
            return parts.count == 3 && (parts[0] == "http:" || parts[0] == "https:") && parts[1].isEmpty
                && !parts[2].isEmpty
        }
        guard areOrigins, !origins.isEmpty else {
            throw BadValue(
                "origins such as https://vault.example.com, separated by commas, without a path; or * or none")
        }
        return origins
    }

    private static func scaled(_ text: String, _ units: [Character: Int64]) -> Int64? {
        var digits = Substring(text)
        var factor: Int64 = 1
        if let last = digits.last, let unit = units[last] {
            factor = unit
            digits = digits.dropLast()
        }
        guard let number = Int64(digits), number >= 0, digits.first?.isNumber == true else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}
