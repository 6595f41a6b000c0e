/// An error the server reported for a statement, and what is to be done about it.
struct ServerFailure {
    /// What the transaction needs.
    enum Cure: Equatable {
        /// Nothing helps: the caller is told.
        case none(DatabaseError)
        /// Another transaction was in the way: the same again may work.
        case repetition
        /// A prepared statement no longer fits the schema.
        case freshPlans
        /// The server no longer has a prepared statement.
        case freshStatements
        /// The connection is gone.
        case connection
    }

    /// SQLSTATE; empty when the server did not send one.
    let code: String
    /// The primary message. It names tables, columns and constraints; values stand in other fields only, except for data
    /// that does not fit its type.
    let message: String
    private let schema: String
    private let function: String

    init(_ result: PostgreSQLResult) {
        code = result.detail(.sqlState) ?? ""
        message = result.detail(.primaryMessage) ?? ""
        schema = result.detail(.schemaName) ?? ""
        function = result.detail(.function) ?? ""
    }

    /// - Parameter sql: the statement's text.
    func cure(sql: @autoclosure () -> String) -> Cure {
        switch code {
        case "40001", "40P01":
            return .repetition
        case "23505" where schema == "pg_catalog":
            // Two sessions made the same table at once; IF NOT EXISTS does not see the other's.
            return .repetition
        case "XX000" where function == "simple_heap_update" || function == "simple_heap_delete":
            // Two sessions changed the description of the same table at once.
            return .repetition
        case "0A000" where function == "RevalidateCachedQuery":
            return .freshPlans
        case "26000":
            return .freshStatements
        case "23505", "23P01": return .none(.constraint(kind: .unique, detail: message))
        case "23503": return .none(.constraint(kind: .foreignKey, detail: message))
        case "23514": return .none(.constraint(kind: .check, detail: message))
        case "23502": return .none(.constraint(kind: .notNull, detail: message))
        case "P0001": return .none(.constraint(kind: .trigger, detail: message))
        case "53100", "54000": return .none(.full)
        case "53200", "53300", "53400": return .none(.overloaded)
        case "55P03": return .none(.busy)
        case "57014": return .none(.other(code: number, message: "given up after its time limit: \(sql())"))
        case "58030": return .none(.io)
        case "XX001", "XX002": return .none(.corrupt)
        case "57P01", "57P02", "57P03", "57P05", "25P03", "25P04": return .connection
        default:
            if code.hasPrefix("08") || code.isEmpty { return .connection }
            // Class 22, data that does not fit: the message would repeat it.
            if code.hasPrefix("22") {
                return .none(.other(code: number, message: "a value does not fit (\(code)) in: \(sql())"))
            }
            return .none(.other(code: number, message: "\(message) (\(code)) in: \(sql())"))
        }
    }

    /// The code read as a number of base 36, which fits 32 bits.
    private var number: Int32 { Int32(code, radix: 36) ?? 0 }
}
