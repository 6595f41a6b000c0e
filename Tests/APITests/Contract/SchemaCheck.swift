import HTTP

@testable import API

/// Compares answers with the shapes that the route table, and so /api/openapi.json, gives them.
struct SchemaCheck {
    /// Where an answer has another type than described, lacks what is always there, or has what is not described.
    static func differences(_ schema: Schema, _ value: JSONValue, at path: String = "$") -> [String] {
        switch (schema, value) {
        case (.any, _): return []
        case (.nullable, .null): return []
        case (.nullable(let inner), _): return differences(inner, value, at: path)
        case (.reference("Error"), _): return differences(.error, value, at: path)
        case (.reference(let name), _): return ["\(path) is described by an unknown \(name)"]
        case (.oneOf(let shapes), _):
            let found = shapes.map { differences($0, value, at: path) }
            return found.contains(where: \.isEmpty) ? [] : found.min { $0.count < $1.count } ?? []
        case (.string, .string), (.integer, .integer), (.number, .number), (.number, .integer), (.boolean, .boolean):
            return []
        case (.choice(let texts), .string(let text)):
            return texts.contains(text) ? [] : ["\(path) is \(text), which is not described"]
        case (.array(let element), .array(let elements)):
            return elements.enumerated().flatMap { differences(element, $1, at: "\(path)[\($0)]") }
        case (.map(let shape), .object(let members)):
            return members.sorted { $0.key < $1.key }.flatMap { differences(shape, $1, at: "\(path).\($0)") }
        case (.object(let properties), .object(let members)):
            let described = Set(properties.map(\.name))
            let more = members.keys.filter { !described.contains($0) }.sorted().map { "\(path).\($0) is not described" }
            return more
                + properties.flatMap { property -> [String] in
                    guard let member = members[property.name] else {
                        return property.isRequired ? ["\(path).\(property.name) is missing"] : []
                    }
                    return differences(property.schema, member, at: "\(path).\(property.name)")
                }
        default: return ["\(path) is \(value), not as described"]
        }
    }
}
