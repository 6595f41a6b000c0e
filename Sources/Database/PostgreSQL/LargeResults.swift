/// Results that do not fit the memory a statement may take: the rest is taken in while another statement waits, and where
/// that is too much the transaction runs again and fetches through a cursor.
///
/// The state is the connection's own; this file is the one other that touches it.
extension PostgreSQLConnection {
    /// Frees the connection for another statement while the rows of one are still coming in.
    func spillActive() throws(DatabaseError) {
        guard let (stream, sql) = active else { return }
        active = nil
        guard !stream.readAhead(rows: .max, bytes: Self.spillBytes) else { return }
        stream.discard()
        guard isReading(sql) else {
            throw .other(code: 0, message: "too many rows to run a statement for each of them: \(sql.text)")
        }
        noteLarge(sql)
        fate = .again(.adjusted)
        throw .conflict
    }

    /// The rows that are left are not wanted.
    func leave(_ stream: ResultStream, _ sql: SQL) {
        if stream.discard() > Self.fetchedRows, isReading(sql) { noteLarge(sql) }
    }

    private func noteLarge(_ sql: SQL) {
        // The texts of a program are finite; this bound only guards against `SQL` composed in a loop.
        if large.count >= 256 { large = [] }
        large.insert(StatementKey(pieces: sql.pieces))
    }

    /// Whether it may be the query of a cursor: one that begins with WITH might change something.
    private func isReading(_ sql: SQL) -> Bool {
        sql.text.drop { $0.isWhitespace }.prefix(6).uppercased() == "SELECT"
    }

    /// Some rows at a time, so that memory stays constant, statements may run in between, and the rest need not be read.
    func rowsThroughCursor(_ sql: SQL, _ body: (borrowing Row) throws -> RowStep) throws {
        try mayGoOn()
        try spillActive()
        try parameters.fill(with: sql.values)
        cursors += 1
        let name = "c\(cursors)"
        let leading = pending
        pending = []
        let isDeclared =
            leading.allSatisfy(handle.send)
            && handle.send("DECLARE \(name) NO SCROLL CURSOR FOR \(sql.text)", parameters)
        parameters.clear()
        guard isDeclared else { throw loseConnection() }
        var unanswered = leading.count + 1
        while true {
            guard handle.send("FETCH \(Self.fetchedRows) FROM \(name)"), handle.endPipeline() else {
                throw loseConnection()
            }
            let stream = ResultStream(handle, leading: unanswered)
            unanswered = 0
            stream.readAhead(rows: .max, bytes: .max)
            try check(stream, sql: sql.text)
            var position: PostgreSQLRow?
            var count = 0
            var wanted = true
            while wanted, let result = stream.next() {
                count += 1
                let row = position ?? PostgreSQLRow(result)
                position = row
                row.stand(on: 0, of: result)
                do {
                    wanted = try body(Row(columns: row)) == .more
                } catch {
                    close(name)
                    throw error
                }
            }
            guard wanted, count == Self.fetchedRows else { break }
        }
        close(name)
    }

    /// At once: a savepoint that is undone later would close the cursor too.
    private func close(_ cursor: String) {
        guard case .open = fate, handle.transactionState == .open else { return }
        try? control("CLOSE \(cursor)")
    }
}
