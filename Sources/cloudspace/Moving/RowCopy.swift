import Database

/// Copies one table, a page a transaction, from where an earlier run left it.
struct RowCopy: Sendable {
    let table: TableCatalog.Table
    let source: any Database
    let target: any Database
    let control: MoveControl

    func run() async throws {
        var state = try await MoveRecord.state(of: table.name, in: target)
        control.progress.advance(by: state.rows)
        while !state.isComplete {
            try control.check()
            let page = try await nextPage(after: state)
            let next = advanced(state, by: page)
            try await write(page, from: state, to: next)
            control.progress.advance(by: Int64(page.rows.count))
            state = next
        }
    }

    private func nextPage(after state: MoveRecord.TableState) async throws -> TableReader.Page {
        let reader = TableReader(table, dialect: source.dialect)
        let key = try state.lastKey.map(RowCoding.decode)
        return try await source.read { try reader.page(after: key, in: $0) }
    }

    private func advanced(_ state: MoveRecord.TableState, by page: TableReader.Page) -> MoveRecord.TableState {
        var next = state
        if let last = page.rows.last {
            let reader = TableReader(table, dialect: source.dialect)
            next.lastKey = RowCoding.encode(reader.key(of: last.values))
        }
        next.rows += Int64(page.rows.count)
        var digest = RowDigest(carriedOn: state.digest)
        digest.add(page.rows)
        next.digest = digest.bytes
        next.isComplete = page.isLast
        return next
    }

    private func write(
        _ page: TableReader.Page, from old: MoveRecord.TableState, to new: MoveRecord.TableState
    ) async throws {
        let table = table
        try await target.write { transaction in
            try MoveRecord.advance(table.name, from: old, to: new, in: transaction)
            try TableWriter(table).insert(page.rows, in: transaction)
            if new.isComplete { try TableWriter(table).settleIdentity(in: transaction) }
        }
    }
}
