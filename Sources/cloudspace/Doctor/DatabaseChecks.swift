import Crypto
import Database
import Journal

/// Looks into the database: its file, its schema, the keys it names, its journal.
struct DatabaseChecks {
    let database: any Database
    let ring: KeyRing

    func run(_ findings: inout Findings) async throws {
        try await integrity(&findings)
        try await migrations(&findings)
        try await generations(&findings)
    }

    private func integrity(_ findings: inout Findings) async throws {
        guard let database = database as? SQLiteDatabase else {
            // A server checks its own pages; what it can be asked is whether it answers.
            findings.add(.fine("database", "the server answers; its files are its operator's to check (pg_amcheck)"))
            return
        }
        let defects = try await database.integrityCheck()
        if defects.isEmpty { findings.add(.fine("database", "structure, indexes and references are sound")) }
        for defect in defects.prefix(10) {
            findings.add(
                .problem("database", defect, advice: "stop the server and restore the database from a backup"))
        }
        if defects.count > 10 { findings.add(.note("database", "and \(defects.count - 10) more defects")) }
    }

    private func migrations(_ findings: inout Findings) async throws {
        let known = ProgramSchema.knownMigrations
        let applied = try await database.read { snapshot in
            try snapshot.all("SELECT name FROM schema_migrations ORDER BY applied_at, name") { $0.text(0) }
        }
        let foreign = Set(applied).subtracting(known).count
        let pending = known.subtracting(applied).count
        if foreign > 0 {
            findings.add(
                .problem(
                    "schema", "\(foreign) migrations are of a newer version of this program", advice: "use that version"
                ))
        } else if pending > 0 {
            findings.add(.note("schema", "\(pending) migrations are waiting", advice: "the next `serve` applies them"))
        } else {
            findings.add(.fine("schema", "\(applied.count) migrations, all known"))
        }
    }

    private func generations(_ findings: inout Findings) async throws {
        let rows = try await database.read { snapshot in
            try snapshot.all("SELECT generation, COUNT(*) FROM file_keys GROUP BY generation") {
                ($0.int(0), $0.int(1))
            }
        }
        let unknown = rows.filter { !ring.generations.contains($0.0) }
        for (generation, count) in unknown {
            findings.add(
                .problem(
                    "keys", "\(count) keys are wrapped under generation \(generation), which the ring lacks",
                    advice: "put back the newest backup of the keys directory"))
        }
        if unknown.isEmpty {
            findings.add(
                .fine("keys", "\(rows.reduce(0) { $0 + $1.1 }) wrapped keys, all of generations that are there"))
        }
    }
}

/// Verifies the journal.
struct JournalChecks {
    let vault: ExistingVault

    func run(_ findings: inout Findings) async throws {
        let report = try await JournalWords.verify(vault)
        guard !report.isSound else {
            return findings.add(
                .fine("journal", "\(report.events) events and \(report.checkpoints) checkpoints verify"))
        }
        let place = report.firstBadSequence.map { "event \($0)" } ?? "the tree or a signature"
        findings.add(
            .problem(
                "journal", "not as it was written, from \(place) on",
                advice: "`cloudspace journal verify` lists what; keep the file as evidence, then compare with a backup")
        )
    }
}
