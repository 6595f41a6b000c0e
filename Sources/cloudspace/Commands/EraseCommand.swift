import Database
import Vault

/// `cloudspace users erase`
enum EraseCommand {
    static let command = Command(
        "users erase", summary: "Erase an account and all of its own that no rule keeps",
        details: """
            With --dry-run only says what would be destroyed, what is kept and why. Without it the account is closed at once, then its \
            content and its own data are destroyed for ever; interrupted, servers go on with it. What a retention policy or a \
            legal hold keeps is destroyed when the last of them ends. The account's id is left in the journal.
            """,
        settings: Settings.vault, options: [.id, .dryRun],
        examples: [
            "users erase --data data --keys keys --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --dry-run",
            "users erase --data data --keys keys --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70",
        ]
    ) { invocation in
        let text = try invocation.required(.id)
        guard let id = AccountID(text) else {
            throw ProgramError.usage("--id is \"\(text.printable)\"; expected a UUID", invocation.command.path)
        }
        let isDry = invocation.has(.dryRun)
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let erase = parts.vault.eraseAccount
            guard !isDry else {
                show(try await erase.plan(id, as: .localOperator))
                return
            }
            do {
                _ = try await erase.ask(id, as: .localOperator)
            } catch VaultError.erasure(.underWay) {
                StandardStream.error.print("it was asked before; going on with it")
            }
            _ = try await erase.advance(id)
            show(try await erase.report(id, as: .localOperator))
        }
    }

    private static func show(_ report: ErasureReport) {
        let verb = report.status == .planned ? "would be destroyed" : "destroyed"
        let counts = report.destroyed
        StandardStream.output.print(
            "\(verb): \(counts.files) files, \(counts.folders) folders, \(counts.bytes) bytes, "
                + "\(counts.comments) comments, \(counts.links) links")
        StandardStream.output.print("kept: \(report.keptCount)")
        for kept in report.kept {
            switch kept.rule {
            case .hold(let id):
                StandardStream.output.print("    \(kept.node)  legal hold \(id), until two people release it")
            case .retention(let id, _), .bearer(let id, _):
                StandardStream.output.print(
                    "    \(kept.node)  policy \(id), until \(kept.until?.iso8601 ?? "it is lifted")")
            }
        }
        switch report.status {
        case .planned: StandardStream.output.print("nothing was changed")
        case .asked: StandardStream.output.print("a server goes on with it")
        case .waiting: StandardStream.output.print("the account is erased; the rest goes when the rules end")
        case .finished: StandardStream.output.print("finished")
        }
    }
}
