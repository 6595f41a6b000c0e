/// Where a vault lies, as a command line names it: `ROWS[,BLOBS]`.
///
/// `ROWS` is a data directory or a `postgresql://…` URL, `BLOBS` a data directory or an `s3://…` URL. A directory's
/// blobs lie with its rows when nothing else is said.
struct MovePlace: Sendable, Equatable {
    enum Rows: Sendable, Equatable {
        case directory(String)
        case postgresql(String)
    }

    enum Blobs: Sendable, Equatable {
        case directory(String)
        case s3(String)
    }

    private(set) var rows: Rows
    private(set) var blobs: Blobs

    /// - Throws: `BadValue`, whose words repeat nothing of the text: it may hold a password.
    init(parsing text: String) throws(BadValue) {
        let expectation = "ROWS or ROWS,BLOBS: a data directory or postgresql://…, then a data directory or s3://…"
        // The last comma: a URL may name several hosts.
        let comma = text.lastIndex(of: ",")
        let first = comma.map { text[..<$0] } ?? text[...]
        let second = comma.map { text[text.index(after: $0)...] }
        guard !first.isEmpty, second?.isEmpty != true else { throw BadValue(expectation) }
        switch Self.scheme(first) {
        case nil: rows = .directory(String(first))
        case "postgresql", "postgres":
            _ = try VaultPlace.address(String(first))
            rows = .postgresql(String(first))
        default: throw BadValue(expectation)
        }
        switch (second.map { ($0, Self.scheme($0)) }, rows) {
        case (nil, .directory(let path)): blobs = .directory(path)
        case (nil, .postgresql): throw BadValue("\(expectation); PostgreSQL keeps no blobs, so say where they are")
        case ((let path, nil)?, _): blobs = .directory(String(path))
        case ((let url, "s3")?, _):
            _ = try S3Place.location(String(url))
            blobs = .s3(String(url))
        default: throw BadValue(expectation)
        }
    }

    /// Whether a part of it may be seen by nobody else: a command line is seen by every user of the machine.
    var holdsSecret: Bool {
        if case .postgresql(let url) = rows, URLText(url).holdsPassword { return true }
        if case .s3(let url) = blobs, URLText(url).holdsPassword { return true }
        return false
    }

    /// The same with absolute directories, so that one place has one form.
    var resolved: MovePlace {
        var place = self
        if case .directory(let path) = rows { place.rows = .directory(FileSystem.resolved(path)) }
        if case .directory(let path) = blobs { place.blobs = .directory(FileSystem.resolved(path)) }
        return place
    }

    private static func scheme(_ text: Substring) -> String? {
        guard let end = text.firstRange(of: "://") else { return nil }
        return text[..<end.lowerBound].lowercased()
    }
}

extension MovePlace: CustomStringConvertible {
    /// As it was given, without passwords.
    var description: String {
        let rowsText =
            switch rows {
            case .directory(let path): path
            case .postgresql(let url): URLText(url).withoutPassword
            }
        switch blobs {
        case .directory(let path): return rows == .directory(path) ? rowsText : "\(rowsText),\(path)"
        case .s3(let url): return "\(rowsText),\(URLText(url).withoutPassword)"
        }
    }
}

/// A URL looked at for what must not be shown.
struct URLText: Sendable {
    private let text: String

    init(_ text: String) { self.text = text }

    var holdsPassword: Bool { withoutPassword != text }

    /// Without the password in front of the host and without the parameters that hold one.
    var withoutPassword: String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let rest = text[scheme.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        var authority = rest[..<end]
        // The last @: a password may hold one.
        if let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") {
            authority = authority[..<colon] + authority[at...]
        }
        var tail = rest[end...]
        if let question = tail.firstIndex(of: "?") {
            let parameters = tail[tail.index(after: question)...].split(separator: "&")
                .filter { !Self.isSecret($0.prefix { $0 != "=" }.lowercased()) }
            tail = tail[..<question] + (parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&"))
        }
        return String(text[..<scheme.upperBound] + authority + tail)
    }

    private static func isSecret(_ name: String) -> Bool {
        ["password", "sslpassword", "secret"].contains(name) || name.contains("secret")
    }
}
