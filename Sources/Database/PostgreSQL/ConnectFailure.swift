/// A connection that was not made.
struct ConnectRefusal: Error {
    let error: DatabaseError
    /// The server is there but has no connection to spare: those that exist go on working.
    let serverIsFull: Bool
}

/// Why a connection could not be made, put into one line that says what to do.
///
/// libpq tells it in words only; the server's refusals also carry a code (https://www.postgresql.org/docs/current/errcodes-appendix.html),
/// which decides where there is one.
struct ConnectFailure {
    /// Who was asked for what.
    struct Place {
        let host: String
        let port: String
        let database: String
        let user: String

        var server: String {
            if host.hasPrefix("/") { return "the PostgreSQL server behind \(host)/.s.PGSQL.\(port)" }
            return "the PostgreSQL server at \(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    /// libpq's words for the first attempt.
    let words: String
    /// libpq's words with the server's code in place of its message; the same as `words` when no server answered.
    let codes: String
    let place: Place

    /// Whether a server answered with a refusal of its own: its severity is followed by two spaces in every language.
    static func isFromServer(_ words: String) -> Bool { words.contains(":  ") }

    static func lost(_ place: Place) -> DatabaseError {
        .unreachable("the connection to \(place.server) broke; it is tried again by itself")
    }

    var refusal: ConnectRefusal { ConnectRefusal(error: .unreachable(advice), serverIsFull: code == "53300") }

    private var code: String? {
        let tail = codes.trimmedLine.suffix(5)
        return tail.count == 5 && tail.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) } ? String(tail) : nil
    }

    private var advice: String {
        switch code {
        case "28P01":
            return "\(place.server) refuses the password of user \(place.user); correct it in the address"
        case "28000":
            return "\(place.server) does not let user \(place.user) in to database \(place.database): "
                + "create the role, or allow it in pg_hba.conf"
        case "3D000":
            return "\(place.server) has no database \(place.database); create it: createdb \(place.database)"
        case "42501":
            return "\(place.server) does not let user \(place.user) connect to database \(place.database): "
                + "GRANT CONNECT, or let the role own it"
        case "53300":
            return "\(place.server) has no connection left: raise max_connections, or use fewer writers and readers"
        case "57P03":
            return "\(place.server) is starting or stopping; try again in a moment"
        case let code?:
            return "\(place.server) refuses the connection (\(code)); its log says why"
        case nil:
            return adviceWithoutCode
        }
    }

    private var adviceWithoutCode: String {
        let text = words.lowercased()
        func says(_ parts: String...) -> Bool { parts.contains { text.contains($0) } }
        if says("no password supplied", "password retrieval") {
            return "\(place.server) wants a password for user \(place.user); put it into the address"
        }
        if says("could not translate host name", "name or service not known", "name resolution") {
            return "the host \(place.host) is not known; correct the address or the name service"
        }
        if says("ssl", "certificate", "tls") {
            return "no safe connection to \(place.server): check sslmode and sslrootcert in the address and the "
                + "server's certificate"
        }
        if says("connection refused") {
            return "nothing answers at \(place.server); start it, or correct host and port"
        }
        if says("no such file") {
            return "nothing answers at \(place.server); start it, or correct the folder of its socket"
        }
        if says("timeout expired", "timed out", "no route", "unreachable") {
            return "\(place.server) cannot be reached in time; check host, port and firewall"
        }
        if says("permission denied") {
            return "this user may not open the socket of \(place.server)"
        }
        if says("invalid", "missing", "unrecognized", "must be") {
            // libpq's words would repeat pieces of the address.
            return "the PostgreSQL address cannot be used: a setting in it is not known to libpq or has no valid value"
        }
        return
            "\(place.server) ended the connection before it was usable; check that PostgreSQL listens there and its log"
    }
}

extension String {
    fileprivate var trimmedLine: Substring {
        var line = Substring(self)
        while line.last?.isWhitespace ?? false { line.removeLast() }
        return line
    }
}
