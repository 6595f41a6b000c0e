import Database
import Journal

/// Compares the journal with checkpoints kept elsewhere.
struct WitnessChecks {
    let vault: ExistingVault
    let place: WitnessPlace

    func run(_ findings: inout Findings) async throws {
        guard let file = place.file else {
            return findings.add(
                .note(
                    "witness", "no checkpoints of the journal are kept elsewhere",
                    advice:
                        "only they show that a journal was cut or rewritten as a whole: see docs/operations/witness.md")
            )
        }
        guard let notes = try? CheckpointFile.notes(file) else {
            return findings.add(
                .problem(
                    "witness", "\(file.printable) cannot be read as text",
                    advice: "bring back the file of checkpoints, or its disk"))
        }
        let report = try await vault.journal.compare(vault.database, withRemembered: notes)
        guard !report.isConsistent else {
            return findings.add(.fine("witness", "\(report.compared) remembered checkpoints agree with the journal"))
        }
        for finding in report.findings {
            findings.add(
                .problem(
                    "witness", "\(finding)",
                    advice:
                        "keep the database and the file as evidence; was an older copy put back, or the journal changed?"
                ))
        }
    }
}
