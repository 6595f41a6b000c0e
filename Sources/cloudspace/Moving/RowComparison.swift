import Crypto
import Database

/// Reads one table at both ends, in the order of its key, and compares row by row.
struct RowComparison: Sendable {
    /// What two equal tables have in common.
    struct Result: Sendable, Equatable {
        let table: String
        var rows: Int64 = 0
        /// See ``RowDigest``.
        var digest: RowDigest
    }

    let table: TableCatalog.Table
    let source: any Database
    let target: any Database
    let control: MoveControl

    /// - Throws: `ProgramError.failed` naming the first row that is not the same at both ends.
    func run() async throws -> Result {
        var result = Result(table: table.name, digest: RowDigest(of: table))
        var other = RowDigest(of: table)
        var key: [SQLValue]?
        while true {
            try control.check()
            let (here, there) = try await pages(after: key)
            if let difference = difference(here, there) { throw ProgramError.failed(difference) }
            result.rows += Int64(here.rows.count)
            result.digest.add(here.rows)
            other.add(there.rows)
            control.progress.advance(by: Int64(here.rows.count))
            guard !here.isLast, let last = here.rows.last else { break }
            key = TableReader(table, dialect: source.dialect).key(of: last.values)
        }
        guard result.digest == other else {
            throw ProgramError.failed("table \(table.name) has another digest at the target")
        }
        return result
    }

    private func pages(after key: [SQLValue]?) async throws -> (TableReader.Page, TableReader.Page) {
        let one = TableReader(table, dialect: source.dialect)
        let other = TableReader(table, dialect: target.dialect)
        async let here = source.read { try one.page(after: key, in: $0) }
        async let there = target.read { try other.page(after: key, in: $0) }
        let first = try await here
        let second = try await there
        return (first, second)
    }

    private func difference(_ here: TableReader.Page, _ there: TableReader.Page) -> String? {
        for (one, other) in zip(here.rows, there.rows) where one.encoding != other.encoding {
            return words(one, "differs between the source and the target")
        }
        if here.rows.count > there.rows.count { return words(here.rows[there.rows.count], "is missing at the target") }
        if there.rows.count > here.rows.count { return words(there.rows[here.rows.count], "is at the target alone") }
        return nil
    }

    private func words(_ row: TransferRow, _ what: String) -> String {
        let key = TableReader(table, dialect: source.dialect).key(of: row.values)
        return "table \(table.name): row \(TableReader.text(key).printable) \(what)"
    }
}
