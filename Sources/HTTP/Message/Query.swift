/// The parameters after the `?`, in order, decoded (`application/x-www-form-urlencoded`: `+` is a blank).
public struct Query: Sendable, Equatable {
    /// One name and its value; a name without `=` has an empty value.
    public struct Pair: Sendable, Equatable {
        public let name: String
        public let value: String

        /// A pair from its decoded parts.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The pairs in the order they came.
    public let pairs: [Pair]

    /// A query from decoded pairs.
    public init(_ pairs: [Pair] = []) {
        self.pairs = pairs
    }

    /// The first value of that name (names are compared exactly).
    public func first(_ name: String) -> String? {
        for pair in pairs where pair.name == name { return pair.value }
        return nil
    }

    /// All values of that name, in order.
    public func all(_ name: String) -> [String] {
        pairs.filter { $0.name == name }.map(\.value)
    }

    /// True when that name occurs.
    public func contains(_ name: String) -> Bool {
        pairs.contains { $0.name == name }
    }

    /// A number, nil when the name does not occur.
    /// - Throws: `BadField` when the value is no whole decimal number within `range`.
    public func integer(_ name: String, in range: ClosedRange<Int64> = Int64.min...Int64.max) throws(BadField) -> Int64?
    {
        guard let text = first(name) else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw BadField(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `true`/`false` or `1`/`0`, nil when the name does not occur.
    /// - Throws: `BadField` for every other value.
    public func boolean(_ name: String) throws(BadField) -> Bool? {
        switch first(name) {
        case nil: nil
        case "true", "1": true
        case "false", "0": false
        default: throw BadField(name, "true or false")
        }
    }

    /// Splits and decodes the text after the `?` (without it), or of a form body.
    /// - Throws: `TargetError` when an escape is broken, stands for NUL, or the result is no UTF-8, or when there
    ///   are more than `limit` pairs.
    public init(parsing text: some Collection<UInt8>, limit: Int = 256) throws(TargetError) {
        var pairs: [Pair] = []
        var rest = text[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "&")) ?? rest.endIndex
            let item = rest[..<end]
            rest = end == rest.endIndex ? rest[end...] : rest[rest.index(after: end)...]
            if item.isEmpty { continue }
            guard pairs.count < limit else { throw .tooManyParameters }
            if let equals = item.firstIndex(of: UInt8(ascii: "=")) {
                pairs.append(
                    Pair(
                        try decodePercent(item[..<equals], plusIsBlank: true),
                        try decodePercent(item[item.index(after: equals)...], plusIsBlank: true)))
            } else {
                pairs.append(Pair(try decodePercent(item, plusIsBlank: true), ""))
            }
        }
        self.pairs = pairs
    }
}
