import CSQLite
import Glibc

extension DatabaseError {
    /// Translates SQLite's extended result code.
    /// - Parameters:
    ///   - systemError: `errno` as SQLite saw it; tells a full disk from a broken one.
    ///   - message: SQLite's own words, read at once after the failure. It names tables and columns, never values.
    ///   - sql: the statement's text.
    init(sqliteCode code: Int32, systemError: Int32, message: String, sql: @autoclosure () -> String) {
        let primary = code & 0xff
        switch primary {
        case SQLITE_CONSTRAINT:
            if let kind = Constraint(sqliteCode: code) {
                self = .constraint(kind: kind, detail: message)
            } else {
                self = .other(code: code, message: "\(message) in: \(sql())")
            }
        case SQLITE_FULL: self = .full
        case SQLITE_IOERR: self = systemError == ENOSPC || systemError == EDQUOT ? .full : .io
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_CORRUPT, SQLITE_NOTADB: self = .corrupt
        case SQLITE_CANTOPEN: self = .cannotOpen
        default: self = .other(code: code, message: "\(message) in: \(sql())")
        }
    }
}

extension DatabaseError.Constraint {
    init?(sqliteCode code: Int32) {
        switch code >> 8 {
        case 1, 12: self = .check  // CHECK, DATATYPE
        case 3: self = .foreignKey
        case 5: self = .notNull
        case 6, 8, 10: self = .unique  // PRIMARYKEY, UNIQUE, ROWID
        case 7: self = .trigger  // RAISE(ABORT)
        default: return nil
        }
    }
}
