import Backup
import BlobStore
import Crypto
import Database
import Journal
import Vault

/// `cloudspace restore`: a vault made anew of an archive, a key bundle and the recovery key.
enum RestoreCommand {
    static let from = Setting<String?>(
        "from", environment: "CLOUDSPACE_RESTORE_FROM", placeholder: "PLACE",
        summary: "Where the archives are: a directory, or s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION",
        places: [.flag, .environment], fallback: .some(nil), absence: ""
    ) { $0 }
    static let backup = Option(
        name: "backup", placeholder: "UUID", summary: "Which archive (default: the newest whole one of the system)")
    static let bundle = Option(
        name: "bundle", placeholder: "FILE", summary: "The key bundle: the newest there is of this vault")
    static let recoveryKey = Option(
        name: "recovery-key-file", placeholder: "FILE",
        summary: "The recovery key's secret half, as `keys recovery-key create` wrote it")
    static let recoveryPassphrase = Option(
        name: "recovery-passphrase-file", placeholder: "FILE",
        summary: "File whose first line is the passphrase of the recovery key, if it has one")
    static let list = Option(
        name: "list", placeholder: nil, summary: "Only say which archives there are, and which one would be taken")

    static let command = Command(
        "restore", summary: "Make a vault of an archive and a key bundle, on an empty machine",
        details: """
            For the day when data and keys are gone. Brings back every file with all its versions, the tree and its history, \
            people, shares, rules and the journal, which goes on where it was; checks every hash on the way and verifies the \
            journal before the last step makes the place a vault. What was shredded after the archive was made stays shredded: \
            its key is not in the newest bundle. Sign-ins end; settings of the server are not part of an archive.
            The place must be empty. Stopped or killed, the same command begins anew. Increments need the archives they stand \
            on in the same place. Exit status 0 when the vault is back, 1 when something failed, 2 when what was given does \
            not fit.
            """,
        settings: [from] + Settings.vault, options: [backup, bundle, recoveryKey, recoveryPassphrase, list],
        examples: [
            "restore --from /mnt/backups --bundle keys.bundle --recovery-key-file recovery.key --data data --keys keys",
            "restore --from /mnt/backups --bundle keys.bundle --recovery-key-file recovery.key --data data --keys keys --list",
        ]
    ) { invocation in
        let configuration = invocation.configuration
        guard let text = try configuration[from] else {
            throw ProgramError.usage("--from is missing", invocation.command.path)
        }
        let secret = try secretKey(invocation)
        let store = try ArchivePlace.toRead(text, configuration)
        let out = StandardStream.output
        let source = try await RestoreSource.open(
            from: text, store, bundle: try invocation.required(bundle), secret: secret, backup: try id(invocation)
        ) { out.print($0) }
        guard !invocation.has(list) else { return 0 }
        let place = try VaultPlace(configuration)
        let keys = try KeyAccess(configuration)
        if let data = place.data, FileSystem.resolved(data.path) == FileSystem.resolved(keys.directory) {
            throw ProgramError.refused(
                "--data and --keys name the same directory; whoever takes one must not have the other")
        }
        let progress = MoveProgress(.standardError)
        let began = ContinuousClock.now
        let report: VaultRestore.Report
        do {
            let target = try await RestoreTarget.open(place)
            do {
                report = try await VaultRestore(
                    source: source, target: target, keys: keys,
                    control: MoveControl(progress: progress, isStopped: MigrateCommand.stopFlag(progress))
                ).run()
            } catch {
                await target.close()
                throw error
            }
            await target.close()
        } catch let refusal as ArchiveRefusal {
            progress.clear()
            throw ProgramError.refused("\(refusal)")
        } catch let refusal as KeyBundleRefusal {
            progress.clear()
            throw ProgramError.refused("\(refusal)")
        } catch {
            progress.clear()
            throw error
        }
        tell(report, source, place, keys, since: began)
        return 0
    }

    private static func tell(
        _ report: VaultRestore.Report, _ source: RestoreSource, _ place: VaultPlace, _ keys: KeyAccess,
        since began: ContinuousClock.Instant
    ) {
        let manifest = source.archive.manifest
        let out = StandardStream.output
        let time = Figures.time(Figures.seconds(ContinuousClock.now - began))
        out.print(
            """
            vault \(MoveWords.id(manifest.vaultID)) is back in \(place.description), as it was at \(manifest.moment.iso8601), \
            in \(time)
            \(Figures.count(manifest.counts.files)) files, \(Figures.count(manifest.counts.versions)) versions, \
            \(Figures.count(report.filled.contents)) contents with \(Figures.bytes(report.filled.bytes)); a journal of \
            \(Figures.count(report.journal.events)) events that verifies
            """)
        let gone = report.entombed
        if gone.files + gone.folders + gone.accounts > 0 {
            out.print(
                """
                \(gone.files) files, \(gone.folders) folders and \(gone.accounts) accounts were destroyed after the backup was \
                made, and stay so:
                """)
            for node in gone.examples { out.print("  \(node)") }
        }
        out.print(
            """
            The keys are in \(FileSystem.resolved(keys.directory)): back them up apart from the data. Make a new backup and a new \
            key bundle once the server runs.
            """)
    }

    private static func id(_ invocation: Invocation) throws -> BackupID? {
        guard let text = invocation.text(backup) else { return nil }
        guard let id = BackupID(text) else {
            throw ProgramError.usage("--backup is no UUID", invocation.command.path)
        }
        return id
    }

    /// The secret half of the recovery key from its file.
    static func secretKey(_ invocation: Invocation) throws -> RecoverySecretKey {
        try secretKey(
            file: try invocation.required(recoveryKey), passphraseFile: invocation.text(recoveryPassphrase))
    }

    static func secretKey(file path: String, passphraseFile: String?) throws -> RecoverySecretKey {
        guard let bytes = FileSystem.bytes(of: path, limit: RecoverySecretKey.mostFileBytes) else {
            throw ProgramError.refused("\(path.printable) cannot be read, or is no recovery key")
        }
        do {
            guard let passphraseFile else { return try RecoverySecretKey(file: bytes) }
            let passphrase = try SecretFile.firstLine(of: passphraseFile, setting: "--\(recoveryPassphrase.name)")
            return try RecoverySecretKey(file: bytes, passphrase: passphrase)
        } catch let fault as RecoverySecretKey.FileFault {
            switch fault {
            case .notAKey:
                throw ProgramError.refused(
                    "\(path.printable) holds no recovery key, or one with a typing error: its checksum does not fit")
            case .passphraseNeeded:
                throw ProgramError.refused(
                    "the recovery key in \(path.printable) has a passphrase; give --\(recoveryPassphrase.name)")
            case .passphraseWrong:
                throw ProgramError.refused("that is not the passphrase of the recovery key in \(path.printable)")
            }
        }
    }
}
