import CPostgreSQL

/// Owns one `PGresult *`; clears it exactly once.
@safe final class PostgreSQLResult {
    private let pointer: OpaquePointer

    /// Takes over what libpq handed out; nil for its null.
    init?(_ pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return nil }
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe PQclear(pointer)
    }

    /// What libpq says this result is, in the words of this module.
    enum Status {
        case rows, oneRow, noRows
        case failed
        /// An earlier command of the same pipeline failed, so this one was not run.
        case skipped
        /// The end of a pipeline.
        case pipelineEnd
    }

    var status: Status {
        switch unsafe PQresultStatus(pointer) {
        case PGRES_TUPLES_OK: .rows
        case PGRES_SINGLE_TUPLE: .oneRow
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: .noRows
        case PGRES_PIPELINE_ABORTED: .skipped
        case PGRES_PIPELINE_SYNC: .pipelineEnd
        default: .failed
        }
    }

    var rowCount: Int { unsafe Int(PQntuples(pointer)) }

    /// Memory the result holds.
    var byteCount: Int { unsafe Int(clamping: PQresultMemorySize(pointer)) }

    /// What the server calls the command that ended: `UPDATE 3`, `SELECT 1`, `COMMIT`.
    var commandTag: String {
        unsafe PQcmdStatus(pointer).map { unsafe String(cString: $0) } ?? ""
    }

    /// Rows inserted, changed or deleted by the command itself; 0 for one that only reads.
    var changedRows: Int {
        guard !commandTag.hasPrefix("SELECT"), !commandTag.hasPrefix("FETCH") else { return 0 }
        return unsafe PQcmdTuples(pointer).flatMap { unsafe Int(String(cString: $0)) } ?? 0
    }

    /// A part of an error that the server reports separately.
    enum Detail: Character {
        case sqlState = "C"
        case primaryMessage = "M"
        case schemaName = "s"
        /// The function of the server's source that refused; unlike the message it is never translated.
        case function = "R"
    }

    func detail(_ detail: Detail) -> String? {
        let code = Int32(detail.rawValue.asciiValue ?? 0)
        return unsafe PQresultErrorField(pointer, code).map { unsafe String(cString: $0) }
    }

    // MARK: Values

    func isNull(row: Int, column: Int) -> Bool {
        unsafe PQgetisnull(pointer, Int32(clamping: row), Int32(clamping: column)) != 0
    }

    /// The column's type, by the server's number for it (`pg_type.oid`); 0 for a column that is not there.
    func type(ofColumn column: Int) -> UInt32 {
        unsafe PQftype(pointer, Int32(clamping: column))
    }

    /// Lends the bytes of a value in the server's binary form; none for NULL.
    func withValue<Value>(row: Int, column: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        let (row, column) = (Int32(clamping: row), Int32(clamping: column))
        guard unsafe row < PQntuples(pointer), unsafe column < PQnfields(pointer),
            let start = unsafe PQgetvalue(pointer, row, column)
        else { return unsafe body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        let count = unsafe Int(PQgetlength(pointer, row, column))
        return unsafe body(UnsafeRawBufferPointer(start: start, count: count))
    }
}
