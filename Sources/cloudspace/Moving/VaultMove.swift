import BlobStore
import Crypto
import Database
import Journal
import Vault

/// Moves a whole vault from one place to another: rows, blobs, then a comparison of both, and last the row that makes
/// the target a vault. Stopped or killed at any point it goes on from there; the source is only read.
struct VaultMove: Sendable {
    let source: MoveEnd
    let target: MoveEnd
    /// The keys that belong to the source.
    let ring: KeyRing
    let control: MoveControl

    /// What was moved, and found equal.
    struct Report: Sendable, Equatable {
        let tables: [RowComparison.Result]
        let blobs: BlobTransfer.Tally
        let journal: VerificationReport

        var rows: Int64 { tables.reduce(0) { $0 + $1.rows } }
        var versions: Int64 { tables.first { $0.table == "versions" }?.rows ?? 0 }
    }

    /// Whether an unfinished move may be carried on.
    enum Start: Sendable {
        case whereItStopped
        /// Rows come anew; blobs that arrived are kept.
        case over
    }

    private var progress: MoveProgress { control.progress }
    private var identity: VaultIdentity { VaultIdentity(of: ring) }

    /// - Throws: `ProgramError.refused` before anything is changed when the two places do not fit; `.failed` when
    ///   something could not be copied or is not the same afterwards.
    func run(_ start: Start = .whereItStopped) async throws -> Report {
        let schema = try await checkSource()
        try await demandSettledJournal()
        let state = try await SourceState.read(schema.tables, from: source.database)
        try await prepare(schema, state, start)
        try await copyRows(schema, state)
        let blobs = try await transferBlobs(blobMode, state)
        let tables = try await compareRows(schema, state)
        try await tieUp()
        let verified = try await verifyJournal(in: target.database)
        guard try await SourceState.read(schema.tables, from: source.database) == state else {
            throw ProgramError.failed(
                "the source was changed while it was being moved; stop whatever writes to it and run the same command again"
            )
        }
        try await end(schema)
        return Report(tables: tables, blobs: blobs, journal: verified)
    }

    /// Compares two vaults without changing either.
    func compare() async throws -> Report {
        let schema = try await checkSource()
        let other = try await MoveSchema.read(from: target.database, words: "the target")
        try await identity.check(target.database)
        try schema.demandSame(as: other)
        let state = try await SourceState.read(schema.tables, from: source.database)
        let tables = try await compareRows(schema, state)
        let blobs = try await transferBlobs(isSameStore ? .stay : .compare, state)
        let verified = try await verifyJournal(in: target.database)
        return Report(tables: tables, blobs: blobs, journal: verified)
    }

    /// What can be found out before anything is made at the target.
    /// - Throws: `ProgramError.refused` when the source is no vault of these keys at this version of the schema.
    @discardableResult
    func checkSource() async throws -> MoveSchema {
        guard try await MoveRecord.read(from: source.database) == nil else {
            throw ProgramError.refused(
                "the source is itself the target of a move that has not ended; end that one first")
        }
        let schema = try await MoveSchema.read(from: source.database, words: "the source")
        try await identity.check(source.database)
        return schema
    }

    var isSameStore: Bool { source.place.blobs == target.place.blobs }

    private var blobMode: BlobTransfer.Mode { isSameStore ? .stay : .copy }
}

/// The steps.
extension VaultMove {
    private func prepare(_ schema: MoveSchema, _ state: SourceState, _ start: Start) async throws {
        let record = try await MoveRecord.read(from: target.database)
        if let record {
            guard record.vaultID == state.vaultID else { throw MoveWords.otherMove }
        } else {
            try await demandEmptyTarget()
            try await claimBlobs()
            try await MoveRecord.make(for: state, in: target.database)
        }
        try await ProgramSchema.migrate(target.database)
        try schema.demandSame(as: try await MoveSchema.read(from: target.database, words: "the target"))
        if let record, record.phase == .rows, start == .whereItStopped {
            if record.fingerprint == state.fingerprint { return progress.note("going on where the last run stopped") }
            progress.note("the source was changed since the last run: its rows are copied anew, blobs are kept")
        }
        try await MoveRecord.begin(schema.tables, from: state, in: target.database)
    }

    /// - Throws: `ProgramError.refused` when there is anything at the target that a move would mix with.
    func demandEmptyTarget() async throws {
        switch try await TargetContents.read(from: target.database) {
        case .nothing, .move: break
        case .vault(let id): throw id == identity.idBytes ? MoveWords.alreadyMoved : MoveWords.otherVault
        case .foreign: throw MoveWords.foreign
        }
    }

    /// Marks the target's blob store as this vault's, before anything else is put there.
    private func claimBlobs() async throws {
        guard !isSameStore else { return }
        if try await MoveEnd.bearsOurMark(target.blobs, ring) { return }
        try await BlobStoreMark.put(into: target.blobs, for: ring)
    }

