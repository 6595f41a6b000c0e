/// Writes an OpenAPI 3.1 document of a route table: the same one that serves.
public struct OpenAPI: Sendable {
    /// The title of the API.
    public var title: String
    /// The version of the API.
    public var version: String
    /// Shapes that routes refer to by name.
    public var schemas: [(name: String, schema: Schema)] = []

    /// A document with a title and a version.
    public init(title: String, version: String) {
        self.title = title
        self.version = version
    }

    /// The document as JSON, paths in the order of the table.
    public func document(_ routes: Routes) -> [UInt8] {
        var json = JSONWriter(capacity: 64 << 10)
        json.object { json in
            json.field("openapi", "3.1.0")
            json.object("info") { json in
                json.field("title", title)
                json.field("version", version)
            }
            json.object("paths") { json in writePaths(routes, &json) }
            json.object("components") { json in
                json.object("schemas") { json in
                    for (name, schema) in schemas {
                        json.key(name)
                        write(schema, &json)
                    }
                }
                json.object("securitySchemes") { json in
                    writeBearer("bearer", format: "JWT", &json)
                    writeBearer("projectKey", format: "API key", &json)
                }
            }
        }
        return json.bytes
    }

    private func writeBearer(_ name: String, format: String, _ json: inout JSONWriter) {
        json.object(name) { json in
            json.field("type", "http")
            json.field("scheme", "bearer")
            json.field("bearerFormat", format)
        }
    }

    private func writePaths(_ routes: Routes, _ json: inout JSONWriter) {
        var order: [String] = []
        var byPattern: [String: [Route]] = [:]
        for route in routes.all {
            let pattern = route.pattern.split(separator: "*}", omittingEmptySubsequences: false).joined(separator: "}")
            if byPattern[pattern] == nil { order.append(pattern) }
            byPattern[pattern, default: []].append(route)
        }
        for pattern in order {
            json.object(pattern) { json in
                for route in byPattern[pattern] ?? [] {
                    json.object(route.method.rawValue.lowercasedASCIIText) { json in writeOperation(route, &json) }
                }
            }
        }
    }

    private func writeOperation(_ route: Route, _ json: inout JSONWriter) {
        let info = route.info
        json.array("tags") { json in json.value(info.family) }
        json.field("summary", info.summary)
        json.field("operationId", Self.operationID(route))
        json.field("x-access", info.access.rawValue)
        if !info.events.isEmpty { json.array("x-journal-events", info.events) { json, event in json.value(event) } }
        writeSecurity(info.access, &json)
        let names = route.parameterNames
        if !names.isEmpty || !info.parameters.isEmpty {
            json.array("parameters") { json in
                for name in names { writeParameter(name, in: "path", true, .string(), nil, &json) }
                for parameter in info.parameters {
                    writeParameter(
                        parameter.name, in: "query", parameter.isRequired, parameter.schema, parameter.description,
                        &json)
                }
            }
        }
        if !info.requests.isEmpty {
            json.object("requestBody") { json in
                json.object("content") { json in
                    for body in info.requests { writeMedia(body.contentType, body.schema, &json) }
                }
            }
        }
        json.object("responses") { json in
            if info.responses.isEmpty { json.object("default") { json in json.field("description", "Answer") } }
            for response in info.responses {
                json.object(String(response.status)) { json in
                    json.field("description", response.description)
                    if let schema = response.schema {
                        json.object("content") { json in writeMedia(response.contentType, schema, &json) }
                    }
                }
            }
        }
    }

    private func writeSecurity(_ access: RouteAccess, _ json: inout JSONWriter) {
        json.array("security") { json in
            guard access != .anyone else { return }
            json.object { json in
                json.array(access == .projectKey ? "projectKey" : "bearer") { _ in }
            }
        }
    }

    private func writeParameter(
        _ name: String, in place: String, _ isRequired: Bool, _ schema: Schema, _ description: String?,
        _ json: inout JSONWriter
    ) {
        json.object { json in
            json.field("name", name)
            json.field("in", place)
            json.field("required", isRequired)
            if let description { json.field("description", description) }
            json.key("schema")
            write(schema, &json)
        }
    }

    private func writeMedia(_ type: String, _ schema: Schema, _ json: inout JSONWriter) {
        json.object(type) { json in
            json.key("schema")
            write(schema, &json)
        }
    }

    /// `get /api/files/{id}` becomes `getApiFilesId`.
    private static func operationID(_ route: Route) -> String {
        let words = route.pattern.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        return route.method.rawValue.lowercasedASCIIText
            + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private func write(_ schema: Schema, _ json: inout JSONWriter) {
        json.object { json in writeMembers(schema, &json) }
    }

    private func writeMembers(_ schema: Schema, _ json: inout JSONWriter) {
        switch schema {
        case .string(let format):
            json.field("type", "string")
            if let format { json.field("format", format) }
        case .choice(let texts):
            json.field("type", "string")
            json.array("enum", texts) { json, text in json.value(text) }
        case .integer: json.field("type", "integer")
        case .number: json.field("type", "number")
        case .boolean: json.field("type", "boolean")
        case .array(let element):
            json.field("type", "array")
            json.key("items")
            write(element, &json)
        case .object(let properties): writeObject(properties, &json)
        case .map(let value):
            json.field("type", "object")
            json.key("additionalProperties")
            write(value, &json)
        case .nullable(let inner):
            json.array("anyOf") { json in
                write(inner, &json)
                json.object { json in json.field("type", "null") }
            }
        case .oneOf(let shapes): json.array("oneOf", shapes) { json, shape in write(shape, &json) }
        case .reference(let name): json.field("$ref", "#/components/schemas/\(name)")
        case .any: break
        }
    }

    private func writeObject(_ properties: [Schema.Property], _ json: inout JSONWriter) {
        json.field("type", "object")
        json.object("properties") { json in
            for property in properties {
                json.object(property.name) { json in
                    writeMembers(property.schema, &json)
                    if let description = property.description { json.field("description", description) }
                }
            }
        }
        let required = properties.filter(\.isRequired).map(\.name)
        if !required.isEmpty { json.array("required", required) { json, name in json.value(name) } }
    }
}
