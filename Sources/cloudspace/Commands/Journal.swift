import Crypto
import Database
import Journal
import Vault

/// `cloudspace journal …`: proof that nothing that happened was changed afterwards.
enum JournalCommands {
    static let all = [verify, checkpoint, export, witness]

    private static let verify = Command(
        "journal verify", summary: "Recompute the journal and compare it with its tree and its signatures",
        details: """
            Without --file it verifies the whole database; works while the server runs. With --file it verifies an export, \
            offline, with nothing but the journal's verifier key. Says the first event that cannot be trusted. Exit status 1 \
            when anything is not as it was written.
            """,
        settings: Settings.vault, options: [.checkpoints, .file, .publicKey],
        examples: [
            "journal verify --data data --keys keys",
            "journal verify --data data --keys keys --checkpoints checkpoints.txt",
            "journal verify --file journal.ndjson --public-key 'cloudspace-vault/0197…+1a2b3c4d+AW…'",
        ]
    ) { invocation in
        if let file = invocation.text(.file) { return try JournalExportFile.verify(file, invocation) }
        if invocation.has(.publicKey) {
            throw ProgramError.usage(
                "--public-key is for --file; a database is verified with its keys", invocation.command.path)
        }
        return try await verifyDatabase(invocation)
    }

    private static func verifyDatabase(_ invocation: Invocation) async throws -> Int32 {
        let opened = try await ExistingVault.open(invocation.configuration)
        do {
            let report = try await JournalWords.verify(
                opened, against: try CheckpointFile.notes(invocation.text(.checkpoints)))
            await opened.database.close()
            return JournalWords.tell(report)
        } catch {
            await opened.database.close()
            throw error
        }
    }

    private static let checkpoint = Command(
        "journal checkpoint", summary: "Sign the journal as it is now and print the checkpoint",
        details: """
            A checkpoint is a C2SP signed note. Keep some where nobody can change them: only they show that a journal was not \
            rewritten as a whole. The verifier key, for `journal verify --file`, goes to standard error.
            """,
        settings: Settings.vault, examples: ["journal checkpoint --data data --keys keys >> checkpoints.txt"]
    ) { invocation in
        try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let checkpoint = try await parts.core.sequencer.makeCheckpoint()
            StandardStream.error.print("verifier key: \(try parts.journal.verifierKey().text)")
            StandardStream.output.write(Array(checkpoint.note.utf8))
        }
    }

    private static let witness = Command(
        "journal witness", summary: "Compare the journal with checkpoints kept elsewhere, by proofs of consistency",
        details: """
            Reads the tree, not the events, so it takes a moment where `journal verify` takes minutes. Works while the server \
            runs. Exit status 1 when the journal is no continuation of a remembered checkpoint: it was cut, rewritten or put \
            back from an older copy, or somebody changed what is remembered.
            """,
        settings: Settings.vault + [Settings.witnessFile],
        examples: ["journal witness --data data --keys keys --witness-file /mnt/other/checkpoints.txt"]
    ) { invocation in
        let place = try WitnessPlace(invocation.configuration)
        guard let file = place.file else {
            throw ProgramError.usage("--witness-file is missing", invocation.command.path)
        }
        let notes = try CheckpointFile.notes(file)
        let opened = try await ExistingVault.open(invocation.configuration)
        do {
            let report = try await opened.journal.compare(opened.database, withRemembered: notes)
            await opened.database.close()
            return WitnessPlace.tell(report)
        } catch {
            await opened.database.close()
            throw error
        }
    }

    private static let export = Command(
        "journal export", summary: "Write the journal as NDJSON with proofs",
        details: """
            One event a line, between a header with the checkpoint and a last line with the proofs; `journal verify --file` and \
            scripts/verify_journal.py check it offline. Names stay sealed. The verifier key goes to standard error.
            """,
        settings: Settings.vault, options: [.out],
        examples: [
            "journal export --data data --keys keys --out journal.ndjson",
            "journal export --data data --keys keys --out - | gzip > journal.ndjson.gz",
        ]
    ) { invocation in
        let out = try invocation.required(.out)
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            try await JournalExportFile.write(parts, to: out)
        }
    }
}

/// What a verification found, in lines for a person.
enum JournalWords {
    /// Verifies everything; says on a terminal how much there is to do.
    static func verify(
        _ opened: ExistingVault, against remembered: [String] = []
    ) async throws -> VerificationReport {
        let events = try await opened.database.read { snapshot in
            try snapshot.first("SELECT COUNT(*) FROM journal_leaves") { $0.integer(0) } ?? 0
        }
        let progress = Progress()
        progress.show("verifying \(events) events …")
        defer { progress.clear() }
        return try await opened.journal.verifyAll(opened.database, against: remembered)
    }

    /// - Returns: the exit status.
    static func tell(_ report: VerificationReport) -> Int32 {
        let out = StandardStream.output
        guard report.isSound else {
            let first =
                report.firstBadSequence.map { "the first bad event is \($0)" } ?? "the tree or a signature is bad"
            out.print("journal: NOT as it was written; \(first)")
            for finding in report.findings.prefix(20) { out.print("  \(finding)") }
            if report.findingCount > 20 { out.print("  and \(report.findingCount - 20) more") }
            return 1
        }
        out.print(
            "journal: sound; \(report.events) events, \(report.checkpoints) checkpoints, \(report.pending) waiting for the tree"
        )
        out.print("root: \(report.head.size) \(Base64.encode(report.head.rootHash))")
        return 0
    }
}
