/// Members of an object, by type. "Optional" takes absent and null alike; `isNull` tells them apart.
extension JSONValue {
    /// True when the member is there and null.
    public func isNull(_ name: String) -> Bool { self[name] == .null }

    /// True when the member is there, null or not.
    public func has(_ name: String) -> Bool { self[name] != nil }

    /// A text that must be there.
    public func string(_ name: String) throws(BadField) -> String {
        guard let text = try optionalString(name) else { throw BadField(name, "a text") }
        return text
    }

    /// A text, nil when absent or null.
    public func optionalString(_ name: String) throws(BadField) -> String? {
        switch self[name] {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw BadField(name, "a text")
        }
    }

    /// A whole number that must be there.
    public func integer(_ name: String, in range: ClosedRange<Int64> = .min ... .max) throws(BadField) -> Int64 {
        guard let number = try optionalInteger(name, in: range) else {
            throw BadField(name, Self.expectation(range))
        }
        return number
    }

    /// A whole number, nil when absent or null.
    public func optionalInteger(
        _ name: String, in range: ClosedRange<Int64> = .min ... .max
    ) throws(BadField) -> Int64? {
        switch self[name] {
        case nil, .null: return nil
        case .integer(let number) where range.contains(number): return number
        default: throw BadField(name, Self.expectation(range))
        }
    }

    /// `true` or `false` that must be there.
    public func boolean(_ name: String) throws(BadField) -> Bool {
        guard let truth = try optionalBoolean(name) else { throw BadField(name, "true or false") }
        return truth
    }

    /// `true` or `false`, nil when absent or null.
    public func optionalBoolean(_ name: String) throws(BadField) -> Bool? {
        switch self[name] {
        case nil, .null: return nil
        case .boolean(let truth): return truth
        default: throw BadField(name, "true or false")
        }
    }

    /// An array that must be there.
    public func array(_ name: String) throws(BadField) -> [JSONValue] {
        guard case .array(let elements)? = self[name] else { throw BadField(name, "an array") }
        return elements
    }

    /// An array of texts, nil when absent or null.
    public func optionalStrings(_ name: String) throws(BadField) -> [String]? {
        switch self[name] {
        case nil, .null: return nil
        case .array(let elements):
            var texts: [String] = []
            for element in elements {
                guard case .string(let text) = element else { throw BadField(name, "an array of texts") }
                texts.append(text)
            }
            return texts
        default: throw BadField(name, "an array of texts")
        }
    }

    /// An object that must be there.
    public func object(_ name: String) throws(BadField) -> JSONValue {
        guard let member = self[name], case .object = member else { throw BadField(name, "an object") }
        return member
    }

    /// Checks that the value itself is an object: what every body of ours is.
    public func requireObject() throws(BadField) {
        guard case .object = self else { throw BadField("body", "a JSON object") }
    }

    private static func expectation(_ range: ClosedRange<Int64>) -> String {
        range == .min ... .max ? "a whole number" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }
}
