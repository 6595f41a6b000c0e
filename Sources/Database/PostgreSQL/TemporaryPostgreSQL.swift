/// Databases that come and go. For tests and measurements.
extension PostgreSQLDatabase {
    /// A new database at a server, dropped by `close`.
    /// - Parameters:
    ///   - server: the address of a database of that server, with a role that may create others.
    ///   - name: letters, digits and `_`; unique at the server.
    ///   - template: the database to copy; nobody may be connected to it. Nil for an empty one.
    package static func temporary(
        server: String, name: String, template: String? = nil, writers: Int = 4, readers: Int = 2,
        clock: any WallClock = FixedClock()
    ) async throws -> PostgreSQLDatabase {
        let address = try PostgreSQLAddress(server)
        try await create(name, as: "TEMPLATE \(template ?? "template0")", at: server)
        // Nobody waits for the drop: the server takes its time until all connections are gone.
        let drop: @Sendable () -> Void = {
            Task.detached { try? await command("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", at: server) }
        }
        do {
            return try await PostgreSQLDatabase(
                PostgreSQLSettings(address: address.naming(database: name)), writers: writers, readers: readers,
                queueLimit: 65_536, clock: clock, whenClosed: drop)
        } catch {
            drop()
            throw error
        }
    }

    /// Measured: copying files takes half the time of logging their pages, PostgreSQL's default from 15 on; before that there
    /// was no choice, and no word for it.
    private static func create(_ name: String, as origin: String, at server: String) async throws {
        do {
            try await command("CREATE DATABASE \(name) \(origin) STRATEGY FILE_COPY", at: server)
        } catch DatabaseError.other {
            try await command("CREATE DATABASE \(name) \(origin)", at: server)
        }
    }

    /// The same address with another database in it.
    package static func address(_ url: String, ofDatabase name: String) throws -> String {
        try PostgreSQLAddress(url).naming(database: name).text
    }

    /// Runs one command without values outside any transaction, on a connection of its own.
    /// - Parameter text: the program's own, never made of what came from outside.
    package static func command(_ text: String, at url: String) async throws {
        let settings = PostgreSQLSettings(address: try PostgreSQLAddress(url))
        let departure = Departure()
        let connection = try await connect(settings, departure)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do throws(DatabaseError) {
                try WorkerThread.start(owning: connection, departure: departure) { connection in
                    continuation.resume(with: Result { try connection.control(text) })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        await departure.wait()
    }
}
