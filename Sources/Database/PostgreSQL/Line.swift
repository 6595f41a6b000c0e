/// The connection of one lane, made anew when it is gone. Used by its lane's thread alone.
final class Line {
    private let settings: PostgreSQLSettings
    private let availability: Availability
    private var connection: PostgreSQLConnection?

    init(_ settings: PostgreSQLSettings, availability: Availability, connection: PostgreSQLConnection? = nil) {
        self.settings = settings
        self.availability = availability
        self.connection = connection
        if connection != nil { availability.connected() }
    }

    deinit {
        if connection != nil { availability.disconnected() }
    }

    var isConnected: Bool { connection?.isUsable ?? false }

    /// - Throws: why there is none; the circuit is open then, unless the server is merely full.
    func connect() throws(Refusal) -> PostgreSQLConnection {
        if let connection {
            if connection.isUsable { return connection }
            drop()
        }
        do throws(ConnectRefusal) {
            let fresh = try PostgreSQLConnection(settings)
            connection = fresh
            availability.connected()
            return fresh
        } catch {
            throw Refusal(error: error.error, verdict: availability.refused(error))
        }
    }

    struct Refusal: Error {
        let error: DatabaseError
        let verdict: Availability.Verdict
    }

    /// Lets go of the connection; the next use makes a new one.
    func drop() {
        guard connection != nil else { return }
        connection = nil
        availability.disconnected()
    }
}

/// Getting a connection outside any work.
extension Line {
    /// Makes the connection that queued work needs.
    /// - Parameters:
    ///   - refuse: tells everybody who waits that the server is away.
    ///   - passOn: has another lane look at the queue.
    func restore(refuse: (DatabaseError) -> Void, passOn: () -> Void) {
        do throws(Refusal) {
            _ = try connect()
        } catch {
            switch error.verdict {
            case .full:
                passOn()
                availability.pause(Backoff.Pause(milliseconds: 1_000))
            case .away:
                refuse(error.error)
            }
        }
    }

    /// While the server is away, blocks until it is back, unless another lane does so. To be called before each wait for
    /// work: nobody else would notice that it is back, since no work is taken in meanwhile.
    func probeWhileAway(refuse: (DatabaseError) -> Void) {
        guard availability.claimProbing() else { return }
        defer { availability.endProbing() }
        var backoff = Backoff(firstMilliseconds: 100, longestMilliseconds: 2_000)
        while availability.pauseWhileAway(backoff.take()) {
            drop()
            do throws(Refusal) {
                _ = try connect()
                return
            } catch {
                refuse(error.error)
            }
        }
    }
}
