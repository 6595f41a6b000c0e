/// What a request's conditions say about a representation (RFC 9110, section 13).
public enum ConditionOutcome: Sendable, Equatable {
    /// Do what was asked.
    case proceed
    /// 304: the client has it already.
    case notModified
    /// 412: the client wanted another state.
    case preconditionFailed
}

/// The state of a representation that conditions are compared with.
public struct Validators: Sendable, Equatable {
    /// Its tag, nil when it has none.
    public let tag: EntityTag?
    /// When it was last changed, in seconds since 1970; nil when unknown.
    public let lastModified: Int64?

    /// The state of a representation.
    public init(tag: EntityTag?, lastModified: Int64? = nil) {
        self.tag = tag
        self.lastModified = lastModified
    }

    /// Evaluates `If-Match`, `If-Unmodified-Since`, `If-None-Match` and `If-Modified-Since` in the order of RFC 9110,
    /// section 13.2.2.
    public func outcome(of headers: Headers, method: Method) -> ConditionOutcome {
        if let list = Self.list(headers, "If-Match") {
            let matches = list == "*" ? tag != nil : EntityTag.list(list).contains { tag?.matchesStrongly($0) == true }
            if !matches { return .preconditionFailed }
        } else if let limit = headers.first("If-Unmodified-Since").flatMap(HTTPDate.seconds), let lastModified,
            lastModified > limit
        {
            return .preconditionFailed
        }
        let isRead = method == .get || method == .head
        if let list = Self.list(headers, "If-None-Match") {
            let matches = list == "*" ? tag != nil : EntityTag.list(list).contains { tag?.matchesWeakly($0) == true }
            if matches { return isRead ? .notModified : .preconditionFailed }
        } else if isRead, let since = headers.first("If-Modified-Since").flatMap(HTTPDate.seconds), let lastModified,
            lastModified <= since
        {
            return .notModified
        }
        return .proceed
    }

    /// True when a `Range` may be answered: there is no `If-Range`, or it names exactly this state.
    public func allowsRange(_ headers: Headers) -> Bool {
        guard let condition = headers.first("If-Range") else { return true }
        if condition.hasSuffix("\"") {
            guard let tag, let asked = EntityTag.list(condition).first else { return false }
            return tag.matchesStrongly(asked)
        }
        // A date is a strong validator only when it is exactly ours (RFC 9110, section 13.1.5).
        guard let date = HTTPDate.seconds(parsing: condition) else { return false }
        return lastModified == date
    }

    private static func list(_ headers: Headers, _ name: String) -> String? {
        let fields = headers.all(name)
        return fields.isEmpty ? nil : fields.joined(separator: ",").trimmedBlanks
    }
}
