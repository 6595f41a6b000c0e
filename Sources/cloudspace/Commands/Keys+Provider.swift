import Crypto
import Database
import Journal
import Vault

/// `cloudspace keys change-provider`: the same ring behind another lock.
extension KeyCommands {
    static let changeProvider = Command(
        "keys change-provider", summary: "Lock the key ring with another provider, or split its key anew",
        details: """
            Unlocks the ring with --key-provider, tests the new provider, and replaces the ring file in one step: before it the old \
            lock opens the vault, after it the new one alone. No data is touched. The server must be stopped; with PostgreSQL all \
            nodes, and the new key directory goes to each. From shares to shares the key is split anew: the old shares are worthless \
            for the new file. Back the key directory up afterwards and destroy its old backups: the old lock still opens those.
            """,
        settings: Settings.vault, options: [.newProvider, .newPassphrase, .shares, .threshold],
        examples: [
            "keys change-provider --data data --keys keys --to passphrase --new-passphrase-file passphrase.txt",
            "keys change-provider --data data --keys keys --to shares --shares 5 --threshold 3",
            "keys change-provider --data data --keys keys --key-provider shares --share-file shares.txt --to shares",
        ]
    ) { invocation in
        let name = try invocation.required(.newProvider)
        guard let kind = KeyProviderKind(rawValue: name) else {
            let known = KeyProviderKind.allCases.map(\.rawValue)
            throw ProgramError.usage(
                "--to is \"\(name.printable)\"; expected one of \(known.joined(separator: ", "))",
                invocation.command.path)
        }
        let new = try KeyAccess(invocation, kind: kind, newPassphrase: .newPassphrase)
        // As a server opens it, so that none serves meanwhile and saves its ring under the old lock.
        let start = try await VaultStart(invocation.configuration, .serving, VaultPlace.Threads(readers: 1, writers: 1))
        guard start.keys.provider.exists() else {
            throw ProgramError.refused("there is no key ring in \(start.keys.directory) yet; make one with `keys init`")
        }
        let parts = try await start.open()
        do {
            try await change(parts, to: new)
        } catch {
            await parts.database.close()
            throw error
        }
        await parts.database.close()
        StandardStream.output.print(
            """
            The key ring of vault \(UUIDForm.text(parts.ring.vaultID)) is locked with \(new.provider.name) from now on.
            Back up \(FileSystem.resolved(new.directory)) and destroy its older backups: the old lock still opens those.
            """)
        ShareList.print(of: new)
        return 0
    }

    private static func change(_ parts: VaultParts, to new: KeyAccess) async throws {
        let journal = CustodyJournal(database: parts.database)
        let details = "{\"from\":\"\(parts.keys.provider.name)\",\"to\":\"\(new.provider.name)\"}"
        // Told before it is done: a change that the journal does not know of cannot be.
        try await journal.record(.keyProviderChanged, details: details)
        do {
            try await new.adopt(parts.ring)
        } catch {
            try? await journal.record(.keyProviderChanged, outcome: .failed, details: details)
            throw error
        }
        if parts.keys.kind == .file, new.kind != .file { FileKeyProvider.removeKey(from: new.directory) }
    }
}
