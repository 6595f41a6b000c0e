import Backup
import BlobStore
import Crypto
import Database
import Vault

/// `cloudspace keys recovery-key …`: the key that key bundles are sealed to.
enum RecoveryKeyCommands {
    static let all = [create, show, replace, verify, bundle]

    private static let lock = Option(
        name: "recovery-passphrase-file", placeholder: "FILE",
        summary: "Lock the secret half with the passphrase in this file's first line")
    private static let out = Option(
        name: "out", placeholder: "FILE", summary: "New file for the secret half; it must not exist")
    private static let file = Option(
        name: "file", placeholder: "FILE", summary: "File of the secret half")

    private static let create = Command(
        "keys recovery-key create", summary: "Make the recovery key, and seal key bundles to it from now on",
        details: """
            Writes the secret half once, to --out, for its owner alone; the vault keeps the public half. Whoever has the secret \
            half and a key bundle has the vault's keys: print the file, lay it into a safe, and delete it from this machine. \
            Without it nobody makes a vault of an archive and a bundle again.
            """,
        settings: Settings.vault, options: [out, lock],
        examples: ["keys recovery-key create --out /media/usb/recovery.key --data data --keys keys"]
    ) { invocation in
        try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let keys = RecoveryKeys(parts.vault)
            guard try await keys.status(as: .localOperator).key == nil else {
                throw ProgramError.refused(
                    "there is a recovery key already; `keys recovery-key replace` makes another, and bundles from then on are "
                        + "sealed to that one")
            }
            try await make(invocation, keys, parts)
        }
    }

    private static let replace = Command(
        "keys recovery-key replace", summary: "Make another recovery key in the place of the present one",
        details: """
            For a secret half that was lost, or seen by somebody. Bundles made from now on are sealed to the new key; those \
            that exist stay sealed to the old one and go with the next bundle, so make one at once.
            """,
        settings: Settings.vault, options: [out, lock],
        examples: ["keys recovery-key replace --out /media/usb/recovery-2.key --data data --keys keys"]
    ) { invocation in
        try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            try await make(invocation, RecoveryKeys(parts.vault), parts)
        }
    }

    private static let show = Command(
        "keys recovery-key show", summary: "Show the public half, its fingerprint and the last key bundle",
        details: "Exit status 1 when no recovery key is set: then no machine but this one can open the archives.",
        settings: Settings.vault, examples: ["keys recovery-key show --data data --keys keys"]
    ) { invocation in
        var isSet = false
        _ = try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let status = try await RecoveryKeys(parts.vault).status(as: .localOperator)
            guard let record = status.key else {
                StandardStream.output.print(
                    "no recovery key is set: make one with `cloudspace keys recovery-key create`, or keep the key directory safe, "
                        + "for without both no archive opens again")
                return
            }
            isSet = true
            StandardStream.output.print(
                """
                public key   \(record.key.text)
                fingerprint  \(record.key.fingerprint)
                set          \(record.setAt.iso8601)\(record.setBy.map { " by account \($0)" } ?? "")
                """)
            if let bundle = status.bundle {
                let note = bundle.recipient == record.key ? "" : ", sealed to an earlier recovery key"
                StandardStream.output.print(
                    "last bundle  \(bundle.name), \(Figures.count(bundle.keys)) keys, \(bundle.madeAt.iso8601)\(note)")
            } else {
                StandardStream.output.print("last bundle  none yet: one is made with each backup")
            }
        }
        return isSet ? 0 : 1
    }

    private static let verify = Command(
        "keys recovery-key verify", summary: "Check that a file holds the secret half of the present recovery key",
        details: """
            Reads the file as a restore would, and compares it with the public half that the vault has. Do it once a year, \
            from the paper or medium itself. Exit status 1 when it is another key.
            """,
        settings: Settings.vault, options: [file, lock],
        examples: ["keys recovery-key verify --file /media/usb/recovery.key --data data --keys keys"]
    ) { invocation in
        let secret = try RestoreCommand.secretKey(
            file: try invocation.required(file), passphraseFile: invocation.text(lock))
        var isPresent = false
        _ = try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let record = try await RecoveryKeys(parts.vault).status(as: .localOperator).key
            isPresent = record?.key == secret.publicKey
            StandardStream.output.print("the file holds the key with fingerprint \(secret.publicKey.fingerprint)")
            StandardStream.output.print(
                isPresent
                    ? "it is the secret half of the present recovery key"
                    : "the vault's recovery key is "
                        + (record.map { "another one, with fingerprint \($0.key.fingerprint)" } ?? "not set"))
        }
        return isPresent ? 0 : 1
    }

    private static let bundle = Command(
        "keys bundle", summary: "Make the key bundle now, in the place of the one before",
        details: """
            The server makes one after each backup of the system, and when a key was destroyed. The bundle holds every key of \
            the vault, sealed to the recovery key: keep a copy where the archives are not, and no older one.
            """,
        settings: Settings.vault + Settings.backup,
        examples: ["keys bundle --data data --keys keys --key-bundle-store /mnt/usb"]
    ) { invocation in
        let place = try KeyBundlePlace(invocation.configuration)
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            do {
                let info = try await KeyBundleMaker(core: parts.core, rows: parts.database).run(into: try place.open())
                StandardStream.output.print(
                    "\(place.directory)/\(info.name): \(Figures.count(info.keys)) keys, sealed to the recovery key with fingerprint "
                        + info.recipient.fingerprint)
            } catch let refusal as KeyBundleRefusal {
                throw ProgramError.refused("\(refusal)")
            }
        }
    }

    private static func make(_ invocation: Invocation, _ keys: RecoveryKeys, _ parts: VaultParts) async throws {
        let path = try invocation.required(out)
        guard FileSystem.status(of: path) == nil else {
            throw ProgramError.refused("\(path.printable) is there already; a recovery key never replaces a file")
        }
        for (directory, words) in [(parts.keys.directory, "key"), (parts.place.data?.path ?? "", "data")]
        where !directory.isEmpty
            && FileSystem.resolved(path).hasPrefix(FileSystem.resolved(directory) + "/")
        {
            throw ProgramError.refused(
                "\(path.printable) lies in the \(words) directory; the recovery key is kept apart from both")
        }
        let secret = RecoverySecretKey()
        let line: String
        if let passphraseFile = invocation.text(lock) {
            let passphrase = try SecretFile.firstLine(of: passphraseFile, setting: "--\(lock.name)")
            line = try secret.line(passphrase: passphrase)
        } else {
            line = secret.line
        }
        // The file first: a public half whose secret half was never written would make bundles that nobody opens.
        try FileWriter.create(text(line, secret.publicKey, parts), at: path)
        try await keys.set(secret.publicKey, as: .localOperator)
        StandardStream.output.print(
            """
            The secret half is in \(FileSystem.resolved(path)), and nowhere else.
            public key   \(secret.publicKey.text)
            fingerprint  \(secret.publicKey.fingerprint)
            Print it or move it to where neither the data, nor the keys, nor the archives are.
            """)
    }

    private static func text(_ line: String, _ key: RecoveryPublicKey, _ parts: VaultParts) -> [UInt8] {
        Array(
            """
            # CloudSpace Vault: recovery key (secret half) of vault \(UUIDForm.text(parts.ring.vaultID))
            # Whoever has this and a key bundle opens the vault. Keep it apart from both, on paper too.
            # Clé de secours (moitié secrète) : qui l'a, avec un trousseau de clés, ouvre le coffre.
            # fingerprint \(key.fingerprint)
            \(line)

            """.utf8)
    }
}
