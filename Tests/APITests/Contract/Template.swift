import HTTP

/// Compares answers with what a scene expects. Texts may hold `{name}` for what an earlier step kept, `{uuid}`, `{time}`
/// for a moment, `{color}` for a colour of the palette, `{token}` for any text without spaces.
struct Template {
    let names: [String: String]

    /// Where the answer is not what is expected; empty when it is.
    func differences(_ expected: RawJSON, _ answer: JSONValue, at path: String = "$") -> [String] {
        switch (expected, answer) {
        case (.null, .null): return []
        case (.boolean(let wanted), .boolean(let given)) where wanted == given: return []
        case (.integer(let wanted), .integer(let given)) where wanted == given: return []
        case (.number(let wanted), .number(let given)) where wanted == given: return []
        case (.string(let wanted), .string(let given)) where matches(wanted, given): return []
        case (.array(let wanted), .array(let given)):
            var found = zip(wanted, given).enumerated().flatMap { index, pair in
                differences(pair.0, pair.1, at: "\(path)[\(index)]")
            }
            if wanted.count != given.count { found.append("\(path) has \(given.count) elements, not \(wanted.count)") }
            return found
        case (.object(let wanted), .object(let given)):
            let missing = wanted.keys.filter { given[$0] == nil }.sorted().map { "\(path).\($0) is missing" }
            let more = given.keys.filter { wanted[$0] == nil }.sorted().map { "\(path).\($0) is not in the contract" }
            let other = wanted.keys.sorted().flatMap { name -> [String] in
                guard let value = given[name], let shape = wanted[name] else { return [] }
                return differences(shape, value, at: "\(path).\(name)")
            }
            return missing + more + other
        default: return ["\(path) is \(answer), not \(expected)"]
        }
    }

    /// With names put in.
    func filled(_ text: String) -> String {
        var filled = text
        for (name, value) in names { filled = filled.replacing("{\(name)}", with: value) }
        return filled
    }

    func filled(_ json: RawJSON) -> JSONValue {
        switch json {
        case .null: .null
        case .boolean(let truth): .boolean(truth)
        case .integer(let number): .integer(number)
        case .number(let number): .number(number)
        case .string(let text): .string(filled(text))
        case .array(let elements): .array(elements.map(filled))
        case .object(let members): .object(members.mapValues(filled))
        }
    }

    func matches(_ expected: String, _ given: String) -> Bool {
        var pattern = Substring(filled(expected))
        var rest = Substring(given)
        while let brace = pattern.firstIndex(of: "{") {
            guard rest.hasPrefix(pattern[..<brace]) else { return false }
            rest = rest.dropFirst(pattern.distance(from: pattern.startIndex, to: brace))
            guard let end = pattern[brace...].firstIndex(of: "}") else { return false }
            let kind = pattern[pattern.index(after: brace)..<end]
            pattern = pattern[pattern.index(after: end)...]
            guard let taken = Self.take(String(kind), rest, before: pattern.first) else { return false }
            rest = rest.dropFirst(taken)
        }
        return rest == pattern
    }

    /// How many characters of `text` a placeholder stands for; nil when it is not one.
    private static func take(_ kind: String, _ text: Substring, before next: Character?) -> Int? {
        switch kind {
        case "uuid":
            let head = text.prefix(36)
            let isUUID = head.count == 36 && head.allSatisfy { $0.isHexDigit || $0 == "-" }
            return isUUID && head.filter { $0 == "-" }.count == 4 ? 36 : nil
        case "time":
            let pattern = text.prefix(while: { $0.isNumber || "-:.TZ".contains($0) })
            return pattern.count >= 20 && pattern.hasSuffix("Z") ? pattern.count : nil
        case "color":
            let head = text.prefix(7)
            return head.count == 7 && head.first == "#" && head.dropFirst().allSatisfy(\.isHexDigit) ? 7 : nil
        case "token":
            let head = text.prefix(while: { $0 != next && !$0.isWhitespace })
            return head.isEmpty ? nil : head.count
        default: return nil
        }
    }
}
