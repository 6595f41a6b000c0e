import Backup
import BlobStore
import Crypto
import Database
import Journal
import Vault

/// Makes a vault of an archive and a key bundle, in an empty place. Until its last step nothing opens as a vault there;
/// stopped or killed, the same command begins anew.
struct VaultRestore: Sendable {
    let source: RestoreSource
    let target: RestoreTarget
    let keys: KeyAccess
    let control: MoveControl

    /// What was restored.
    struct Report: Sendable, Equatable {
        let filled: FillVault.Report
        let entombed: EntombKeyless.Report
        let journal: VerificationReport
    }

    private var progress: MoveProgress { control.progress }
    private var manifest: ArchiveManifest { source.archive.manifest }
    private var ring: KeyRing { source.bundle.ring }
    private var database: any Database { target.database }

    /// - Throws: `ProgramError.refused` before anything is changed when the place or the keys do not fit; ``ArchiveRefusal``
    ///   naming the volume that is not whole.
    func run() async throws -> Report {
        let unknown = Set(manifest.migrations).subtracting(ProgramSchema.knownMigrations)
        guard unknown.isEmpty else {
            throw ProgramError.refused(
                "the archive was made by version \(manifest.programVersion.printable) of this program, which is newer; restore "
                    + "it with that version")
        }
        try await demandFittingKeys()
        let state = state()
        let isAnew = try await target.demandFitting(state, ring)
        if isAnew {
            progress.note("an earlier run did not come to its end: beginning anew")
        } else {
            try await BlobStoreMark.put(into: target.blobs, for: ring)
            try await MoveRecord.make(for: state, in: database)
        }
        try await ProgramSchema.migrate(database, only: Set(manifest.migrations))
        let schema = try await tables()
        try await MoveRecord.begin(schema.tables, from: state, in: database)
        let filled = try await fill()
        try await tieUp()
        try await ProgramSchema.migrate(database)
        let core = try core()
        let entombed = try await settle(core)
        let verified = try await verifyJournal(core)
        try await adoptKeys()
        try await end(schema.identity)
        return Report(filled: filled, entombed: entombed, journal: verified)
    }

    /// As a move remembers its source: the archive, by its manifest's hash.
    private func state() -> SourceState {
        SourceState(
            vaultID: manifest.vaultID, counts: manifest.tables.map { (table: $0.name, rows: $0.rows) },
            blobs: SourceState.BlobFigures(count: manifest.counts.blobs, bytes: 0),
            fingerprint: source.archive.manifestHash)
    }

    /// - Throws: `ProgramError.refused` when the key directory holds another ring.
    private func demandFittingKeys() async throws {
        guard keys.provider.exists() else { return }
        let there = try await keys.unlock()
        guard there.isKin(of: ring) else {
            throw ProgramError.refused(
                "\(keys.directory.printable) holds the keys of another vault; give a directory without keys")
        }
    }

    private func tables() async throws -> (tables: [TableCatalog.Table], identity: TableCatalog.Table) {
        let dialect = database.dialect
        let catalog = try await database.read { try TableCatalog(of: $0, dialect: dialect) }
        guard let identity = catalog.table(MoveSchema.identityTable) else {
            throw ProgramError.failed("the target has no table \(MoveSchema.identityTable)")
        }
        let left = MoveSchema.staying.union(MoveRecord.tables).union([MoveSchema.identityTable])
        return (catalog.tables.filter { !left.contains($0.name) }, identity)
    }

    private func fill() async throws -> FillVault.Report {
        let meter = RestoreMeter(control)
        let filling = FillVault(source.archive, source.bundle, into: database, target.sink, progress: meter) {
            table, rows in
            meter.begin(table, rows)
        }
        let report = try await filling.run()
        meter.end()
        progress.note(
            "\(Figures.rows(report.rows)), \(Figures.count(report.contents)) contents with \(Figures.bytes(report.bytes))"
        )
        return report
    }

    private func tieUp() async throws {
        progress.begin("verify", "references", of: 0, .rows)
        try await MoveRecord.putBackReferences(in: database)
        try await database.write { try $0.checkReferences() }
        progress.end("sound")
    }

    private func core() throws -> VaultCore {
        try VaultCore(
            database: database, blobs: target.blobs, ring: ring, journal: VaultParts.journal(of: ring, on: database),
            passwords: PasswordHasher())
    }

    /// What the keys do not open any more becomes what shredding leaves; the restore itself goes into the journal.
    private func settle(_ core: VaultCore) async throws -> EntombKeyless.Report {
        progress.begin("settle", of: 0, .rows)
        let ring = ring
        try await database.write { transaction in
            try RestoredGenerations.reconcile(with: ring, in: transaction)
            try RestoredBackups.settle(in: transaction)
        }
        let entombed = try await EntombKeyless(core)()
        let details =
            "{\"backup_id\":\"\(manifest.id)\",\"moment\":\(manifest.moment.milliseconds),"
            + "\"bundle\":\(source.bundle.madeAt.milliseconds),\"shredded\":\(entombed.files + entombed.folders)}"
        try await CustodyJournal(database: database).record(.vaultRestored, details: details)
        progress.end(
            entombed.files + entombed.folders + entombed.accounts == 0
                ? "every file has its key"
                : "\(entombed.files) files, \(entombed.folders) folders and \(entombed.accounts) accounts were destroyed after the "
                    + "backup, and stay so")
        return entombed
    }

    private func verifyJournal(_ core: VaultCore) async throws -> VerificationReport {
        progress.begin("verify", "journal", of: 0, .rows)
        try await core.sequencer.catchUp()
        let report = try await VaultParts.journal(of: ring, on: database)
            .verifyAll(database, against: [manifest.journal.checkpoint])
        guard report.isSound else {
            let first = report.findings.first.map { ": \($0)" } ?? ""
            throw ProgramError.failed("the restored journal does not verify\(first)")
        }
        progress.end("\(Figures.count(report.events)) events, \(report.checkpoints) checkpoints")
        return report
    }

    private func adoptKeys() async throws {
        guard !keys.provider.exists() else { return }
        try await keys.adopt(ring)
    }

    private func end(_ identity: TableCatalog.Table) async throws {
        let rows = try await FillVault(
            source.archive, source.bundle, into: database, target.sink, progress: NoProgress(), begins: { _, _ in }
        ).identity().map { TransferRow(values: $0) }
        guard !rows.isEmpty else { throw ProgramError.failed("the archive does not say which vault it is of") }
        try await MoveRecord.end(with: rows, of: identity, in: database)
        switch database.dialect {
        case .sqlite: await database.scrub()
        case .postgresql:
            try await database.write { try $0.script(text: "SET LOCAL statement_timeout = 0; ANALYZE;") }
        }
    }
}

/// Shows how far rows and contents are, a table a step.
private final class RestoreMeter: WorkProgress {
    private let control: MoveControl

    init(_ control: MoveControl) { self.control = control }

    func begin(_ table: String, _ rows: Int64) { control.progress.begin("restore", table, of: rows, .rows) }
    func end() { control.progress.clear() }

    func expect(entries: Int, bytes: Int64) {}
    func advance(entries: Int, bytes: Int64) { if entries > 0 { control.progress.advance(by: Int64(entries)) } }
    func check() throws { try control.check() }
}
