/// What is asked of the server, and set, before a connection is used.
struct ServerSession {
    private let settings: PostgreSQLSettings

    /// As the server writes it: major version times 10 000.
    private static let oldestVersion: Int64 = 130_000

    init(_ settings: PostgreSQLSettings) {
        self.settings = settings
    }

    private struct Server {
        let version: Int64
        let encoding: String
        let isStandby: Bool
        let hasPlainStrings: Bool
        let schema: String?
    }

    /// - Returns: the schema that tables are made in.
    /// - Throws: `.unreachable` with words for the operator when the server cannot be used.
    func prepare(_ connection: PostgreSQLConnection) throws(DatabaseError) -> String {
        do {
            guard let server = try configure(connection) else { throw connection.lost }
            if let obstacle = obstacle(server) { throw DatabaseError.unreachable(obstacle) }
            return server.schema ?? ""
        } catch let error as DatabaseError {
            throw error
        } catch {
            throw connection.lost
        }
    }

    /// Sets what this program relies on and asks what the server is, in one round trip.
    private func configure(_ connection: PostgreSQLConnection) throws -> Server? {
        var server: Server?
        let sql: SQL = """
            SELECT CAST(current_setting('server_version_num') AS BIGINT), current_setting('server_encoding'),
                pg_is_in_recovery(), current_setting('standard_conforming_strings') = 'on', current_schema(),
                set_config('statement_timeout', \(String(settings.statementTimeout)), false),
                set_config('lock_timeout', \(String(settings.lockTimeout)), false),
                set_config('idle_in_transaction_session_timeout', \(String(settings.idleTimeout)), false),
                set_config('synchronous_commit',
                    CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)
            """
        try connection.rows(sql) { row in
            server = Server(
                version: row.integer(0), encoding: row.text(1), isStandby: row.bool(2), hasPlainStrings: row.bool(3),
                schema: row.optionalText(4))
            return .more
        }
        return server
    }

    private func obstacle(_ server: Server) -> String? {
        let place = settings.address.description
        if server.version < Self.oldestVersion {
            return "the server of \(place) is PostgreSQL \(server.version / 10_000); 13 or newer is needed"
        }
        if server.isStandby {
            return "the server of \(place) is a standby, which cannot be written to; give the address of the primary"
        }
        if server.encoding != "UTF8" {
            return "the database of \(place) keeps text as \(server.encoding); make one with: "
                + "createdb --encoding=UTF8 --template=template0"
        }
        if !server.hasPlainStrings {
            return "the database of \(place) has standard_conforming_strings off; set it to on"
        }
        if server.schema == nil {
            return "the search_path of \(place) names no schema that exists; create it, or correct search_path"
        }
        return nil
    }
}