    /// An engine that gives numbers in the order of commits takes an event without a leaf, and with a lower number than
    /// one that has a leaf, for one that somebody put in afterwards.
    /// - Throws: `ProgramError.refused` when the source has such events.
    private func demandSettledJournal() async throws {
        let window = source.database.dialect.reorderWindow
        guard target.database.dialect.reorderWindow < window else { return }
        let late = try await source.database.read { snapshot in
            let last =
                try snapshot.first("SELECT COALESCE(MAX(sequence), 0) FROM journal_leaves") { $0.integer(0) } ?? 0
            return try snapshot.first(
                """
                SELECT COUNT(*) FROM journal_events e
                WHERE e.sequence > \(last - window) AND e.sequence < \(last)
                    AND NOT EXISTS (SELECT 1 FROM journal_leaves l WHERE l.sequence = e.sequence)
                """
            ) { $0.integer(0) } ?? 0
        }
        guard late == 0 else {
            throw ProgramError.refused(
                "\(late) events of the source are not in its journal's tree yet; start `cloudspace serve` on the source, stop it "
                    + "in good order, and move it then")
        }
    }

    private func copyRows(_ schema: MoveSchema, _ state: SourceState) async throws {
        for table in schema.tables {
            let total = state.rows(of: table.name)
            progress.begin("rows", table.name, of: total, .rows)
            try await RowCopy(table: table, source: source.database, target: target.database, control: control).run()
            let copied = try await MoveRecord.state(of: table.name, in: target.database)
            guard copied.rows == total else {
                throw ProgramError.failed(
                    "\(copied.rows) of the \(total) rows of table \(table.name) were copied: some have no key, or the source "
                        + "is being changed")
            }
            progress.end("\(Figures.rows(total))")
        }
    }

    private func transferBlobs(_ mode: BlobTransfer.Mode, _ state: SourceState) async throws -> BlobTransfer.Tally {
        progress.begin("blobs", of: state.blobs.bytes, .bytes)
        let transfer = BlobTransfer(
            mode: mode, rows: source.database, source: source.blobs, target: target.blobs, control: control)
        let tally = try await transfer.run()
        guard tally.defectCount == 0 else {
            for defect in tally.defects { progress.note(defect) }
            throw ProgramError.failed(
                "\(tally.defectCount) of \(state.blobs.count) blobs are not as they should be, from \(tally.defects[0]) on; "
                    + "mend the source (`cloudspace doctor` tells what to do) and run the same command again")
        }
        var words = "\(Figures.count(Int64(tally.copied + tally.alreadyThere))), \(Figures.bytes(tally.bytes))"
        if mode == .stay { words += ", stay where they are" }
        if tally.shredded > 0 { words += "; \(tally.shredded) of shredded files are gone, as they should be" }
        progress.end(words)
        return tally
    }

    private func compareRows(_ schema: MoveSchema, _ state: SourceState) async throws -> [RowComparison.Result] {
        var results: [RowComparison.Result] = []
        progress.begin("verify", "rows", of: state.totalRows, .rows)
        for table in schema.tables {
            let comparison = RowComparison(
                table: table, source: source.database, target: target.database, control: control)
            results.append(try await comparison.run())
        }
        let rows = results.reduce(0) { $0 + $1.rows }
        progress.end("\(Figures.rows(rows)) are the same at both ends")
        return results
    }

    /// Puts references back, or checks them where they were only switched off.
    private func tieUp() async throws {
        progress.begin("verify", "references", of: 0, .rows)
        try await MoveRecord.putBackReferences(in: target.database)
        try await target.database.write { try $0.checkReferences() }
        progress.end("sound")
    }

    private func verifyJournal(in database: any Database) async throws -> VerificationReport {
        progress.begin("verify", "journal", of: 0, .rows)
        let report = try await VaultParts.journal(of: ring, on: database).verifyAll(database)
        guard report.isSound else {
            let first = report.findings.first.map { ": \($0)" } ?? ""
            throw ProgramError.failed(
                "the journal does not verify\(first); `cloudspace journal verify` on the source tells more")
        }
        progress.end("\(Figures.count(report.events)) events, \(report.checkpoints) checkpoints")
        return report
    }

    private func end(_ schema: MoveSchema) async throws {
        let reader = TableReader(schema.identity, dialect: source.database.dialect)
        let rows = try await source.database.read { try reader.page(after: nil, in: $0).rows }
        try await MoveRecord.end(with: rows, of: schema.identity, in: target.database)
        switch target.database.dialect {
        case .sqlite: await target.database.scrub()
        case .postgresql:
            try await target.database.write { try $0.script(text: "SET LOCAL statement_timeout = 0; ANALYZE;") }
        }
    }
}

/// What lies in a database that is to be the target of a move.
enum TargetContents: Sendable, Equatable {
    case nothing
    /// A move that has not ended.
    case move(MoveRecord)
    /// The vault of this id.
    case vault([UInt8])
    /// Something else.
    case foreign

    static func read(from database: any Database) async throws -> TargetContents {
        if let record = try await MoveRecord.read(from: database) { return .move(record) }
        let dialect = database.dialect
        return try await database.read { snapshot in
            if try TableCatalog.isEmpty(snapshot, dialect: dialect) { return .nothing }
            guard try TableCatalog.holds(table: MoveSchema.identityTable, in: snapshot, dialect: dialect),
                let id = try snapshot.first("SELECT vault_id FROM vault_info", { $0.bytes(0) })
            else { return .foreign }
            return .vault(id)
        }
    }
}
