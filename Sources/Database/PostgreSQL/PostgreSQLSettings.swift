/// How the connections of one database are opened.
struct PostgreSQLSettings: Sendable {
    let address: PostgreSQLAddress
    /// Seconds to wait for one host to accept a connection, unless the address says otherwise.
    var connectTimeout = 5
    /// Milliseconds after which the server gives up a statement.
    var statementTimeout = 30_000
    /// Milliseconds after which the server gives up waiting for a lock.
    var lockTimeout = 10_000
    /// Milliseconds after which the server ends a connection that keeps a transaction open and says nothing.
    var idleTimeout = 10_000

    init(address: PostgreSQLAddress) {
        self.address = address
    }

    /// Milliseconds without a byte from the server after which it counts as lost: longer than any statement may take.
    var patience: Int { statementTimeout + lockTimeout + 5_000 }

    /// What libpq is told, in order: what stands before `dbname` may be set otherwise by the address, what stands behind
    /// it may not (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
    var connectionParameters: [(name: String, value: String)] {
        [
            ("connect_timeout", String(connectTimeout)),
            ("keepalives_idle", "10"),
            ("keepalives_interval", "3"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "10000"),
            ("application_name", "cloudspace"),
            ("dbname", address.text),
            ("client_encoding", "UTF8"),
        ]
    }
}
