import BlobStore
import Crypto
import Database

/// `cloudspace doctor`
enum DoctorCommand {
    static let command = Command(
        "doctor", summary: "Check keys, permissions, database, blobs, journal and disk, and say what to do",
        details: """
            Changes nothing and may run beside the server. Exit status 0 when all is well (notes are not problems), 1 when \
            something needs to be done.
            """,
        settings: Settings.vault + Settings.backup + [Settings.previewProgram, Settings.witnessFile], options: [.deep],
        examples: ["doctor --data data --keys keys", "doctor --data data --keys keys --deep"]
    ) { invocation in
        var findings = Findings()
        let place = try VaultPlace(invocation.configuration)
        let keys = try KeyAccess(invocation.configuration)
        await keyFindings(keys, &findings)
        memoryFinding(&findings)
        if let data = place.data, FileSystem.status(of: data.path) == nil {
            findings.add(
                .problem(
                    "data", "\(data.path) is not there", advice: "give the right --data, or `cloudspace serve` makes it"
                ))
        } else {
            if let data = place.data { PlaceChecks(data: data, keys: keys.directory).run(&findings) }
            await examine(invocation, &findings)
        }
        let problems = findings.problems
        StandardStream.output.print(problems == 0 ? "all is well" : "\(problems) problem\(problems == 1 ? "" : "s")")
        return problems == 0 ? 0 : 1
    }

    private static func keyFindings(_ keys: KeyAccess, _ findings: inout Findings) async {
        let problems = keys.provider.problems
        for problem in problems { findings.add(.problem("keys", problem, advice: "see keys/README.md")) }
        if problems.isEmpty { findings.add(.fine("keys", "\(keys.provider.name) provider in \(keys.directory)")) }
        do {
            try await keys.selfTest()
            findings.add(.fine("keys", "the \(keys.provider.name) provider locks, unlocks and refuses as it should"))
        } catch {
            findings.add(
                .problem(
                    "keys", ProgramError(error).message,
                    advice: "the vault stays sealed as long as this is so; see docs/operations/keys.md"))
        }
    }

    private static func memoryFinding(_ findings: inout Findings) {
        let needed = ProcessLimits.lockedMemoryNeeded
        guard let lockable = ProcessLimits.lockableMemory(), lockable >= needed else {
            return findings.add(
                .problem(
                    "memory", "master keys cannot be locked into memory and may be swapped to a disk",
                    advice:
                        "raise the limit: `ulimit -l \(needed >> 10)` before the start, or LimitMEMLOCK=\(needed) in the unit"
                ))
        }
        findings.add(.fine("memory", "master keys are locked into memory and left out of core dumps"))
    }

    /// What can only be looked at in an opened vault. A check that fails does not keep the next ones from running.
    private static func examine(_ invocation: Invocation, _ findings: inout Findings) async {
        let vault: ExistingVault
        do {
            vault = try await ExistingVault.open(invocation.configuration)
        } catch {
            let advice = "put back the data and the keys that belong together, or the newest backup"
            return findings.add(.problem("vault", ProgramError(error).message, advice: advice))
        }
        findings.add(.fine("vault", "\(UUIDForm.text(vault.ring.vaultID)): keys and database belong together"))
        let depth: BlobChecks.Depth = invocation.has(.deep) ? .contents : .sizes
        let checks: [(String, (inout Findings) async throws -> Void)] = [
            ("database", { try await DatabaseChecks(database: vault.database, ring: vault.ring).run(&$0) }),
            (
                "blobs",
                {
                    let store = try await vault.place.openBlobs()
                    try await BlobChecks(database: vault.database, ring: vault.ring, blobs: store, depth: depth).run(
                        &$0)
                }
            ),
            (
                "previews",
                {
                    let program = try PreviewPlace.program(invocation.configuration)
                    try await PreviewChecks(program: program, database: vault.database).run(&$0)
                }
            ),
            (
                "archives",
                {
                    let keys = try KeyAccess(invocation.configuration).directory
                    try await ArchiveChecks(
                        place: try BackupPlace(invocation.configuration), keys: keys, database: vault.database
                    ).run(&$0)
                }
            ),
            (
                "recovery",
                {
                    try await RecoveryChecks(database: vault.database, configuration: invocation.configuration).run(&$0)
                }
            ),
            ("journal", { try await JournalChecks(vault: vault).run(&$0) }),
            (
                "witness",
                { try await WitnessChecks(vault: vault, place: try WitnessPlace(invocation.configuration)).run(&$0) }
            ),
        ]
        for (subject, check) in checks {
            do {
                try await check(&findings)
            } catch {
                findings.add(
                    .problem(
                        subject, ProgramError(error).message, advice: "the check could not be ended; mend this first"))
            }
        }
        await vault.database.close()
    }
}
