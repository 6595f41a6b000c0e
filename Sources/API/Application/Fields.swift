import Database
import HTTP
import Vault

/// Reads what routes need out of paths, queries and bodies, with the refusals that belong to each.
extension Request {
    /// The file or folder in the path. Text that is no identifier names nothing.
    func nodeID(_ name: String = "id") throws -> NodeID {
        guard let id = NodeID(try parameter(name)) else { throw VaultError.notFound(.file) }
        return id
    }

    /// The version number in the path.
    func versionNumber() throws -> Int {
        guard let number = Int(try parameter("number")), number > 0 else { throw VaultError.notFound(.version) }
        return number
    }

    /// A page size: `limit` of the query within bounds.
    func limit(default standard: Int, maximum: Int) throws -> Int {
        Int(try query.integer("limit", in: 1...Int64(maximum)) ?? Int64(standard))
    }

    /// A folder named in the query: absent, empty and `null` are the root.
    func folderInQuery(_ name: String = "parent_id") throws -> NodeID? {
        try FolderReference.parse(query.first(name))
    }

    /// One of the raw values of an enum, `fallback` when the parameter is absent.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Choice
    ) throws -> Choice where Choice.RawValue == String {
        guard let text = query.first(name) else { return fallback }
        return try Choices.parse(text, field: name)
    }

    /// The moment that `as_of` of the query names, nil without one.
    func asOf() throws -> Timestamp? { try query.first("as_of").map(Moment.parse) }

    /// The body as a JSON object, nil when there is no body: routes that act without one, too.
    func optionalJSONObject() async throws -> JSONValue? {
        if case .empty = body { return nil }
        let bytes = try await body.collect(limit: 64 << 10)
        if bytes.isEmpty { return nil }
        let json = try JSONValue(parsing: bytes)
        try json.requireObject()
        return json
    }

    /// The body as a JSON object.
    func jsonObject() async throws -> JSONValue {
        let json = try await json()
        try json.requireObject()
        return json
    }
}

enum FolderReference {
    /// - Throws: `VaultError.notFound(.folder)` for text that is no identifier.
    static func parse(_ text: String?) throws(VaultError) -> NodeID? {
        guard let text, !text.isEmpty, text != "null" else { return nil }
        guard let id = NodeID(text) else { throw .notFound(.folder) }
        return id
    }
}

enum Moment {
    static let parameter = QueryParameter(
        "as_of", .string(), "A moment of the past: ISO 8601, or milliseconds since 1970 in UTC")

    /// ISO 8601, or milliseconds since 1970 in UTC.
    static func parse(_ text: String) throws(VaultError) -> Timestamp {
        if let milliseconds = Int64(text) { return Timestamp(milliseconds: milliseconds) }
        guard let moment = Timestamp.parse(iso8601: text) else { throw .invalid(field: "as_of", .malformed) }
        return moment
    }
}

enum Choices {
    static func parse<Choice: RawRepresentable & CaseIterable>(
        _ text: String, field: String
    ) throws(VaultError) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            throw .invalid(field: field, .unknownValue(allowed: Choice.allCases.map(\.rawValue)))
        }
        return choice
    }
}

extension JSONValue {
    /// A text that a form cannot do without: absent, null and empty are all missing.
    func required(_ name: String) throws -> String {
        guard let text = try optionalString(name), !text.isEmpty else {
            throw VaultError.invalid(field: name, .missing)
        }
        return text
    }
}
